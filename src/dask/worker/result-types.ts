/** The types of results as Python calls them: clients and dashboards show them. */
import { NDArray } from '../../values/ndarray.js'
import { isFloat, isInt } from '../callables/numbers.js'
import { writePickle } from '../pickle/write.js'
import { PyByteArray, PyFrozenSet, PyGlobal, PyTuple } from '../python.js'

/** What JavaScript calls it, and Python would. */
const AS_PYTHON: Readonly<Record<string, string>> = {
  number: 'numbers.Number',
  bigint: 'builtins.int',
  string: 'builtins.str',
  boolean: 'builtins.bool',
  Array: 'builtins.list',
  Object: 'builtins.dict',
  Map: 'builtins.dict',
  Set: 'builtins.set',
  Uint8Array: 'builtins.bytes',
  Date: 'datetime.datetime',
  NDArray: 'numpy.ndarray',
  Float64Array: 'numpy.ndarray',
  Float32Array: 'numpy.ndarray',
  Int32Array: 'numpy.ndarray',
}
const ANYTHING = 'builtins.object'
const KEPT = 1000

const pickles = new Map<string, Uint8Array>()

/** The class of a value of Python's, with its module. */
export function pythonTypeOf(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'symbol') return ANYTHING
  if (typeof value === 'boolean') return 'builtins.bool'
  if (isInt(value)) return 'builtins.int'
  if (isFloat(value)) return 'builtins.float'
  if (typeof value === 'string') return 'builtins.str'
  if (Array.isArray(value)) return 'builtins.list'
  if (value instanceof PyTuple) return 'builtins.tuple'
  if (value instanceof Map) return 'builtins.dict'
  if (value instanceof Set) return 'builtins.set'
  if (value instanceof PyFrozenSet) return 'builtins.frozenset'
  if (value instanceof PyByteArray) return 'builtins.bytearray'
  if (value instanceof NDArray) return 'numpy.ndarray'
  return value instanceof Uint8Array ? 'builtins.bytes' : ANYTHING
}

/** The pickle of a class that every Python has, for a type as it was reported by an executor. */
export function classPickle(typename: string): Uint8Array {
  const known = pickles.get(typename)
  if (known !== undefined) return known
  if (pickles.size >= KEPT) pickles.clear()
  const name = typename.includes('.') ? typename : (AS_PYTHON[typename] ?? ANYTHING)
  const at = name.lastIndexOf('.')
  const { bytes } = writePickle(new PyGlobal(name.slice(0, at), name.slice(at + 1)))
  pickles.set(typename, bytes)
  return bytes
}

/** As Dask names it: without the module of builtins. */
export function shownType(typename: string): string {
  return typename.replace(/^builtins\./, '') || 'object'
}
