import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readPickle } from '../../src/dask/pickle/read.js'
import { writePickle } from '../../src/dask/pickle/write.js'
import { fromPython } from '../../src/dask/values/from-python.js'
import { toPython } from '../../src/dask/values/to-python.js'
import { CloneError, DecodeError } from '../../src/errors.js'

/** As many as HEDDLE_FUZZ says: a million and more by hand, fewer by default. */
const RUNS = Number(process.env.HEDDLE_FUZZ ?? 3000)

const golden: Record<string, Record<string, { pickle: string }>> = JSON.parse(
  readFileSync(new URL('../unit/dask/fixtures/pickles.json', import.meta.url), 'utf8'),
)
const PICKLES = Object.values(golden)
  .flatMap((forms) => Object.values(forms))
  .map(({ pickle }) => Buffer.from(pickle, 'base64'))
  .filter(({ length }) => length < 1000)

/** Reads, opens and writes again: the only thing that may happen is one of our errors. */
function survives(bytes: Uint8Array): void {
  try {
    const value = readPickle(bytes, [new Uint8Array(16)])
    fromPython(value)
    writePickle(value, toPython)
  } catch (error) {
    if (!(error instanceof DecodeError || error instanceof CloneError)) throw error
  }
}

/** What Python and TypeScript both have; `undefined` and -0 in keys aside. */
const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(
      fc.boolean(),
      fc.constant(null),
      fc.double(),
      fc.maxSafeInteger(),
      fc.bigInt(),
      fc.string({ unit: 'binary' }),
    ),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 8 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 5, noNullPrototype: true }),
    fc.uniqueArray(fc.integer(), { maxLength: 5 }).map((items) => new Set(items)),
  ),
})).value

test('every plain value comes back as it was written', () => {
  fc.assert(
    fc.property(plain, (value) => {
      const { bytes, buffers } = writePickle(value, toPython)
      const memory = buffers.map((buffer) => buffer.bytes)
      expect(small(fromPython(readPickle(bytes, memory)))).toEqual(small(value))
    }),
    { numRuns: Math.min(RUNS, 3000) },
  )
})

/** Bigints that a number can say are numbers in TypeScript, since Python has one kind of integer. */
function small(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (Array.isArray(value)) return value.map(small)
  if (typeof value !== 'object' || value === null || value instanceof Set || value instanceof Uint8Array) return value
  return Object.entries(value).map(([name, item]) => [name, small(item)])
}

test('any bytes are a value or one error', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), survives), { numRuns: RUNS })
})

test('any sequence of instructions is a value or one error', () => {
  const codes = [0x28, 0x29, 0x30, 0x31, 0x32, 0x4e, 0x52, 0x5d, 0x61, 0x62, 0x64, 0x65, 0x6c, 0x73, 0x74, 0x75, 0x7d]
  const modern = [0x81, 0x85, 0x86, 0x87, 0x88, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94, 0x97, 0x98]
  const program = fc.array(
    fc.oneof(fc.constantFrom(...codes, ...modern), fc.constant([0x68, 0]), fc.constant([0x8c, 1, 97])),
    {
      maxLength: 120,
    },
  )
  fc.assert(
    fc.property(program, (parts) => survives(Uint8Array.from([...parts.flat(), 0x2e]))),
    { numRuns: RUNS },
  )
})

test('a pickle of Python’s with some bytes changed is a value or one error', () => {
  const change = fc.tuple(fc.nat(999), fc.nat(255))
  const input = fc.tuple(fc.nat(PICKLES.length - 1), fc.array(change, { minLength: 1, maxLength: 6 }))
  fc.assert(
    fc.property(input, ([which, changes]) => {
      const bytes = Uint8Array.from(PICKLES[which] as Buffer)
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte
      survives(bytes)
    }),
    { numRuns: RUNS },
  )
})
