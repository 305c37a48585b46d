/**
 * Values on disk. They are written from the memory they lie in and read into memory like that, without a copy between.
 * One file holds one large value or many small ones, and goes with the last of them.
 *
 *   per value   mark: 16 random bytes of this worker and a number    head    the buffers, one after the other
 */
import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Encoded } from '../../values/encoded.js'
import { Turnstile } from './turnstile.js'
import { readAll, writeAll } from './whole-io.js'

const MARK_BYTES = 24
/** More at once are no faster, end together instead of one after the other, and leave no thread of Node's for others. */
const READS_MAX = 2

/** Where a value lies on disk. */
export interface Place {
  readonly file: SpillFile
  /** Position of its mark in the file. */
  readonly at: number
  readonly number: number
  readonly headBytes: number
  readonly bufferBytes: readonly number[]
  readonly nbytes: number
}

/** One file; `live` of the values in it are still of use. */
export interface SpillFile {
  readonly path: string
  readonly size: number
  live: number
}

export interface SpillFilesOptions {
  /** Where the files are made. It need not exist, and may vanish. */
  readonly directory: string
  /** Memory for large buffers that are read. */
  readonly allocate: (nbytes: number) => Uint8Array
  /** The directory has vanished and is made again by this. Default: by itself. */
  readonly remake?: () => Promise<unknown>
}

/** See above. */
export class SpillFiles {
  readonly directory: string
  readonly #allocate: (nbytes: number) => Uint8Array
  readonly #remake: () => Promise<unknown>
  readonly #owner = randomBytes(MARK_BYTES - 8)
  readonly #reads = new Turnstile(READS_MAX)
  #files = 0
  #values = 0
  #bytes = 0
  #removals: Promise<unknown> = Promise.resolve()

  constructor({ directory, allocate, remake = async () => {} }: SpillFilesOptions) {
    this.directory = directory
    this.#allocate = allocate
    this.#remake = remake
  }

  /** Bytes that the files take, or will when they are written. */
  get bytes(): number {
    return this.#bytes
  }

  /** Into one file. Whoever asks keeps their memory unchanged until it is done. @throws what the system says. */
  async write(values: readonly Encoded[]): Promise<Place[]> {
    const file = { path: join(this.directory, `${++this.#files}`), size: sizeOf(values), live: values.length }
    const { parts, places } = this.#layOut(file, values)
    this.#bytes += file.size
    try {
      await this.#writeFile(file.path, parts)
    } catch (error) {
      this.#bytes -= file.size
      this.#remove(file.path)
      throw error
    }
    return places
  }

  /** @throws when the file is gone, cannot be read, or is not what was written. */
  read(place: Place): Promise<Encoded> {
    return this.#reads.pass(() => this.#read(place))
  }

  /** It is of no use any more. */
  drop({ file }: Place): void {
    if (--file.live > 0) return
    this.#bytes -= file.size
    this.#remove(file.path)
  }

  /** Resolves when what is to be removed so far is. */
  settled(): Promise<unknown> {
    return this.#removals
  }

  async #read(place: Place): Promise<Encoded> {
    const mark = new Uint8Array(MARK_BYTES)
    const head = new Uint8Array(place.headBytes)
    const buffers = place.bufferBytes.map((nbytes) => this.#allocate(nbytes))
    const handle = await open(place.file.path, 'r')
    try {
      await readAll(handle, [mark, head, ...buffers], place.at)
    } finally {
      await handle.close()
    }
    if (!isSame(mark, this.#markOf(place.number))) throw new Error(`${place.file.path} is not what was written there`)
    return new Encoded(head, buffers, place.nbytes)
  }

  async #writeFile(path: string, parts: Uint8Array[]): Promise<void> {
    const handle = await this.#create(path)
    try {
      await writeAll(handle, parts)
    } finally {
      await handle.close()
    }
  }

  async #create(path: string): Promise<FileHandle> {
    try {
      return await open(path, 'wx', 0o600)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      await this.#remake()
      await mkdir(this.directory, { recursive: true, mode: 0o700 })
      return await open(path, 'wx', 0o600)
    }
  }

  #layOut(file: SpillFile, values: readonly Encoded[]): { parts: Uint8Array[]; places: Place[] } {
    const parts: Uint8Array[] = []
    const places: Place[] = []
    let at = 0
    for (const value of values) {
      const { head, buffers, nbytes } = value
      const number = ++this.#values
      parts.push(this.#markOf(number), head, ...buffers)
      const bufferBytes = buffers.map(({ byteLength }) => byteLength)
      places.push({ file, at, number, headBytes: head.byteLength, bufferBytes, nbytes })
      at += MARK_BYTES + value.size
    }
    return { parts, places }
  }

  #markOf(number: number): Uint8Array {
    const mark = new Uint8Array(MARK_BYTES)
    mark.set(this.#owner)
    new DataView(mark.buffer).setFloat64(MARK_BYTES - 8, number)
    return mark
  }

  /** One after the other, so that a thousand removals leave the disk to others. What is left goes with the directory. */
  #remove(path: string): void {
    this.#removals = this.#removals.then(() => unlink(path).catch(() => {}))
  }
}

function sizeOf(values: readonly Encoded[]): number {
  let bytes = 0
  for (const { size } of values) bytes += MARK_BYTES + size
  return bytes
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i])
}
