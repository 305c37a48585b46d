/** How the error of a handler comes back to the caller. */
import {
  CancelledError,
  ClosedError,
  CommClosedError,
  ConnectError,
  HeddleError,
  type HeddleErrorCode,
  KeyConflictError,
  OptionError,
  ProtocolError,
  RegistrationError,
  RemoteError,
} from '../errors.js'
import { isRecord } from '../protocol/msgpack-extensions.js'
import type { Address } from '../protocol/names.js'
import type { ErrorReply } from '../protocol/requests.js'

const REMOTE = 'HEDDLE_REMOTE'

/** Classes that a caller may want to ask for by `instanceof`; all others come back as `HeddleError` with their code. */
const CLASSES: Readonly<Record<string, { readonly name: string; readonly prototype: object }>> = {
  HEDDLE_OPTION: OptionError,
  HEDDLE_REFUSED: ConnectError,
  HEDDLE_NO_HOST: ConnectError,
  HEDDLE_NOT_HEDDLE: ConnectError,
  HEDDLE_CONNECT_TIMEOUT: ConnectError,
  HEDDLE_CONNECT: ConnectError,
  HEDDLE_COMM_CLOSED: CommClosedError,
  HEDDLE_PROTOCOL: ProtocolError,
  HEDDLE_CANCELLED: CancelledError,
  HEDDLE_DATA_LOST: CancelledError,
  HEDDLE_UNKNOWN_KEY: CancelledError,
  HEDDLE_KEY_CONFLICT: KeyConflictError,
  HEDDLE_CLOSED: ClosedError,
  HEDDLE_REGISTRATION: RegistrationError,
}

/** What is answered when a handler threw `error`. */
export function errorReply(error: unknown): ErrorReply {
  const code = error instanceof HeddleError ? error.code : REMOTE
  return { status: 'error', code, message: error instanceof Error ? error.message : String(error) }
}

/** Whether a decoded answer says that the handler failed. */
export function isErrorReply(reply: unknown): reply is ErrorReply {
  return isRecord(reply) && reply.status === 'error' && typeof reply.code === 'string'
}

/** The error to throw at the caller of `peer`. */
export function errorOf(reply: ErrorReply, op: string, peer: Address): Error {
  const message = String(reply.message)
  if (reply.code === REMOTE || !/^HEDDLE_[A-Z_]{1,60}$/.test(reply.code)) {
    return new RemoteError(`'${op}' failed at ${peer}: ${message}`)
  }
  return ofClass(new HeddleError(reply.code as HeddleErrorCode, message))
}

function ofClass(error: HeddleError): HeddleError {
  const found = Object.hasOwn(CLASSES, error.code) ? CLASSES[error.code] : undefined
  if (!found) return error
  Object.setPrototypeOf(error, found.prototype)
  error.name = found.name
  return error
}
