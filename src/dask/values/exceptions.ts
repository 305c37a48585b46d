import { PythonError } from '../../errors.js'
import { PyGlobal, PyObject, PyTuple, pyCall } from '../python.js'

/** Our classes under the names of Python's nearest; what is not here is a RuntimeError. */
const AS_PYTHON: Readonly<Record<string, string>> = {
  TypeError: 'TypeError',
  RangeError: 'ValueError',
  SyntaxError: 'SyntaxError',
  ReferenceError: 'NameError',
}
const EXCEPTION = /^[A-Z]\w*(Error|Exception|Warning|Exit|Interrupt|Iteration)$/
const CAUSES_MAX = 20

/** An error as a call that makes the nearest exception of Python's, its stack in the text. */
export function toException(error: Error): PyObject {
  if (error instanceof PythonError) return pyCall('builtins', builtInOr(error.type), error.message)
  const name = AS_PYTHON[error.name] ?? 'RuntimeError'
  return pyCall('builtins', name, `${error.name}: ${error.message}`)
}

/** Only classes that every Python has may be named: another would be looked for, and not found. */
function builtInOr(type: string): string {
  return EXCEPTION.test(type) && !type.includes('.') ? type : 'RuntimeError'
}

/** Is this, by its name, an exception that every Python has? */
export function isException(object: PyObject): boolean {
  const { callable } = object
  if (object.maker === 'tblib.pickling_support.unpickle_exception') return true
  return callable instanceof PyGlobal && callable.module === 'builtins' && EXCEPTION.test(callable.name)
}

/** What an exception says; whatever class it is of. Undefined: that is no exception. */
export function fromException(value: unknown, traceback: string | undefined, depth = 0): PythonError | undefined {
  if (!(value instanceof PyObject) || depth > CAUSES_MAX) return undefined
  const isTblib = value.maker === 'tblib.pickling_support.unpickle_exception'
  const [cls, args, cause] = isTblib ? itemsOf(value.args) : [value.callable, value.args, undefined]
  if (!(cls instanceof PyGlobal)) return undefined
  const type = cls.module === 'builtins' ? cls.name : cls.toString()
  const inner = fromException(cause, undefined, depth + 1)
  return new PythonError(type, itemsOf(args).map(textIn).join(', '), traceback, inner && { cause: inner })
}

function itemsOf(value: unknown): readonly unknown[] {
  return value instanceof PyTuple ? value.items : []
}

function textIn(value: unknown): string {
  if (value instanceof PyGlobal || value instanceof PyTuple) return 'items' in value ? '(…)' : value.toString()
  return typeof value === 'object' && value !== null ? `[${value.constructor?.name ?? 'object'}]` : String(value)
}
