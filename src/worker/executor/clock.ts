/** To ask for it takes longer than the rest. */
const ORIGIN = performance.timeOrigin

/** Wall-clock milliseconds with fraction; the same in all threads of a process. */
export function now(): number {
  return ORIGIN + performance.now()
}

/** The end of what began at `start`: always later, though the clock may not have moved. */
export function stopAfter(start: number): number {
  return Math.max(now(), start + 0.001)
}
