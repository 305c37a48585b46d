import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../../src/errors.js'
import { decode } from '../../src/values/decode.js'
import { encode, encodeWithRefs } from '../../src/values/encode.js'
import { Encoded } from '../../src/values/encoded.js'
import { FUTURE_KEY } from '../../src/values/future-ref.js'
import { hashOf } from '../../src/values/hash.js'

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.string({ minLength: 30, maxLength: 300 }))
/** Lone surrogates, too. */
const anyUnits = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units))

const primitive = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -0, Number.NaN, null, undefined, true, false, 2 ** 53, -(2 ** 31) - 1),
  fc.bigInt(),
  text,
  anyUnits,
)

const buffer = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.float64Array({ maxLength: 20 }),
  fc.int16Array(),
  fc.bigUint64Array({ maxLength: 5 }),
  fc.uint8Array({ minLength: 4090, maxLength: 4100, size: 'max' }),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => bytes.buffer),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
)

const { value } = fc.letrec<{ value: unknown; inner: unknown }>((tie) => ({
  inner: fc.oneof({ depthSize: 'small', withCrossShrink: true }, primitive, tie('value')),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    primitive,
    buffer,
    fc.date({ noInvalidDate: true }),
    fc.array(tie('inner')),
    fc.array(fc.double(), { minLength: 14, maxLength: 40 }),
    fc.sparseArray(tie('inner')),
    fc.dictionary(text, tie('inner'), { noNullPrototype: false }),
    fc.record({ a: tie('inner'), b: tie('inner') }),
    fc.record({ b: tie('inner'), a: tie('inner'), __proto__: fc.constant(null) }, { noNullPrototype: false }),
    fc.array(fc.tuple(tie('inner'), tie('inner'))).map((entries) => new Map(entries)),
    fc.array(tie('inner')).map((values) => new Set(values)),
    fc.record({ message: text, cause: tie('inner') }).map(({ message, cause }) => new RangeError(message, { cause })),
  ),
}))

/** With objects that occur again. */
const sharing = fc
  .tuple(fc.array(value, { minLength: 1, maxLength: 5 }), fc.array(fc.nat(), { maxLength: 10 }))
  .map(([values, picks]) => [values, ...picks.map((pick) => values[pick % values.length])])

const runs = (numRuns: number) => ({ numRuns })

describe('any value', () => {
  test('comes back exactly', () => {
    fc.assert(
      fc.property(value, (made) => {
        expect(decode(encode(made))).toStrictEqual(made)
      }),
      runs(300),
    )
  })

  test('comes back with its objects shared as they were', () => {
    fc.assert(
      fc.property(sharing, (made) => {
        const [values, ...again] = made as [unknown[], ...unknown[]]
        const [foundValues, ...found] = decode(encode(made)) as [unknown[], ...unknown[]]
        again.forEach((one, i) => {
          const at = values.indexOf(one)
          if (at >= 0) expect(Object.is(found[i], foundValues[at])).toBe(true)
        })
        expect(foundValues).toStrictEqual(values)
      }),
      runs(150),
    )
  })

  test('has the same bytes every time, also when it came over the wire', () => {
    fc.assert(
      fc.property(value, (made) => {
        const encoded = encode(made)
        expect(encode(made)).toEqual(encoded)
        const again = encode(decode(encoded))
        expect(hashOf(again)).toBe(hashOf(encoded))
      }),
      runs(150),
    )
  })

  test('has another hash than another value', () => {
    fc.assert(
      fc.property(primitive, primitive, (a, b) => {
        expect(hashOf(encode([a])) === hashOf(encode([b]))).toBe(Object.is(a, b))
      }),
      runs(150),
    )
  })

  test('holds references where futures stood', () => {
    const future = fc.constantFrom('a', 'b', 'c').map((key) => ({ [FUTURE_KEY]: key }))
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            value,
            future,
            future.map((one) => ({ one })),
          ),
        ),
        (made) => {
          const { encoded, refs } = encodeWithRefs(made)
          const asked: string[] = []
          const resolve = (key: string) => {
            asked.push(key)
            return key
          }
          const found = decode(encoded, { resolve }) as unknown[]
          expect(asked).toEqual(refs)
          expect(found).toHaveLength(made.length)
        },
      ),
      runs(300),
    )
  })
})

/** A value or a DecodeError: nothing else may come of bytes. */
function decodeSafely(encoded: Encoded): void {
  try {
    decode(encoded, { resolve: (key) => key })
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError)
  }
}

describe('bytes that are no value', () => {
  test('at random are a DecodeError, or happen to be one', () => {
    const head = fc.tuple(fc.integer({ min: 0x10, max: 0x2f }), fc.uint8Array({ maxLength: 60 }))
    fc.assert(
      fc.property(head, ([family, rest]) => decodeSafely(new Encoded(Uint8Array.of(family, ...rest), [], 0))),
      runs(1500),
    )
  })

  test('cut short, changed in places or with other buffers are a DecodeError, or another value', () => {
    const change = fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) })
    fc.assert(
      fc.property(value, fc.array(change, { maxLength: 4 }), fc.nat(), (made, changes, cut) => {
        const { head, buffers } = encode(made)
        const changed = head.slice()
        for (const { at, to } of changes) changed[at % changed.length] = to
        decodeSafely(new Encoded(changed, buffers, 0))
        decodeSafely(new Encoded(changed.subarray(0, cut % changed.length), buffers, 0))
        decodeSafely(new Encoded(head, buffers.slice(1), 0))
      }),
      runs(300),
    )
  })
})
