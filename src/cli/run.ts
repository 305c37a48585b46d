/** A second signal that comes sooner than this is the first once more: npx passes on what the terminal sent as well. */
const SAME_SIGNAL_MS = 150
/** Whatever a node still has to say when it ends, it says in less than a second. */
const CLOSE_WITHIN_MS = 900

/** What a command runs until it is told to stop. */
export interface Running {
  /** Resolves when it is up. */
  start(): Promise<unknown>
  /** Ends it in order. */
  close(reason: string): Promise<unknown>
  /** Ends it without order: the second Ctrl-C. */
  abandon?(): void
  /** Resolves when it has ended by itself. */
  finished?(): Promise<unknown>
}

/**
 * Starts a node and keeps it until SIGINT, SIGTERM or SIGHUP, or until it ends by itself. A second signal ends the
 * process at once.
 * @throws what `start` or `finished` rejects with.
 */
export async function runUntilSignal(node: Running): Promise<void> {
  const signal = stopSignal(() => node.abandon?.())
  const started = node.start()
  const first = await Promise.race([signal, started])
  const finished = node.finished?.() ?? new Promise(() => {})
  const reason = typeof first === 'string' ? first : await Promise.race([signal, finished.then(() => undefined)])
  if (reason === undefined) return
  started.catch(() => {})
  const timeout = new Promise((resolve) => setTimeout(resolve, CLOSE_WITHIN_MS))
  await Promise.race([node.close(`it was stopped by ${reason}`), timeout])
  node.abandon?.()
}

function stopSignal(abandon: () => void): Promise<string> {
  let firstAt: number | undefined
  return new Promise((resolve) => {
    const onSignal = (signal: string) => {
      if (firstAt !== undefined && performance.now() - firstAt > SAME_SIGNAL_MS) {
        abandon()
        process.exit(130)
      }
      firstAt ??= performance.now()
      resolve(signal)
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  })
}
