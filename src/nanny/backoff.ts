/** A process that lived this long, in milliseconds, did not die of its start. */
export const STEADY_AFTER_MS = 30_000
const FIRST_MS = 1000
const LONGEST_MS = 30_000

/**
 * How long to wait before starting a worker again, in milliseconds, after `deaths` deaths in a row that each came
 * soon after the start: not at all after the first, then 1 s, 2 s, 4 s, … up to 30 s.
 */
export function restartDelayMs(deaths: number): number {
  return deaths <= 1 ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** (deaths - 2))
}
