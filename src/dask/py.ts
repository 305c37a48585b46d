import { seal } from '../code/hash.js'
import { SHIPPED, type Shipped } from '../code/shipped.js'
import { OptionError } from '../errors.js'
import { isRecord } from '../protocol/msgpack-extensions.js'
import type { FunctionRef } from '../protocol/names.js'
import { encode } from '../values/encode.js'
import { hashOf } from '../values/hash.js'
import { PyGlobal, PyObject, PyTuple } from './python.js'

/** Keyword arguments of a Python function; plain data, no futures: for those see `keywords`. */
export type Keywords = Readonly<Record<string, unknown>>

/** The only name in a record that stands for keyword arguments, as Python writes it. */
const KEYWORDS = '**'

/** What each name made by `py` is in Python. */
const FUNCTIONS = new Map<FunctionRef, PyGlobal | PyObject>()

const NAME = /^[\p{L}_][\p{L}\p{N}_]*(\.[\p{L}_][\p{L}\p{N}_]*)*$/u

/**
 * A function of Python's by its name, to be submitted to a Dask cluster: `module.function`, `module:Class.method`, or
 * the name of a builtin. It is looked up where it runs; nothing is checked here but the form. `F` says its type, which
 * nobody checks. It cannot be called here.
 *
 * @example
 * const norm = client.submit(py<(a: Float64Array) => number>('numpy.linalg.norm'), new Float64Array([3, 4]))
 * const rows = client.submit(py<(a: NDArray) => NDArray>('numpy.sum', { axis: 1 }), table)
 *
 * @throws OptionError for what is no name of Python's.
 */
export function py<F extends (...args: never[]) => unknown = (...args: unknown[]) => unknown>(
  name: string,
  keywords?: Keywords,
): F {
  const shipped = shippedFor(name, keywords)
  const call = () => {
    throw new OptionError('py', `${name} is a function of Python's: submit it to a Dask cluster`)
  }
  Object.defineProperty(call, 'name', { value: shipped.name })
  return Object.assign(call, { [SHIPPED]: shipped }) as unknown as F
}

/**
 * Keyword arguments of one call of a Python function, futures among them at any depth; the last argument of the call.
 *
 * @example
 * const sum = py<(a: NDArray, keywords: { axis: number }) => NDArray>('numpy.sum')
 * const sums = client.submit(sum, table, keywords({ axis: chosen }))
 */
export function keywords<K extends Keywords>(given: K): K {
  return { [KEYWORDS]: given } as unknown as K
}

/** What `keywords` was given; undefined for any other argument. */
export function keywordsIn(argument: unknown): Keywords | undefined {
  if (!isRecord(argument) || Object.keys(argument).length !== 1) return undefined
  const given = argument[KEYWORDS]
  return isRecord(given) ? given : undefined
}

/** What a name made by `py` is in Python; undefined for functions of TypeScript. */
export function pythonOf(ref: FunctionRef): PyGlobal | PyObject | undefined {
  return FUNCTIONS.get(ref)
}

function shippedFor(name: string, keywords: Keywords | undefined): Shipped {
  const { module, member } = split(name)
  const said = keywords === undefined ? '' : ` with keywords ${hashOf(encode(keywords))}`
  const refusal = JSON.stringify(`${name} is a function of Python's: it runs on a Dask cluster only`)
  const body = `return { f() { throw new Error(${refusal}) } } // ${name}${said}`
  const artefact = seal({ kind: 'function', name, body, externals: [] })
  const ref: FunctionRef = `${artefact.hash}#f`
  const global = new PyGlobal(module, member)
  FUNCTIONS.set(ref, keywords === undefined ? global : partial(global, keywords))
  return { ref, artefact, name: member, pure: false }
}

/** `numpy.linalg.norm` is `norm` of the module `numpy.linalg`; what has no dot is builtin. */
function split(name: string): { module: string; member: string } {
  const [module, member, ...more] = typeof name === 'string' && name.includes(':') ? name.split(':') : parts(name)
  if (more.length === 0 && NAME.test(module ?? '') && NAME.test(member ?? ''))
    return { module: module as string, member: member as string }
  throw new OptionError(
    'py',
    `'${String(name)}' is no name of Python's; give 'module.function' or 'module:Class.method'`,
  )
}

function parts(name: unknown): string[] {
  const text = String(name)
  const at = text.lastIndexOf('.')
  return at < 0 ? ['builtins', text] : [text.slice(0, at), text.slice(at + 1)]
}

/** `functools.partial(f, **keywords)`. */
function partial(f: PyGlobal, keywords: Keywords): PyObject {
  const made = new PyObject('call', new PyGlobal('functools', 'partial'), new PyTuple([f]))
  made.state = new PyTuple([f, new PyTuple([]), new Map(Object.entries(keywords)), null])
  return made
}
