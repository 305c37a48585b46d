/** How Dask says that something failed: a pickled exception inside a value, a pickled traceback beside it, or texts. */
import { DecodeError, type PythonError } from '../../errors.js'
import { decode } from '../../values/decode.js'
import { Encoded } from '../../values/encoded.js'
import { readPickle } from '../pickle/read.js'
import { PyObject, PyTuple } from '../python.js'
import { fromException, pythonError } from '../values/exceptions.js'
import type { Fields } from '../wire/plain.js'
import { openSerialized } from '../wire/serialized.js'

const LINES_MAX = 200

/** The exception of a message, with its traceback; one of ours as it was thrown. Never throws. */
export function errorIn(message: Fields): Error {
  return originalError(message.get('exception')) ?? pythonErrorIn(message)
}

/** What a worker of ours has put beside Python's form. */
function originalError(value: unknown): Error | undefined {
  if (!(value instanceof Encoded)) return undefined
  try {
    const error = decode(value)
    return error instanceof Error ? error : undefined
  } catch {
    return undefined
  }
}

function pythonErrorIn(message: Fields): PythonError {
  const text = (name: string) => (typeof message.get(name) === 'string' ? (message.get(name) as string) : undefined)
  const traceback = text('traceback_text') || tracebackIn(opened(message.get('traceback')))
  const known = fromException(opened(message.get('exception')), traceback)
  if (known !== undefined) return known
  return pythonError('Exception', text('exception_text') ?? 'its exception cannot be read here', traceback)
}

/** A value whose bytes are a pickle, or such bytes themselves. */
function opened(value: unknown): unknown {
  try {
    const bytes = value instanceof Encoded ? openSerialized(value) : value
    return bytes instanceof Uint8Array ? readPickle(bytes) : bytes
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

/** `unpickle_traceback(frame, line, next)` as the lines that Python prints, the sources aside. */
function tracebackIn(value: unknown): string | undefined {
  const lines: string[] = []
  for (let at = value; at instanceof PyObject && lines.length < LINES_MAX; ) {
    const [frame, line, next] = partsOf(at)
    const code = field(frame, 'f_code')
    lines.push(
      `  File "${String(field(code, 'co_filename'))}", line ${String(line)}, in ${String(field(code, 'co_name'))}`,
    )
    at = next
  }
  return lines.length === 0 ? undefined : `Traceback (most recent call last):\n${lines.join('\n')}`
}

function partsOf(traceback: PyObject): readonly unknown[] {
  if (traceback.args instanceof PyTuple && traceback.args.items.length >= 3) return traceback.args.items
  return ['tb_frame', 'tb_lineno', 'tb_next'].map((name) => field(traceback, name))
}

function field(object: unknown, name: string): unknown {
  const state = object instanceof PyObject ? object.state : undefined
  if (state instanceof Map) return state.get(name)
  const slots = state instanceof PyTuple ? state.items.find((part) => part instanceof Map) : undefined
  return slots instanceof Map ? slots.get(name) : undefined
}
