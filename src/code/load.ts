import { LoadError } from '../errors.js'
import type { Artefact } from './artefact.js'
import { compile, failed } from './compile.js'
import { hashOf } from './hash.js'
import { importerOf } from './importer.js'
import { SHIPPED, type Shipped } from './shipped.js'
import { remember } from './stack-map.js'

export { mapStack } from './stack-map.js'

/** A loaded artefact. */
export interface LoadedCode {
  /** @throws LoadError when there is no function of that name. */
  get(name: string): (...args: unknown[]) => unknown
}

const KINDS = new Set<Artefact['kind']>(['function', 'module', 'file', 'environment'])

/** Why the artefact is not what it says it is, or undefined: its hash is checked over its content. */
export function whyNotArtefact(artefact: unknown): string | undefined {
  if (typeof artefact !== 'object' || artefact === null) return 'an artefact is not an object'
  const { hash, kind, name, body, map, externals, url } = artefact as Partial<Artefact>
  if (typeof hash !== 'string' || !/^[0-9a-f]{32}$/.test(hash)) return 'hash is not 32 hex digits'
  if (!KINDS.has(kind as Artefact['kind'])) return `kind is none of ${[...KINDS].join(', ')}`
  if (typeof name !== 'string' || name.length > 1000) return 'name is not a short string'
  if (typeof body !== 'string') return 'body is not a string'
  if (map !== undefined && typeof map !== 'string') return 'map is not a string'
  if (!Array.isArray(externals) || !externals.every((one) => typeof one === 'string'))
    return 'externals are not strings'
  if (url !== undefined && !isFileUrl(url)) return 'url is not a file URL'
  return hashOf({ kind: kind as Artefact['kind'], body, externals, ...(url === undefined ? {} : { url }) }) === hash
    ? undefined
    : `${name}: its content is not that of hash ${hash}`
}

const isFileUrl = (url: unknown) => typeof url === 'string' && url.startsWith('file:') && URL.canParse(url)

/**
 * Runs the artefact's body once and gives its exports; called in the thread that will run them. Nothing stays in
 * memory when the result is dropped. A function's artefact can be loaded without waiting: `loadFunctionSync`.
 * @throws LoadError with the user's file and line when it does not compile or its top level throws (`cause`).
 */
export async function loadArtefact(artefact: Artefact): Promise<LoadedCode> {
  if (artefact.kind === 'function') return loadFunctionSync(artefact)
  const { run, keep } = prepare(artefact)
  try {
    const exports = (await run()) as Exports
    markAll(artefact, exports)
    return new Loaded(artefact.name, exports, keep)
  } catch (error) {
    throw failed(artefact, error)
  }
}

/**
 * The same for an artefact of kind 'function', whose body awaits nothing.
 * @throws LoadError as `loadArtefact`, and for a module, which may have to be awaited
 */
export function loadFunctionSync(artefact: Artefact): LoadedCode {
  if (artefact.kind !== 'function') throw new LoadError('HEDDLE_LOAD', `${artefact.name} is a module: use loadArtefact`)
  const { run, keep } = prepare(artefact)
  try {
    const exports = run() as Exports
    markAll(artefact, exports)
    return new Loaded(artefact.name, exports, keep)
  } catch (error) {
    throw failed(artefact, error)
  }
}

type Exports = Record<string, unknown>

function prepare(artefact: Artefact): { run: () => unknown; keep: object } {
  const reason = whyNotArtefact(artefact)
  if (reason !== undefined) throw new LoadError('HEDDLE_LOAD', reason)
  const keep = remember(artefact)
  const body = compile(artefact)
  return { run: () => body(importerOf(artefact)), keep }
}

/** A task may submit itself, and the functions of its own module. */
function markAll(artefact: Artefact, exports: Exports): void {
  for (const [name, fn] of Object.entries(exports)) {
    if (typeof fn !== 'function' || !Object.isExtensible(fn)) continue
    const shipped: Shipped = { ref: `${artefact.hash}#${name}`, artefact, name: fn.name || name, pure: false }
    Object.defineProperty(fn, SHIPPED, { value: shipped, configurable: true })
  }
}

class Loaded implements LoadedCode {
  readonly #name: string
  readonly #exports: Exports
  /** What stacks of this code are mapped by, for as long as the code is held. */
  readonly keep: object

  constructor(name: string, exports: Exports, keep: object) {
    this.#name = name
    this.#exports = exports
    this.keep = keep
  }

  get(name: string): (...args: unknown[]) => unknown {
    const found = Object.hasOwn(this.#exports, name) ? this.#exports[name] : undefined
    if (typeof found === 'function') return found as (...args: unknown[]) => unknown
    throw new LoadError('HEDDLE_FUNCTION', `${this.#name} has no function '${name}'; ${this.#offer()}`)
  }

  #offer(): string {
    const names = Object.keys(this.#exports).filter((name) => typeof this.#exports[name] === 'function')
    return names.length === 0 ? 'it exports none' : `it has ${names.join(', ')}`
  }
}
