/** What the benchmark's tasks do. */

export const noop = (_i: number): void => {}
export const inc = (x: number): number => x + 1
export const add = (x: number, y: number): number => x + y
export const size = (bytes: Uint8Array): number => bytes.byteLength

/** Bytes that no compression makes smaller. */
export function randomBytes(nbytes: number): Uint8Array {
  const bytes = new Uint8Array(nbytes)
  const words = new Uint32Array(bytes.buffer, 0, nbytes >> 2)
  let state = 2463534242
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[i] = state
  }
  return bytes
}

export const mebibytes = (n: number): Uint8Array => new Uint8Array(n * 2 ** 20).fill(n)
export const sumOf = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

/** A millisecond of work. */
export function spin(_i: number): void {
  const until = performance.now() + 1
  while (performance.now() < until);
}
