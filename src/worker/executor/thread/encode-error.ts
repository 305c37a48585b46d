import { inspect } from 'node:util'
import { mapStack } from '../../../code/load.js'
import type { Key } from '../../../protocol/names.js'
import { encode } from '../../../values/encode.js'
import type { Encoded } from '../../../values/encoded.js'

/** Longer texts are cut: an error is read by people, and goes through the scheduler. */
const LONGEST_TEXT = 10_000

/** Where something was thrown. */
export interface ThrownIn {
  readonly key: Key
  readonly attempt: number
  /** Name of the worker. */
  readonly worker: string
}

/**
 * Any thrown thing as an encoded Error, its stack in the user's lines, and behind them where it ran. What of it cannot
 * travel is left out.
 */
export function encodeError(thrown: unknown, place?: ThrownIn): Encoded {
  const error = thrown instanceof Error ? thrown : wrap(thrown)
  mapStack(error)
  shorten(error)
  const { stack } = error
  if (place !== undefined && typeof stack === 'string') setStack(error, `${stack}\n${lineOf(place)}`)
  const encoded = encodeWhole(error)
  // The same object may be thrown again by another task.
  if (place !== undefined) setStack(error, stack)
  return encoded
}

function lineOf({ key, attempt, worker }: ThrownIn): string {
  return `    at — on worker ${worker} (pid ${process.pid}), task ${key}, attempt ${attempt} —`
}

function setStack(error: Error, stack: string | undefined): void {
  // It may be frozen.
  Reflect.set(error, 'stack', stack)
}

function encodeWhole(error: Error): Encoded {
  try {
    return encode(error)
  } catch {
    return encode(bare(error))
  }
}

function wrap(thrown: unknown): Error {
  return new Error(`the task threw what is no Error: ${inspected(thrown)}`, { cause: thrown })
}

function inspected(thrown: unknown): string {
  try {
    return inspect(thrown, { depth: 1, maxStringLength: 200, breakLength: Infinity })
  } catch {
    return `${typeof thrown} (without a text)`
  }
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
