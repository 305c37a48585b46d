import type { ArrowModule } from '../../values/arrow-module.js'

/** Smaller pieces are copied together. */
const LARGE = 4096

/** A table or batch of this apache-arrow as a stream, in pieces: large buffers are where they were. */
export function writeStream(arrow: ArrowModule, value: object): Uint8Array[] {
  const pieces: Uint8Array[] = []
  class Pieces extends arrow.AsyncByteQueue {
    override write(chunk: Uint8Array): void {
      pieces.push(chunk)
    }
  }
  const writer = new arrow.RecordBatchStreamWriter()
  writer.reset(new Pieces())
  writer.writeAll(value)
  return together(pieces)
}

function together(pieces: readonly Uint8Array[]): Uint8Array[] {
  const made: Uint8Array[] = []
  let small: Uint8Array[] = []
  const flush = () => {
    if (small.length > 0) made.push(Buffer.concat(small))
    small = []
  }
  for (const piece of pieces) {
    if (piece.byteLength < LARGE) small.push(piece)
    else {
      flush()
      made.push(piece)
    }
  }
  flush()
  return made
}
