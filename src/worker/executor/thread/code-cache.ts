import type { Artefact } from '../../../code/artefact.js'
import { type LoadedCode, loadArtefact } from '../../../code/load.js'
import { LoadError } from '../../../errors.js'
import type { FunctionRef } from '../../../protocol/names.js'

type Callable = (...args: unknown[]) => unknown

/** The code that was sent to this thread; each artefact is loaded at its first use. */
export class CodeCache {
  readonly #artefacts = new Map<string, Artefact>()
  readonly #loading = new Map<string, Promise<LoadedCode>>()
  readonly #loaded = new Map<string, LoadedCode>()
  /** By full reference, so that the usual call costs one look-up. */
  readonly #functions = new Map<FunctionRef, Callable>()

  add(artefact: Artefact): void {
    this.#artefacts.set(artefact.hash, artefact)
  }

  remove(hash: string): void {
    this.#artefacts.delete(hash)
    this.#loaded.delete(hash)
    for (const ref of this.#functions.keys()) if (hashOf(ref) === hash) this.#functions.delete(ref)
  }

  /**
   * The function; a promise of it when its code has to be loaded first.
   * @throws LoadError when there is no such code or function here.
   */
  find(ref: FunctionRef): Callable | Promise<Callable> {
    const known = this.#functions.get(ref)
    if (known !== undefined) return known
    const loaded = this.#loaded.get(hashOf(ref))
    return loaded === undefined ? this.#load(ref) : this.#pick(loaded, ref)
  }

  async #load(ref: FunctionRef): Promise<Callable> {
    const hash = hashOf(ref)
    const artefact = this.#artefacts.get(hash)
    if (artefact === undefined) throw new LoadError('HEDDLE_LOAD', `the code of '${ref}' was not sent to this thread`)
    let loading = this.#loading.get(hash)
    if (loading === undefined) {
      loading = loadArtefact(artefact).finally(() => this.#loading.delete(hash))
      this.#loading.set(hash, loading)
    }
    const loaded = await loading
    if (this.#artefacts.has(hash)) this.#loaded.set(hash, loaded)
    return this.#pick(loaded, ref)
  }

  #pick(loaded: LoadedCode, ref: FunctionRef): Callable {
    const found = loaded.get(nameOf(ref))
    if (this.#loaded.has(hashOf(ref))) this.#functions.set(ref, found)
    return found
  }
}

function hashOf(ref: FunctionRef): string {
  return ref.slice(0, ref.indexOf('#'))
}

/** The function's name in its artefact. */
export function nameOf(ref: FunctionRef): string {
  return ref.slice(ref.indexOf('#') + 1)
}
