import type { Artefact } from '../code/artefact.js'
import { needsOf } from '../code/environment.js'
import { whyNotArtefact } from '../code/load.js'
import { isNative } from '../code/native.js'
import { LoadError } from '../errors.js'
import { hashesOf } from '../util/function-ref.js'

export { codeOf } from '../util/function-ref.js'

/** What is kept when no task uses it; the least lately used goes first. It can be had again from the disk. */
const KEPT: CodeLimits = { count: 200, bytes: 32 * 2 ** 20 }

/** Of code that no task uses. */
export interface CodeLimits {
  readonly count: number
  /** Of their texts. */
  readonly bytes: number
}

/** Where code comes from and where it goes. */
export interface CodeRoute {
  /** Asks for the code of this hash; null: nobody has it. */
  fetch(hash: string): Promise<Artefact | null>
  /** Gives it to the threads. */
  add(artefact: Artefact): void | Promise<void>
  remove(hash: string): void
}

interface Entry {
  readonly artefact: Artefact
  readonly size: number
  /** Tasks, and environments that name it. */
  users: number
}

/**
 * Code that the threads of this worker have. It is asked for once, however many tasks want it at the same time. The code
 * of a task is named by its hash, or by `hash.environment`.
 */
export class CodeCache {
  readonly #route: CodeRoute
  readonly #limits: CodeLimits
  /** The least lately used first. */
  readonly #entries = new Map<string, Entry>()
  /** The last of them. */
  #newest: string | undefined
  readonly #asked = new Map<string, Promise<void>>()
  #bytes = 0

  constructor(route: CodeRoute, limits: Partial<CodeLimits> = {}) {
    this.#route = route
    this.#limits = { ...KEPT, ...limits }
  }

  has(code: string): boolean {
    if (this.#entries.has(code)) return true
    return code.includes('.') ? hashesOf(code).every((hash) => this.#entries.has(hash!)) : isNative(code)
  }

  /** For a peer. */
  get(hash: string): Artefact | undefined {
    return this.#entries.get(hash)?.artefact
  }

  /**
   * Takes code in that came along with a request; to be awaited before it is used. What it needs has come before it,
   * or is asked for.
   * @throws LoadError when it is not what its hash says; when nobody has what it needs.
   */
  add(artefact: Artefact): void | Promise<void> {
    check(artefact)
    const needs = needsOf(artefact).filter((hash) => !this.#entries.has(hash))
    return needs.length === 0 ? this.#keep(artefact) : this.#ensureAll(needs).then(() => this.#keep(artefact))
  }

  /** Resolves when the code is here. @throws LoadError when nobody has it; what the question failed with. */
  async ensure(code: string): Promise<void> {
    // While one comes another may be let go.
    while (!this.has(code)) await Promise.all(hashesOf(code).map((hash) => this.#ensureOne(hash!)))
  }

  /** A task with this code goes to the threads: it stays until `unuse`. */
  use(code: string): void {
    if (!code.includes('.')) return this.#useOne(code)
    for (const hash of hashesOf(code)) this.#useOne(hash!)
  }

  unuse(code: string): void {
    if (!code.includes('.')) return this.#unuseOne(code)
    for (const hash of hashesOf(code)) this.#unuseOne(hash!)
  }

  #useOne(hash: string): void {
    const entry = this.#entries.get(hash)
    if (entry === undefined) return
    if (hash !== this.#newest) {
      this.#entries.delete(hash)
      this.#entries.set(hash, entry)
      this.#newest = hash
    }
    entry.users++
  }

  #unuseOne(hash: string): void {
    const entry = this.#entries.get(hash)
    if (entry !== undefined) entry.users--
  }

  #ensureOne(hash: string): Promise<void> {
    if (this.#entries.has(hash)) return Promise.resolve()
    let asked = this.#asked.get(hash)
    if (asked === undefined) {
      asked = this.#ask(hash).finally(() => this.#asked.delete(hash))
      this.#asked.set(hash, asked)
    }
    return asked
  }

  async #ask(hash: string): Promise<void> {
    const artefact = await this.#route.fetch(hash)
    if (artefact === null)
      throw new LoadError(
        'HEDDLE_LOAD',
        `nobody has the code ${hash.slice(0, 8)} of this task any more; submit it again`,
      )
    if (artefact.hash !== hash)
      throw new LoadError('HEDDLE_LOAD', `asked for the code ${hash}, was given ${artefact.hash}`)
    check(artefact)
    await this.#ensureAll(needsOf(artefact))
    await this.#keep(artefact)
  }

  /** All of them at the same time, and in use. */
  async #ensureAll(hashes: readonly string[]): Promise<void> {
    while (!hashes.every((hash) => this.#entries.has(hash)))
      await Promise.all(hashes.map((hash) => this.#ensureOne(hash)))
  }

  /** It is here at once, and of use when what is returned resolves. */
  #keep(artefact: Artefact): void | Promise<void> {
    const { hash } = artefact
    if (this.#entries.has(hash)) return
    const size = artefact.body.length + (artefact.map?.length ?? 0)
    const added = this.#route.add(artefact)
    const keep = () => {
      if (this.#entries.has(hash)) return
      this.#entries.set(hash, { artefact, size, users: 0 })
      this.#newest = hash
      this.#bytes += size
      for (const need of needsOf(artefact)) this.#useOne(need)
      this.#evict()
    }
    return added === undefined ? keep() : added.then(keep)
  }

  #evict(): void {
    const { count, bytes } = this.#limits
    for (const [hash, { artefact, size, users }] of this.#entries) {
      if (this.#entries.size <= count && this.#bytes <= bytes) return
      if (users > 0) continue
      this.#entries.delete(hash)
      this.#bytes -= size
      this.#route.remove(hash)
      for (const need of needsOf(artefact)) this.#unuseOne(need)
    }
  }
}

function check(artefact: Artefact): void {
  const reason = whyNotArtefact(artefact)
  if (reason !== undefined)
    throw new LoadError('HEDDLE_LOAD', `code was sent that is not what it says it is: ${reason}`)
}
