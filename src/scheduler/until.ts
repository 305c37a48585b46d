import type { Clock } from '../util/clock.js'

const LOOK_EVERY_MS = 10

/** Resolves when the claim is true, or nobody waits for it any more. Looks again every few milliseconds. */
export async function until(clock: Clock, signal: AbortSignal, claim: () => boolean): Promise<void> {
  while (!signal.aborted && !claim()) await new Promise<void>((resolve) => clock.after(LOOK_EVERY_MS, resolve))
}
