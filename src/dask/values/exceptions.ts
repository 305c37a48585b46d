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
const TBLIB = /^tblib\.pickling_support\.unpickle_exception(_with_attrs)?$/
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

/** Is this, by its name, an exception that every Python has, or made by `tblib`, which Dask pickles exceptions with? */
export function isException(object: PyObject): boolean {
  const { callable } = object
  if (TBLIB.test(object.maker ?? '')) return true
  return callable instanceof PyGlobal && callable.module === 'builtins' && EXCEPTION.test(callable.name)
}

/** What an exception says; whatever class it is of. Undefined: that is no exception. */
export function fromException(value: unknown, traceback: string | undefined, depth = 0): PythonError | undefined {
  if (!(value instanceof PyObject) || depth > CAUSES_MAX) return undefined
  const { cls, args, cause } = partsOf(value)
  if (!(cls instanceof PyGlobal)) return undefined
  const type = cls.module === 'builtins' ? cls.name : cls.toString()
  const inner = fromException(cause, undefined, depth + 1)
  return pythonError(type, itemsOf(args).map(textIn).join(', '), traceback, inner)
}

/** Its stack is Python's: ours would only say where it was read. */
export function pythonError(type: string, message: string, traceback?: string, cause?: PythonError): PythonError {
  const error = new PythonError(type, message, traceback, cause && { cause })
  const lines = traceback === undefined ? [] : traceback.split('\n').map((line) => `    ${line}`)
  error.stack = [`PythonError: ${type}: ${message}`, ...lines].join('\n')
  return error
}

interface Parts {
  readonly cls: unknown
  readonly args: unknown
  readonly cause: unknown
}

/** `unpickle_exception(class, args, cause, …)`, the same `…_with_attrs(class, attrs, cause, …)`, or `class(*args)`. */
function partsOf(value: PyObject): Parts {
  const form = TBLIB.exec(value.maker ?? '')
  if (form === null) return { cls: value.callable, args: value.args, cause: undefined }
  const [cls, second, cause] = itemsOf(value.args)
  if (form[1] === undefined) return { cls, args: second, cause }
  return { cls, args: second instanceof Map ? second.get('args') : undefined, cause }
}

function itemsOf(value: unknown): readonly unknown[] {
  return value instanceof PyTuple ? value.items : []
}

function textIn(value: unknown): string {
  if (value instanceof PyTuple) return '(…)'
  if (typeof value !== 'object' || value === null || value instanceof PyGlobal) return String(value)
  return `[${value instanceof PyObject ? value.maker : value.constructor?.name}]`
}
