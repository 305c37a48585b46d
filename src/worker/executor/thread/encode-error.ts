import { mapStack } from '../../../code/load.js'
import { encode } from '../../../values/encode.js'
import type { Encoded } from '../../../values/encoded.js'

/** Longer texts are cut: an error is read by people, and goes through the scheduler. */
const LONGEST_TEXT = 10_000

/** Any thrown thing as an encoded Error, its stack in the user's lines. What of it cannot travel is left out. */
export function encodeError(thrown: unknown): Encoded {
  const error = thrown instanceof Error ? thrown : wrap(thrown)
  mapStack(error)
  shorten(error)
  try {
    return encode(error)
  } catch {
    return encode(bare(error))
  }
}

function wrap(thrown: unknown): Error {
  const kind = thrown === null ? 'null' : typeof thrown
  return new Error(`the task threw what is no Error: ${kind} ${textOf(thrown)}`, { cause: thrown })
}

function textOf(thrown: unknown): string {
  try {
    return String(thrown)
  } catch {
    return '(without a text)'
  }
}

function bare({ name, message, stack }: Error): Error {
  const copy = new Error(textOf(message))
  copy.name = textOf(name)
  copy.stack = textOf(stack ?? message)
  return copy
}

function shorten(error: Error): void {
  if (typeof error.message !== 'string' || error.message.length <= LONGEST_TEXT) return
  const { message, stack } = error
  error.message = cut(message)
  if (typeof stack === 'string') error.stack = stack.replace(message, () => error.message)
}

function cut(text: string): string {
  return `${text.slice(0, LONGEST_TEXT)}… (${text.length - LONGEST_TEXT} characters more)`
}
