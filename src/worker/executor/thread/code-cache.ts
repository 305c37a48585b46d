import type { Artefact } from '../../../code/artefact.js'
import { type LoadedCode, loadArtefact, loadFunctionSync } from '../../../code/load.js'
import { LoadError } from '../../../errors.js'
import type { FunctionRef } from '../../../protocol/names.js'

type Callable = (...args: unknown[]) => unknown

/** The code that was sent to this thread; each artefact is loaded at its first use. */
export class CodeCache {
  readonly #artefacts = new Map<string, Artefact>()
  readonly #loaded = new Map<string, LoadedCode>()
  /** Why the last try failed; told once, then it is tried again. */
  readonly #failed = new Map<string, unknown>()
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

  /** To be awaited before `find`, if it gives anything: a module has to be loaded first. Never rejects. */
  prepare(ref: FunctionRef): Promise<void> | undefined {
    if (this.#functions.has(ref)) return undefined
    const artefact = this.#artefacts.get(hashOf(ref))
    if (artefact?.kind !== 'module' || this.#loaded.has(artefact.hash)) return undefined
    return this.#load(artefact)
  }

  /** @throws LoadError when there is no such code or function here, or it cannot be loaded. */
  find(ref: FunctionRef): Callable {
    const known = this.#functions.get(ref)
    if (known !== undefined) return known
    const found = this.#codeOf(ref).get(nameOf(ref))
    this.#functions.set(ref, found)
    return found
  }

  #codeOf(ref: FunctionRef): LoadedCode {
    const hash = hashOf(ref)
    const loaded = this.#loaded.get(hash)
    if (loaded !== undefined) return loaded
    if (this.#failed.has(hash)) {
      const reason = this.#failed.get(hash)
      this.#failed.delete(hash)
      throw reason
    }
    const artefact = this.#artefacts.get(hash)
    if (artefact === undefined) throw new LoadError('HEDDLE_LOAD', `the code of '${ref}' was not sent to this thread`)
    const code = loadFunctionSync(artefact)
    this.#loaded.set(hash, code)
    return code
  }

  async #load(artefact: Artefact): Promise<void> {
    try {
      const code = await loadArtefact(artefact)
      if (this.#artefacts.has(artefact.hash)) this.#loaded.set(artefact.hash, code)
    } catch (error) {
      this.#failed.set(artefact.hash, error)
    }
  }
}

function hashOf(ref: FunctionRef): string {
  return ref.slice(0, ref.indexOf('#'))
}

/** The function's name in its artefact. */
export function nameOf(ref: FunctionRef): string {
  return ref.slice(ref.indexOf('#') + 1)
}
