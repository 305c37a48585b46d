import type { Artefact } from '../code/artefact.js'
import { whyNotArtefact } from '../code/load.js'
import { LoadError } from '../errors.js'
import type { FunctionRef } from '../protocol/names.js'

/** Artefacts kept when no task uses them; the least lately used goes first. */
const KEPT = 1000

/** Where code comes from and where it goes. */
export interface CodeRoute {
  /** Asks for the code of this hash; null: nobody has it. */
  fetch(hash: string): Promise<Artefact | null>
  /** Gives it to the threads. */
  add(artefact: Artefact): void
  remove(hash: string): void
}

/** Code that the threads of this worker have. It is asked for once, however many tasks want it at the same time. */
export class CodeCache {
  readonly #route: CodeRoute
  readonly #kept: number
  /** How many tasks use each; the least lately used first. */
  readonly #users = new Map<string, number>()
  readonly #asked = new Map<string, Promise<void>>()

  constructor(route: CodeRoute, kept = KEPT) {
    this.#route = route
    this.#kept = kept
  }

  has(hash: string): boolean {
    return this.#users.has(hash)
  }

  /** Takes code in that came along with a request. @throws LoadError when it is not what its hash says. */
  add(artefact: Artefact): void {
    const reason = whyNotArtefact(artefact)
    if (reason !== undefined)
      throw new LoadError('HEDDLE_LOAD', `code was sent that is not what it says it is: ${reason}`)
    if (this.has(artefact.hash)) return
    this.#route.add(artefact)
    this.#users.set(artefact.hash, 0)
    this.#evict()
  }

  /** Resolves when the code is here. @throws LoadError when nobody has it; what the question failed with. */
  ensure(hash: string): Promise<void> {
    if (this.has(hash)) return Promise.resolve()
    let asked = this.#asked.get(hash)
    if (asked === undefined) {
      asked = this.#ask(hash).finally(() => this.#asked.delete(hash))
      this.#asked.set(hash, asked)
    }
    return asked
  }

  /** A task with this code goes to the threads: it stays until `unuse`. */
  use(hash: string): void {
    const users = this.#users.get(hash) ?? 0
    this.#users.delete(hash)
    this.#users.set(hash, users + 1)
  }

  unuse(hash: string): void {
    const users = this.#users.get(hash)
    if (users !== undefined) this.#users.set(hash, users - 1)
  }

  async #ask(hash: string): Promise<void> {
    const artefact = await this.#route.fetch(hash)
    if (artefact === null)
      throw new LoadError('HEDDLE_LOAD', `nobody has the code ${hash.slice(0, 8)} of this task any more`)
    if (artefact.hash !== hash)
      throw new LoadError('HEDDLE_LOAD', `asked for the code ${hash}, was given ${artefact.hash}`)
    this.add(artefact)
  }

  #evict(): void {
    for (const [hash, users] of this.#users) {
      if (this.#users.size <= this.#kept) return
      if (users > 0) continue
      this.#users.delete(hash)
      this.#route.remove(hash)
    }
  }
}

/** The hash in `hash#export`. */
export function hashOf(ref: FunctionRef): string {
  return ref.slice(0, ref.lastIndexOf('#'))
}
