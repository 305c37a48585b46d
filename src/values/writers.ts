import { arrowKindOf } from './arrow-module.js'
import { writeArrow } from './arrow-write.js'
import type { Encoder } from './encoder.js'
import { EXTRA } from './format.js'
import { NDArray } from './ndarray.js'
import { writeNDArray } from './ndarray-format.js'
import type { Place } from './refusal.js'
import { writeError } from './write-error.js'

type Write = (encoder: Encoder, value: object) => void

const WRITERS = new Map<object, Write>([
  [Map.prototype, (encoder, value) => writeMap(encoder, value as Map<unknown, unknown>)],
  [Set.prototype, (encoder, value) => writeSet(encoder, value as Set<unknown>)],
  [Date.prototype, (encoder, value) => writeDate(encoder, value as Date)],
  [RegExp.prototype, (encoder, value) => writeRegExp(encoder, value as RegExp)],
  ...[Number, String, Boolean, BigInt].map((boxed): [object, Write] => [boxed.prototype, writeBoxed]),
  [NDArray.prototype, (encoder, value) => writeNDArray(encoder, value as NDArray)],
  [DOMException.prototype, (encoder, value) => writeError(encoder, value as Error, 'DOMException')],
])

/** How a built-in object is written, also one of another realm; undefined: it is none of those. */
export function writerOf(value: object, prototype: object): Write | undefined {
  return WRITERS.get(prototype) ?? ofArrow(value) ?? ofOtherRealm(value, prototype)
}

function ofArrow(value: object): Write | undefined {
  const kind = arrowKindOf(value)
  return kind && ((encoder) => writeArrow(encoder, value, kind))
}

function writeMap(encoder: Encoder, map: Map<unknown, unknown>): void {
  encoder.extra(EXTRA.map)
  encoder.varint(map.size)
  let i = 0
  for (const [key, value] of map) {
    encoder.part(placeOf(key, `.keys[${i}]`), key)
    encoder.part(placeOf(value, typeof key === 'string' ? `.get(${JSON.stringify(key)})` : `.values[${i}]`), value)
    i++
  }
}

function writeSet(encoder: Encoder, set: Set<unknown>): void {
  encoder.extra(EXTRA.set)
  encoder.varint(set.size)
  let i = 0
  for (const value of set) encoder.part(placeOf(value, `.values[${i++}]`), value)
}

/** Places are only needed for what may be refused. */
function placeOf(value: unknown, path: string): Place {
  return typeof value === 'string' || typeof value === 'number' ? 0 : { path }
}

function writeDate(encoder: Encoder, date: Date): void {
  encoder.extra(EXTRA.date)
  encoder.float64(date.getTime())
}

function writeRegExp(encoder: Encoder, regexp: RegExp): void {
  encoder.extra(EXTRA.regexp)
  encoder.text(regexp.source)
  encoder.text(regexp.flags)
  encoder.varint(Math.min(Math.max(Math.trunc(regexp.lastIndex) || 0, 0), Number.MAX_SAFE_INTEGER))
}

function writeBoxed(encoder: Encoder, value: object): void {
  encoder.extra(EXTRA.boxed)
  encoder.value(value.valueOf())
}

/** A jsdom or vm context has an Object, a Map of its own. */
function ofOtherRealm(value: object, prototype: object): Write | undefined {
  const Class: unknown = Object.hasOwn(prototype, 'constructor') ? prototype.constructor : undefined
  if (typeof Class !== 'function' || Class.prototype !== prototype) return undefined
  if (!Function.prototype.toString.call(Class).endsWith('{ [native code] }')) return undefined
  return writerByName(Class.name, value)
}

function writerByName(name: string, value: object): Write | undefined {
  if (name === 'Object') return (encoder) => encoder.properties(value)
  if (name === 'Array' && Array.isArray(value)) return (encoder) => encoder.anyArray(value)
  const ours: unknown = Reflect.get(globalThis, name)
  if (typeof ours !== 'function') return undefined
  return Object.prototype.toString.call(value) === `[object ${name}]` ? WRITERS.get(ours.prototype) : undefined
}
