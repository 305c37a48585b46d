import type { Encoder } from './encoder.js'
import { errorClassName } from './error-classes.js'
import { EXTRA } from './format.js'

/** So many errors may stand one in the other; what is behind the last is left out. */
const CHAIN_MAX = 10

/** What may follow the texts of an error. */
export const ERROR_PART = { end: 0, field: 1, cause: 2, errors: 3 } as const

const APART = new Set(['message', 'stack', 'cause', 'errors'])

/**
 * An error: class, message, stack, name (null: its class's, or a field), then its parts. An error must get through: of its cause,
 * its fields and the errors in it, what cannot travel is left out, and so is what would make a circle.
 */
export function writeError(encoder: Encoder, error: Error, className = errorClassName(error)): void {
  encoder.extra(EXTRA.error)
  encoder.text(className)
  encoder.value(ownText(error, 'message') ?? (className === 'DOMException' ? error.message : null))
  encoder.value(textOf(error, 'stack'))
  encoder.value(nameOf(error, className))
  writeParts(encoder, error)
  encoder.byte(ERROR_PART.end)
}

function writeParts(encoder: Encoder, error: Error): void {
  if (encoder.openErrors.length < CHAIN_MAX) {
    encoder.openErrors.push(error)
    if (Object.hasOwn(error, 'cause')) writePart(encoder, ERROR_PART.cause, '', error.cause)
    if (Object.hasOwn(error, 'errors')) writeErrors(encoder, error)
    encoder.openErrors.pop()
  }
  for (const name of Object.keys(error))
    if (!APART.has(name)) writePart(encoder, ERROR_PART.field, name, get(error, name))
}

function writeErrors(encoder: Encoder, error: Error): void {
  const { errors } = error as Error & { errors: unknown }
  const list = Array.isArray(errors) ? errors.filter((one) => canTravel(encoder, one)) : errors
  writePart(encoder, ERROR_PART.errors, '', list)
}

function writePart(encoder: Encoder, part: number, name: string, value: unknown): void {
  if (encoder.openErrors.includes(value)) return
  const open = encoder.openErrors.length
  const mark = encoder.mark()
  try {
    encoder.byte(part)
    if (part === ERROR_PART.field) encoder.text(name)
    encoder.part(name === '' ? 'cause' : name, value)
  } catch {
    encoder.reset(mark)
    encoder.openErrors.length = open
  }
}

function canTravel(encoder: Encoder, value: unknown): boolean {
  if (encoder.openErrors.includes(value)) return false
  const mark = encoder.mark()
  try {
    encoder.value(value)
    return true
  } catch {
    return false
  } finally {
    encoder.reset(mark)
  }
}

function nameOf(error: Error, className: string): string | null {
  const name = textOf(error, 'name')
  if (className === 'DOMException') return name
  if (Object.prototype.propertyIsEnumerable.call(error, 'name')) return null
  return name === className && !Object.hasOwn(error, 'name') ? null : name
}

function ownText(error: Error, name: string): string | null {
  return Object.hasOwn(error, name) ? textOf(error, name) : null
}

function textOf(error: Error, name: string): string | null {
  const text = get(error, name)
  return typeof text === 'string' ? text : null
}

function get(error: Error, name: string): unknown {
  try {
    return Reflect.get(error, name)
  } catch {
    return undefined
  }
}
