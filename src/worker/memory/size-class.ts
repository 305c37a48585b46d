/** Blocks come in sizes an eighth of a power of two apart, so that one can serve again for what is about as large. */
const SMALLEST = 4096
const STEPS = 8

/** The size of the block for so many bytes: at most an eighth larger. */
export function blockSizeFor(nbytes: number): number {
  if (nbytes <= SMALLEST) return SMALLEST
  const power = 2 ** Math.floor(Math.log2(nbytes))
  const step = power / STEPS
  return Math.ceil(nbytes / step) * step
}
