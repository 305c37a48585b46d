import { typenameOf } from './typename.js'

/** Why a value cannot travel: `is <what>. <advice>`. */
export interface Refusal {
  readonly code: 'HEDDLE_CLONE' | 'HEDDLE_CLASS'
  readonly what: string
  readonly advice: string
}

/** A place in a container: a property's name, an index, or how else to get there. */
export type Place = string | number | { readonly path: string }

const PLAIN_DATA = 'Send plain data, or create it inside the task.'
const LIVE = 'Pass or return its contents.'

const NATIVE: Readonly<Record<string, string>> = {
  Promise: 'Await it first.',
  WeakMap: PLAIN_DATA,
  WeakSet: PLAIN_DATA,
  WeakRef: PLAIN_DATA,
  FinalizationRegistry: PLAIN_DATA,
  Generator: 'Pass its items as an array: [...items].',
  AsyncGenerator: 'Await its items, and pass them as an array.',
  'Array Iterator': 'Pass its items as an array: [...items].',
  'Map Iterator': 'Pass its items as an array: [...items].',
  'Set Iterator': 'Pass its items as an array: [...items].',
  Symbol: 'Pass a string instead.',
  SharedArrayBuffer: 'Pass a typed array of it (its bytes are copied), or scatter the data.',
}

/** Why that value, which has no way to travel, is refused, and what to do instead. */
export function refusalOf(value: unknown): Refusal {
  if (typeof value === 'function') return clone(functionName(value), PLAIN_DATA)
  if (typeof value === 'symbol') return clone(`a symbol (${String(value)})`, 'Pass a string instead.')
  return objectRefusal(value as object)
}

/** Its bytes are elsewhere. */
export const DETACHED: Refusal = {
  code: 'HEDDLE_CLONE',
  what: 'memory that was transferred away',
  advice: 'Pass it before that, or pass a copy.',
}

function clone(what: string, advice: string): Refusal {
  return { code: 'HEDDLE_CLONE', what, advice }
}

// biome-ignore lint/complexity/noBannedTypes: any function at all
function functionName(value: Function): string {
  const isClass = /^class\b/.test(Function.prototype.toString.call(value))
  const kind = isClass ? 'a class' : 'a function'
  return value.name === '' ? kind : `${kind} (${value.name})`
}

function objectRefusal(value: object): Refusal {
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  const native = NATIVE[tag]
  if (native !== undefined) return clone(withArticle(tag), native)
  const name = typenameOf(value)
  if (isLive(value)) return clone(withArticle(name), LIVE)
  if (name === 'Object') {
    return {
      code: 'HEDDLE_CLASS',
      what: 'an object with a prototype of its own',
      advice: 'Pass a plain one: { ...it }.',
    }
  }
  const what = `${withArticle(name)}, whose methods would be lost`
  return { code: 'HEDDLE_CLASS', what, advice: `Register its class, registerCodec(${name}), or pass its data.` }
}

/** Streams, sockets and the like belong to their process. */
function isLive(value: object): boolean {
  return ['pipe', 'getReader', 'emit', 'getWriter', 'postMessage'].some((name) => name in value)
}

function withArticle(name: string): string {
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u
const LONGEST_PATH = 300

/** As one would write it behind the value: `.rows[0].get("x")`. */
export function pathOf(places: readonly Place[]): string {
  const path = places.map(stepOf).join('')
  if (path.length <= LONGEST_PATH) return path
  return `${path.slice(0, LONGEST_PATH / 2)}…${path.slice(-LONGEST_PATH / 2)}`
}

function stepOf(place: Place): string {
  if (typeof place === 'number') return `[${place}]`
  if (typeof place === 'object') return place.path
  return IDENTIFIER.test(place) ? `.${place}` : `[${JSON.stringify(place)}]`
}
