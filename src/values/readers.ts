import { DecodeError } from '../errors.js'
import { readArrow } from './arrow-read.js'
import { codecNamed } from './codecs.js'
import type { Decoder } from './decoder.js'
import { EXTRA } from './format.js'
import { readNDArray } from './ndarray-format.js'
import { readError } from './read-error.js'

type Read = (decoder: Decoder) => unknown

const READERS = new Map<number, Read>([
  [EXTRA.nullObject, (decoder) => readProperties(decoder, Object.create(null))],
  [EXTRA.looseArray, readLooseArray],
  [EXTRA.map, readMap],
  [EXTRA.set, readSet],
  [EXTRA.date, (decoder) => decoder.met(new Date(decoder.float64()))],
  [EXTRA.regexp, readRegExp],
  [EXTRA.boxed, (decoder) => decoder.met(Object(decoder.value()))],
  [EXTRA.numbers, (decoder) => decoder.met(decoder.float64s(decoder.varint()))],
  [EXTRA.error, readError],
  [EXTRA.view, (decoder) => decoder.met(decoder.view())],
  [EXTRA.reference, (decoder) => decoder.reference()],
  [EXTRA.ndarray, readNDArray],
  [EXTRA.arrow, readArrow],
  [EXTRA.instance, readInstance],
  [EXTRA.properties, readInstanceProperties],
])

/** What stands behind an escape and a byte of `EXTRA`. */
export function readExtra(decoder: Decoder, kind: number): unknown {
  const read = READERS.get(kind) ?? decoder.fail(`the kind 0x${kind.toString(16)}`)
  return read(decoder)
}

function readProperties(decoder: Decoder, object: object): object {
  decoder.met(object)
  decoder.properties(object)
  return object
}

/** Lengths up to 2^32 - 1 cost nothing: the array stays sparse. */
function readLooseArray(decoder: Decoder): unknown[] {
  const values: unknown[] = decoder.met([])
  const length = decoder.varint()
  if (length >= 2 ** 32) decoder.fail('an array that is too long')
  const count = decoder.count()
  for (let i = 0; i < count; i++) readEntry(decoder, values, length)
  values.length = length
  return values
}

function readEntry(decoder: Decoder, values: unknown[], length: number): void {
  const place = decoder.value()
  const isIndex = typeof place === 'number' && Number.isInteger(place) && place >= 0 && place < length
  if (!isIndex && (typeof place !== 'string' || place === 'length'))
    return decoder.fail('a property that arrays do not have')
  const value = decoder.value()
  Object.defineProperty(values, place, { value, writable: true, enumerable: true, configurable: true })
}

function readMap(decoder: Decoder): Map<unknown, unknown> {
  const map = decoder.met(new Map<unknown, unknown>())
  const size = decoder.count()
  for (let i = 0; i < size; i++) map.set(decoder.value(), decoder.value())
  return map
}

function readSet(decoder: Decoder): Set<unknown> {
  const set = decoder.met(new Set<unknown>())
  const size = decoder.count()
  for (let i = 0; i < size; i++) set.add(decoder.value())
  return set
}

function readRegExp(decoder: Decoder): RegExp {
  const regexp = decoder.met(new RegExp(decoder.text(), decoder.text()))
  regexp.lastIndex = decoder.varint()
  return regexp
}

function readInstance(decoder: Decoder): unknown {
  const tell = decoder.meetLater()
  const codec = knownCodec(decoder)
  const data = decoder.value()
  const { decode } = codec
  if (decode === undefined) return decoder.fail(`a ${codec.name} of another make`)
  const instance = decoder.foreign(() => decode(data))
  tell(instance)
  return instance
}

function readInstanceProperties(decoder: Decoder): object {
  return readProperties(decoder, Object.create(knownCodec(decoder).prototype))
}

function knownCodec(decoder: Decoder) {
  const name = decoder.text()
  const codec = codecNamed(name)
  if (codec !== undefined) return codec
  throw new DecodeError(
    `a value holds a ${name}, a class that nobody has registered in this process or thread. A task knows it if its module ` +
      `says registerCodec(${name}) (client.module), or the workers were started with a --preload that does.`,
  )
}
