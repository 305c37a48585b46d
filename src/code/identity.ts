import { OptionError } from '../errors.js'
import { codeOf, exportOf, hashesOf } from '../util/function-ref.js'
import { captureError } from './capture-error.js'
import { freeVariablesOf } from './free-variables.js'
import { seal } from './hash.js'
import { isHelper, preludeFor } from './helpers.js'
import { PURE } from './pure.js'
import { bodyOf } from './rewrite.js'
import { SHIPPED, type Shipped } from './shipped.js'
import { sourceOf } from './source.js'

export { SHIPPED, type Shipped } from './shipped.js'

const byFunction = new WeakMap<object, Shipped>()
// `submit((x) => x + 1, i)` in a loop makes a new function object each time, of one text.
const bySource = new Map<string, Shipped>()
const SOURCES_KEPT = 1000

/**
 * What travels for `fn`: a function of a module as it is, any other by its source. Remembered per function object.
 * @throws CaptureError for free variables that are no globals; LoadError HEDDLE_FUNCTION for what has no source
 * (native and bound functions) or cannot run by itself (a class, a method that uses `super`).
 */
export function ship(fn: (...args: never[]) => unknown): Shipped {
  const shipped = shippedFor(fn)
  if (originals !== undefined) noteOriginal(fn, shipped)
  return shipped
}

type AnyFunction = (...args: never[]) => unknown

let originals: Map<string, WeakRef<AnyFunction>> | undefined

/** From now on `originalOf` knows the functions that are shipped. */
export function rememberOriginals(): void {
  originals ??= new Map()
}

/** The program's own function of that reference. */
export function originalOf(ref: string): ((...args: unknown[]) => unknown) | undefined {
  const [hash] = hashesOf(codeOf(ref))
  return originals?.get(`${hash}#${exportOf(ref)}`)?.deref() as ((...args: unknown[]) => unknown) | undefined
}

/** Not the stand-ins for functions of modules: those are a getter's. */
function noteOriginal(fn: AnyFunction, { ref }: Shipped): void {
  if (Object.getOwnPropertyDescriptor(fn, SHIPPED)?.get === undefined) originals?.set(ref, new WeakRef(fn))
}

function shippedFor(fn: (...args: never[]) => unknown): Shipped {
  if (typeof fn !== 'function') throw noFunction(fn)
  // What a module's function stands for changes when its file does.
  const marked = ofModule(fn)
  if (marked !== undefined) return marked.pure === isPure(fn) ? marked : { ...marked, pure: isPure(fn) }
  const known = byFunction.get(fn)
  if (known !== undefined && known.pure === isPure(fn)) return known
  const found = ofSource(fn)
  const shipped = found.pure === isPure(fn) ? found : { ...found, pure: isPure(fn) }
  byFunction.set(fn, shipped)
  return shipped
}

const noFunction = (given: unknown) =>
  new OptionError(
    'function',
    `must be a function; ${given === null ? 'null' : `a value of type ${typeof given}`} is none` +
      (given === undefined ? '. Of a module, only exported functions are there, no classes and no objects' : ''),
  )

type Marked = { [SHIPPED]?: Shipped; [PURE]?: true }

const ofModule = (fn: object) => (fn as Marked)[SHIPPED]
const isPure = (fn: object) => (fn as Marked)[PURE] === true || ofModule(fn)?.pure === true

function ofSource(fn: (...args: never[]) => unknown): Shipped {
  const identity = `${fn.name}\n${Function.prototype.toString.call(fn)}`
  const known = bySource.get(identity)
  if (known !== undefined) return known
  if (bySource.size >= SOURCES_KEPT) bySource.delete(bySource.keys().next().value!)
  const shipped = shipSource(fn)
  bySource.set(identity, shipped)
  return shipped
}

function shipSource(fn: (...args: never[]) => unknown): Shipped {
  const source = sourceOf(fn)
  const free = freeVariablesOf(source)
  const captured = free.filter((variable) => !isHelper(variable))
  if (captured.length > 0) throw captureError(source, captured)
  const body = bodyOf(source, preludeFor(free))
  const artefact = seal({ kind: 'function', name: source.name, body, externals: [] })
  return { ref: `${artefact.hash}#${source.name}`, artefact, name: source.name, pure: false }
}
