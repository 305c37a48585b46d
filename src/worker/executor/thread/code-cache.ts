import type { Artefact } from '../../../code/artefact.js'
import { type LoadedCode, loadArtefact, loadFunctionSync } from '../../../code/load.js'
import { nativeOf, prepareNative } from '../../../code/native.js'
import { LoadError } from '../../../errors.js'
import type { FunctionRef } from '../../../protocol/names.js'
import { codeOf, environmentOf, exportOf, hashesOf } from '../../../util/function-ref.js'
import { Environments, type ReadyEnvironment, type ThreadPlace, within } from './environments.js'

export { exportOf as nameOf } from '../../../util/function-ref.js'

type Callable = (...args: unknown[]) => unknown

/** What a debugger changes. */
export interface CodeHooks {
  /** The program's own function, which is called in place of the code. */
  original?: (ref: FunctionRef) => Callable | undefined
  /** What is called in place of a function. */
  around?: (fn: Callable) => Callable
}

const NOWHERE: ThreadPlace = { workerName: 'worker', thread: 0, localDirectory: '' }

/**
 * The code that was sent to this thread; each artefact is loaded at its first use. Environments have modules of their
 * own: what one finds in `process.env` is no other's.
 */
export class CodeCache {
  /** Of tasks without an environment. */
  readonly place: { readonly localDirectory: string; readonly files: Readonly<Record<string, string>> }
  readonly #artefacts = new Map<string, Artefact>()
  /** By `hash` or `hash.environment`. */
  readonly #loaded = new Map<string, LoadedCode>()
  /** Why the last try failed; told once, then it is tried again. */
  readonly #failed = new Map<string, unknown>()
  /** By full reference, so that the usual call costs one look-up. */
  readonly #functions = new Map<FunctionRef, Callable>()
  readonly #environments: Environments
  readonly #hooks: CodeHooks

  constructor(place: ThreadPlace = NOWHERE, hooks: CodeHooks = {}) {
    this.#hooks = hooks
    this.place = { localDirectory: place.localDirectory, files: {} }
    this.#environments = new Environments(place, async (ref) => {
      await this.prepare(ref)
      return this.find(ref)
    })
  }

  add(artefact: Artefact): void {
    this.#artefacts.set(artefact.hash, artefact)
  }

  remove(hash: string): void {
    this.#artefacts.delete(hash)
    this.#environments.remove(hash)
    for (const code of this.#loaded.keys()) if (hashesOf(code).includes(hash)) this.#loaded.delete(code)
    for (const ref of this.#functions.keys()) if (hashesOf(codeOf(ref)).includes(hash)) this.#functions.delete(ref)
  }

  /** To be awaited before `find`, if it gives anything: a module has to be loaded first. Never rejects. */
  prepare(ref: FunctionRef): Promise<void> | undefined {
    if (this.#functions.has(ref)) return undefined
    const code = codeOf(ref)
    if (this.#loaded.has(code)) return undefined
    const [hash, environment] = hashesOf(code)
    const artefact = this.#artefacts.get(hash)
    if (artefact === undefined) return prepareNative(hash)
    if (environment === undefined && this.#hooks.original?.(ref) !== undefined) return undefined
    if (environment !== undefined) return this.#loadIn(environment, artefact, code)
    return artefact.kind === 'module' ? this.#load(artefact, code) : undefined
  }

  /** @throws LoadError when there is no such code or function here, or it cannot be loaded. */
  find(ref: FunctionRef): Callable {
    const known = this.#functions.get(ref)
    if (known !== undefined) return known
    const original = this.#hooks.original?.(ref)
    // Another call may bring another function of the same text.
    if (original !== undefined) return original
    const loaded = this.#codeOf(ref).get(exportOf(ref))
    const found = this.#hooks.around?.(loaded) ?? loaded
    this.#functions.set(ref, found)
    return found
  }

  /** Of a function that has one, when it was prepared. */
  environmentOf(ref: FunctionRef): ReadyEnvironment | undefined {
    const environment = environmentOf(ref)
    return environment === undefined ? undefined : this.#environments.get(environment)
  }

  #codeOf(ref: FunctionRef): LoadedCode {
    const code = codeOf(ref)
    const loaded = this.#loaded.get(code)
    if (loaded !== undefined) return loaded
    if (this.#failed.has(code)) {
      const reason = this.#failed.get(code)
      this.#failed.delete(code)
      throw reason
    }
    const artefact = this.#artefacts.get(code)
    const native = artefact === undefined ? nativeOf(code) : undefined
    if (native !== undefined) return { get: () => native as unknown as Callable }
    if (artefact === undefined) throw new LoadError('HEDDLE_LOAD', `the code of '${ref}' was not sent to this thread`)
    const found = loadFunctionSync(artefact)
    this.#loaded.set(code, found)
    return found
  }

  async #loadIn(hash: string, artefact: Artefact, code: string): Promise<void> {
    const environment = this.#artefacts.get(hash)
    if (environment === undefined) return
    try {
      const { values } = await this.#environments.prepare(environment)
      await within(values, () => this.#load(artefact, code))
    } catch (error) {
      this.#failed.set(code, error)
    }
  }

  async #load(artefact: Artefact, code: string): Promise<void> {
    try {
      const loaded = await loadArtefact(artefact)
      if (this.#artefacts.has(artefact.hash)) this.#loaded.set(code, loaded)
    } catch (error) {
      this.#failed.set(code, error)
    }
  }
}
