/** What the benchmark's tasks do. */
import { empty, task } from 'heddle'

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

/** Files of the case of spilling and of its yardstick. */
export const SPILLED_FILES = 128
export const SPILLED_FILE_BYTES = 16 * 2 ** 20

function makeMarked(i: number): Uint8Array {
  const bytes = empty(Uint8Array, SPILLED_FILE_BYTES)
  for (let at = 0; at < SPILLED_FILE_BYTES; at += 4096) bytes[at] = i
  return bytes
}

/** As large as such a file; every page of it is touched, and no more. */
export const marked = task(import.meta, makeMarked)

/** The number that the first page and the last agree on. */
export function markOf(bytes: Uint8Array): number {
  return bytes[0] === bytes.at(-4096) ? (bytes[0] as number) : -1
}

export const mebibytes = (n: number): Uint8Array => new Uint8Array(n * 2 ** 20).fill(n)
export const sumOf = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

/** A millisecond of work. */
export function spin(_i: number): void {
  const until = performance.now() + 1
  while (performance.now() < until);
}
