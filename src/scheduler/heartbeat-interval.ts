/** Milliseconds between the heartbeats of one worker: many workers speak less often (semantics.md §4.9). */
export function heartbeatIntervalMs(workers: number): number {
  if (workers <= 10) return 500
  if (workers < 50) return 1000
  if (workers < 200) return 2000
  return (workers / 200 + 1) * 1000
}

/** Milliseconds between the heartbeats of one client. */
export const CLIENT_HEARTBEAT_MS = 5000
