/** The code of a client's tasks in a Dask cluster: a value that the cluster holds, copied to all of our workers there. */
import type { Artefact } from '../../code/artefact.js'
import { needsOf } from '../../code/environment.js'
import type { FunctionRef } from '../../protocol/names.js'
import { codeOf, hashesOf } from '../../util/function-ref.js'
import { codeKey } from '../typescript.js'
import { codeSubmission } from './graph.js'

/** How long tasks wait for the copies of their code. */
const PLACING_MS = 5000
/** How often we look whether workers have come that have no copy. */
const LOOK_MS = 5000

/** What is needed of the connection. */
export interface CodeParts {
  say(message: unknown): void
  /** Addresses of our workers in the cluster. */
  workers(): Promise<string[]>
  replicate(keys: readonly string[], workers: readonly string[]): Promise<void>
}

/** See above. */
export class ClusterCode {
  readonly #parts: CodeParts
  readonly #artefacts = new Map<string, Artefact>()
  /** What the cluster has, or was given, for this client. */
  readonly #there = new Set<string>()
  readonly #arrived = new Map<string, () => void>()
  #lookedAt = 0
  #workers = ''

  constructor(parts: CodeParts) {
    this.#parts = parts
  }

  /** Code that came along with a submission. */
  add(artefacts: readonly Artefact[]): void {
    for (const artefact of artefacts) this.#artefacts.set(artefact.hash, artefact)
  }

  /** Hashes of all that a function needs. */
  readonly needsOf = (ref: FunctionRef): string[] => {
    const needs = new Set<string>()
    const add = (hash: string) => {
      const artefact = this.#artefacts.get(hash)
      if (needs.has(hash)) return
      needs.add(hash)
      if (artefact !== undefined) for (const one of needsOf(artefact)) add(one)
    }
    for (const hash of hashesOf(codeOf(ref))) add(hash as string)
    return [...needs]
  }

  /** Gives the cluster what it has not. Undefined: there is nothing to wait for. */
  place(hashes: Iterable<string>): Promise<void> | undefined {
    const missing = [...hashes].filter((hash) => !this.#there.has(hash) && this.#artefacts.has(hash))
    if (missing.length > 0) return this.#placeNew(missing)
    if (performance.now() - this.#lookedAt > LOOK_MS) void this.#spread([...this.#there])
    return undefined
  }

  /** The cluster holds it now. */
  arrived(key: string): void {
    this.#arrived.get(key)?.()
  }

  /** The cluster has it no more. */
  lost(key: string): void {
    for (const hash of this.#there) if (codeKey(hash) === key) this.#there.delete(hash)
  }

  /** The client would send it again. @returns the keys under which the cluster held it. */
  release(hashes: readonly string[]): string[] {
    for (const hash of hashes) {
      this.#artefacts.delete(hash)
      this.#there.delete(hash)
    }
    return hashes.map(codeKey)
  }

  /** The cluster has begun anew. */
  forgetPlaces(): void {
    this.#there.clear()
    this.#workers = ''
  }

  /** Tasks go where their code is; so it is to be everywhere before the first of them, if our workers are there. */
  async #placeNew(hashes: readonly string[]): Promise<void> {
    for (const hash of hashes) this.#there.add(hash)
    const here = Promise.all(hashes.map((hash) => this.#arrivalOf(hash)))
    this.#parts.say(codeSubmission(hashes.map((hash) => this.#artefacts.get(hash) as Artefact)))
    await within(PLACING_MS, async () => {
      const workers = await this.#parts.workers()
      if (workers.length === 0) return
      await here
      if (workers.length > 1) await this.#parts.replicate(hashes.map(codeKey), workers)
    })
  }

  /** To workers that have come since the last look. */
  async #spread(hashes: readonly string[]): Promise<void> {
    this.#lookedAt = performance.now()
    try {
      const workers = await this.#parts.workers()
      const seen = workers.toSorted().join()
      if (seen === this.#workers || workers.length < 2 || hashes.length === 0) return
      this.#workers = seen
      await this.#parts.replicate(hashes.map(codeKey), workers)
    } catch {
      // Without copies tasks run as well, only not everywhere.
    }
  }

  #arrivalOf(hash: string): Promise<void> {
    const key = codeKey(hash)
    return new Promise((resolve) => {
      this.#arrived.set(key, () => {
        this.#arrived.delete(key)
        resolve()
      })
    })
  }
}

/** What takes longer, or fails, is not waited for. */
async function within(ms: number, run: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([run().catch(() => {}), late])
  clearTimeout(timer)
}
