/**
 * What is handed to the system in one go. It copies for as long as the other side takes: one call for 1 GiB may last a
 * third of a second, in which this process does nothing else.
 */
const SLICE_BYTES = 4 * 1024 * 1024

/** What takes the bytes: a socket. */
export interface ByteSink {
  cork(): void
  uncork(): void
  write(bytes: Uint8Array, written?: () => void): unknown
}

interface Batch {
  readonly pieces: Uint8Array[]
  /** The first piece that is not wholly in a slice, and where the rest of it begins. */
  index: number
  from: number
  readonly written: () => void
}

/** Part of what is to be written, and whose ends are in it. */
interface Slice {
  readonly pieces: Uint8Array[]
  nbytes: number
  readonly ended: (() => void)[]
}

/** Writes pieces in order, a slice in each turn of the event loop, so that large ones delay nothing else. */
export class PacedWriter {
  readonly #sink: ByteSink
  readonly #onProgress: () => void
  /** Those that wait for the slice under way; of the first, a part may be in it. */
  #batches: Batch[] = []
  /** The one that the sink has. */
  #slice: Slice | undefined
  /** A slice is under way, or the next one follows in a moment. */
  #isPacing = false
  /** Bytes of the batches, and bytes that the sink has. */
  #queuedBytes = 0
  #givenBytes = 0
  #onEnd: (() => void) | undefined

  constructor(sink: ByteSink, onProgress: () => void) {
    this.#sink = sink
    this.#onProgress = onProgress
  }

  /** Bytes not yet taken by the system. */
  get pendingBytes(): number {
    return this.#queuedBytes + this.#givenBytes
  }

  /** `written` is called once, also when the sink ends before. */
  write(pieces: Uint8Array[], nbytes: number, written: () => void): void {
    if (!this.#isPacing && nbytes <= SLICE_BYTES) {
      this.#give(pieces, nbytes, written)
      return
    }
    this.#queuedBytes += nbytes
    this.#batches.push({ pieces, index: 0, from: 0, written })
    if (!this.#isPacing) this.#next()
  }

  /** Calls back when all that was given is written. */
  end(onEnd: () => void): void {
    if (this.#isPacing) this.#onEnd = onEnd
    else onEnd()
  }

  /** What has not been given to the sink never will be. */
  drop(): void {
    const batches = this.#batches
    this.#batches = []
    this.#queuedBytes = 0
    this.#onEnd = undefined
    // Memory of which the sink has a part is in use until it says so.
    for (const { written } of batches) {
      if (this.#slice === undefined) written()
      else this.#slice.ended.push(written)
    }
  }

  #next = (): void => {
    this.#isPacing = this.#batches.length > 0
    if (!this.#isPacing) {
      this.#onEnd?.()
      return
    }
    const { pieces, nbytes, ended } = this.#cut()
    this.#give(pieces, nbytes, () => {
      this.#slice = undefined
      for (const written of ended) written()
      setImmediate(this.#next)
    })
  }

  #cut(): Slice {
    const slice: Slice = { pieces: [], nbytes: 0, ended: [] }
    for (let batch = this.#batches[0]; batch !== undefined; batch = this.#batches[0]) {
      moveInto(slice, batch)
      if (batch.index < batch.pieces.length) break
      slice.ended.push(batch.written)
      this.#batches.shift()
    }
    this.#queuedBytes -= slice.nbytes
    this.#slice = slice
    return slice
  }

  #give(pieces: readonly Uint8Array[], nbytes: number, written: () => void): void {
    this.#givenBytes += nbytes
    write(this.#sink, pieces, () => {
      this.#givenBytes -= nbytes
      written()
      this.#onProgress()
    })
  }
}

/** As much as there is room for. */
function moveInto(slice: Slice, batch: Batch): void {
  while (batch.index < batch.pieces.length && slice.nbytes < SLICE_BYTES) {
    const piece = batch.pieces[batch.index] as Uint8Array
    const part = piece.subarray(batch.from, batch.from + SLICE_BYTES - slice.nbytes)
    slice.pieces.push(part)
    slice.nbytes += part.byteLength
    batch.from += part.byteLength
    if (batch.from < piece.byteLength) return
    batch.index++
    batch.from = 0
  }
}

function write(sink: ByteSink, pieces: readonly Uint8Array[], written: () => void): void {
  const last = pieces.length - 1
  if (last === 0) {
    sink.write(pieces[0] as Uint8Array, written)
    return
  }
  sink.cork()
  for (let i = 0; i < last; i++) sink.write(pieces[i] as Uint8Array)
  sink.write(pieces[last] as Uint8Array, written)
  sink.uncork()
}
