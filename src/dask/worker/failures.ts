/** Errors of ours as Dask's messages have them: an exception and a traceback, pickled, and both as text. */
import { decode } from '../../values/decode.js'
import type { Encoded } from '../../values/encoded.js'
import { writePickle } from '../pickle/write.js'
import { toException } from '../values/exceptions.js'
import { withOriginal } from '../wire/original.js'
import { toSerialized } from '../wire/serialize.js'
import { asEncoded } from '../wire/serialized.js'
import { tracebackOf } from './traceback.js'

/** The fields that every message about a failure has. */
export interface Failure {
  readonly exception: Encoded
  readonly traceback: Encoded | null
  readonly exception_text: string
  readonly traceback_text: string
}

/** How Dask says that this was thrown. `original`: as a client of ours will have it. */
export function failureOf(thrown: unknown, original?: Encoded): Failure {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const stack = typeof error.stack === 'string' ? error.stack : ''
  const traceback = tracebackOf(stack)
  return {
    exception: pickled(toException(error), original),
    traceback: traceback === undefined ? null : pickled(traceback),
    exception_text: `${error.name}(${JSON.stringify(error.message)})`,
    traceback_text: stack,
  }
}

/** The error that an executor gave. */
export function errorIn(encoded: Encoded): Error {
  try {
    const error = decode(encoded, { buffers: 'copy' })
    return error instanceof Error ? error : new Error(String(error))
  } catch (error) {
    return new Error(`its error cannot be read: ${(error as Error).message}`)
  }
}

/** A value of bytes that are a pickle: only who wants the exception opens it. */
function pickled(value: unknown, original?: Encoded): Encoded {
  const python = toSerialized(writePickle(value).bytes)
  return asEncoded(original === undefined ? python : withOriginal(python, original))
}
