import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Artefact } from '../code/artefact.js'
import { whyNotArtefact } from '../code/load.js'

/** Bytes and pieces on the disk; beyond that the least lately used go. */
const KEPT_BYTES = 512 * 2 ** 20
const KEPT_PIECES = 10_000

/**
 * Code in the worker's directory, so that what memory let go need not travel again. What is read is checked against its
 * hash. Nothing here fails a task: a disk that is full or broken has no code.
 */
export class CodeDisk {
  readonly #directory: string
  readonly #maxBytes: number
  /** Sizes by hash, the least lately used first. */
  readonly #sizes = new Map<string, number>()
  #bytes = 0
  #made: Promise<unknown> | undefined
  /** One file is written or removed at a time, and read when those before it are there. */
  #busy: Promise<unknown> = Promise.resolve()

  constructor(directory: string, maxBytes = KEPT_BYTES) {
    this.#directory = directory
    this.#maxBytes = maxBytes
  }

  /** Undefined: it is not here, or not what it was. */
  async get(hash: string): Promise<Artefact | undefined> {
    await this.#busy
    const size = this.#sizes.get(hash)
    if (size === undefined) return undefined
    const artefact = await this.#read(hash)
    if (artefact === undefined) this.#busy = this.#busy.then(() => this.#forget(hash))
    else this.#note(hash, size)
    return artefact
  }

  put(artefact: Artefact): void {
    if (this.#sizes.has(artefact.hash)) return
    const text = JSON.stringify(artefact)
    if (text.length > this.#maxBytes) return
    this.#busy = this.#busy.then(() => this.#write(artefact.hash, text)).catch(() => {})
  }

  async #read(hash: string): Promise<Artefact | undefined> {
    try {
      const artefact = JSON.parse(await readFile(this.#fileOf(hash), 'utf8')) as Artefact
      return whyNotArtefact(artefact) === undefined && artefact.hash === hash ? artefact : undefined
    } catch {
      return undefined
    }
  }

  async #write(hash: string, text: string): Promise<void> {
    this.#made ??= mkdir(this.#directory, { recursive: true })
    await this.#made
    const file = this.#fileOf(hash)
    // A file that is there is there whole.
    await writeFile(`${file}.part`, text)
    await rename(`${file}.part`, file)
    this.#note(hash, text.length)
    for (const oldest of this.#sizes.keys()) {
      if (this.#bytes <= this.#maxBytes && this.#sizes.size <= KEPT_PIECES) return
      await this.#forget(oldest)
    }
  }

  #note(hash: string, size: number): void {
    this.#bytes += size - (this.#sizes.get(hash) ?? 0)
    this.#sizes.delete(hash)
    this.#sizes.set(hash, size)
  }

  async #forget(hash: string): Promise<void> {
    this.#bytes -= this.#sizes.get(hash) ?? 0
    this.#sizes.delete(hash)
    await rm(this.#fileOf(hash), { force: true }).catch(() => {})
  }

  #fileOf(hash: string): string {
    return join(this.#directory, `${hash}.json`)
  }
}
