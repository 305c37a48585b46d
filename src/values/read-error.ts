import { codecNamed } from './codecs.js'
import type { Decoder } from './decoder.js'
import { errorPrototype } from './error-classes.js'
import { ERROR_PART } from './write-error.js'

/** What `writeError` wrote. A class that is not known here becomes an Error of that name. */
export function readError(decoder: Decoder): Error {
  const className = decoder.text()
  const message = textOrNull(decoder)
  const stack = textOrNull(decoder)
  const name = textOrNull(decoder)
  const error = decoder.met(makeError(className, message, name))
  define(error, 'stack', stack ?? undefined)
  readParts(decoder, error)
  return error
}

function textOrNull(decoder: Decoder): string | null {
  const value = decoder.value()
  return value === null || typeof value === 'string' ? value : decoder.fail('an error without texts')
}

function makeError(className: string, message: string | null, name: string | null): Error {
  if (className === 'DOMException') return new DOMException(message ?? '', name ?? 'Error')
  const error = withoutStack(message)
  const prototype = errorPrototype(className) ?? codecNamed(className)?.prototype
  if (prototype !== undefined) Object.setPrototypeOf(error, prototype)
  const shownName = name ?? (prototype === undefined ? className : null)
  if (shownName !== null && shownName !== Reflect.get(error, 'name')) define(error, 'name', shownName)
  return error
}

/** Taking a stack costs more than all the rest, and it would be thrown away. */
function withoutStack(message: string | null): Error {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  const error = message === null ? new Error() : new Error(message)
  Error.stackTraceLimit = limit
  return error
}

function readParts(decoder: Decoder, error: Error): void {
  for (let part = decoder.byte(); part !== ERROR_PART.end; part = decoder.byte()) {
    if (part === ERROR_PART.cause) define(error, 'cause', decoder.value())
    else if (part === ERROR_PART.errors) define(error, 'errors', decoder.value())
    else if (part === ERROR_PART.field) define(error, decoder.text(), decoder.value(), true)
    else decoder.fail('an error of unknown parts')
  }
}

function define(error: Error, name: string, value: unknown, enumerable = false): void {
  Object.defineProperty(error, name, { value, enumerable, writable: true, configurable: true })
}
