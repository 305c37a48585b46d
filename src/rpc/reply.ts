/** How the answer or the error of a handler comes back to the caller. */
import { HeddleError, type HeddleErrorCode, ProtocolError, RemoteError } from '../errors.js'
import { isRecord } from '../protocol/msgpack-extensions.js'
import type { Address } from '../protocol/names.js'
import type { ErrorReply } from '../protocol/requests.js'
import { whyNotReply } from '../protocol/validate-replies.js'
import { decode } from '../values/decode.js'
import { encode } from '../values/encode.js'
import { Encoded } from '../values/encoded.js'

const REMOTE = 'HEDDLE_REMOTE'

/** What is answered when a handler threw `error`. */
export function errorReply(error: unknown): ErrorReply {
  const code = error instanceof HeddleError ? error.code : REMOTE
  const message = error instanceof Error ? error.message : String(error)
  try {
    return { status: 'error', code, message, error: encode(error) }
  } catch {
    return { status: 'error', code, message }
  }
}

/**
 * What a decoded answer of `peer` gives to the caller: the answer, checked.
 * @throws the error of the handler; ProtocolError when it is no answer to that.
 */
export function answerOf(reply: unknown, op: string, peer: Address): unknown {
  if (isErrorReply(reply)) throw errorOf(reply, op, peer)
  const reason = whyNotReply(op, reply)
  if (reason !== undefined) throw new ProtocolError(`${peer} gave a wrong answer to '${op}': ${reason}`)
  return reply
}

function isErrorReply(reply: unknown): reply is ErrorReply {
  return isRecord(reply) && reply.status === 'error' && typeof reply.code === 'string'
}

/** Heddle's own as it was thrown there, any other as a cause. */
function errorOf(reply: ErrorReply, op: string, peer: Address): Error {
  const original = originalOf(reply)
  if (original instanceof HeddleError && original.code === reply.code) return original
  const message = String(reply.message)
  if (isHeddleCode(reply.code)) return new HeddleError(reply.code, message, { cause: original })
  return new RemoteError(`'${op}' failed at ${peer}: ${message}`, { cause: original })
}

function originalOf({ error }: ErrorReply): unknown {
  if (!(error instanceof Encoded)) return undefined
  try {
    return decode(error, { buffers: 'copy' })
  } catch {
    return undefined
  }
}

function isHeddleCode(code: string): code is HeddleErrorCode {
  return code !== REMOTE && /^HEDDLE_[A-Z_]{1,60}$/.test(code)
}
