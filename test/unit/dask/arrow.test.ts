import { readFileSync } from 'node:fs'
import { RecordBatch, Table, tableFromArrays, tableFromIPC, Vector } from 'apache-arrow'
import { beforeAll, describe, expect, test } from 'vitest'
import { readPickle } from '../../../src/dask/pickle/read.js'
import { PyObject } from '../../../src/dask/python.js'
import { fromPython } from '../../../src/dask/values/from-python.js'
import { packDask, unpackDask } from '../../../src/dask/wire/codec.js'
import { readPlain, writePlain } from '../../../src/dask/wire/plain.js'
import { asEncoded, learnFamily, serializedOf } from '../../../src/dask/wire/serialized.js'
import { DecodeError } from '../../../src/errors.js'
import { importArrow } from '../../../src/values/arrow-module.js'
import { decode } from '../../../src/values/decode.js'
import { encode } from '../../../src/values/encode.js'
import type { Encoded } from '../../../src/values/encoded.js'

interface Golden {
  message: string[]
  pickle: string
  buffers: string[]
}

interface Opened extends Omit<Golden, 'message'> {
  columns: Record<string, unknown[]>
  inline: Omit<Golden, 'message'>
}

const golden: {
  opened: Record<string, Opened>
  tables: Record<string, Golden>
  batch: Golden
  array: Golden
  inside: string[]
  frames: Record<string, string[]>
} = JSON.parse(readFileSync(new URL('./fixtures/arrow.json', import.meta.url), 'utf8'))

type Message = Map<string, unknown>

const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, 'base64'))
const valueIn = (message: string[]) => (unpackDask(message.map(bytes)) as Message).get('value') as Encoded
const pickled = ({ pickle, buffers }: Golden) => fromPython(readPickle(bytes(pickle), buffers.map(bytes)))
const tableIn = (name: string) => golden.tables[name] as Golden
const streamOf = (name: string) => bytes(tableIn(name).message.at(-1) as string)

/** As a Dask node would get it, opened again. */
function there(value: unknown): unknown {
  const message = unpackDask(packDask({ value: encode(value) })) as Message
  return decode(message.get('value') as Encoded)
}

function rows(table: Table | RecordBatch): string {
  const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)
  const fields = table.schema.fields.map(({ name, type, nullable }) => `${name}: ${type}${nullable}`)
  return `${fields} ${JSON.stringify(table.toArray(), plain)}`
}

const asNumber = (value: unknown) => (typeof value === 'bigint' ? Number(value) : value)

beforeAll(async () => {
  learnFamily()
  await importArrow()
})

describe.each(Object.keys(golden.tables))('a table of pyarrow: %s', (name) => {
  test('is the table that apache-arrow reads from its stream', () => {
    expect(rows(decode(valueIn(tableIn(name).message)) as Table)).toBe(rows(tableFromIPC(streamOf(name))))
  })

  test('is the same inside a pickle', () => {
    const [table] = pickled(tableIn(name)) as [Table]
    expect(rows(table)).toBe(rows(tableFromIPC(streamOf(name))))
  })

  test('can be sent on, alone and inside other values', () => {
    const table = decode(valueIn(tableIn(name).message)) as Table
    expect(rows(there(table) as Table)).toBe(rows(table))
    const message = unpackDask(packDask({ value: encode({ table }) })) as Message
    expect(decode(message.get('value') as Encoded)).toMatchObject({ table: expect.any(Object) })
  })
})

test('a table is a view of the bytes that came', () => {
  const { header, frames } = serializedOf(encode(tableFromArrays({ n: new Float64Array(10_000) })))
  const whole = new Uint8Array(Buffer.concat(frames))
  const fields = new Map(readPlain(header) as Message)
  for (const name of ['split-num-sub-frames', 'split-offsets']) fields.delete(name)
  const table = decode(asEncoded({ header: writePlain(fields), frames: [whole] })) as Table
  expect(table.getChild('n')?.data[0]?.values.buffer).toBe(whole.buffer)
})

test('a large column leaves from where it is', () => {
  const column = new Float64Array(10_000).fill(2)
  const value = encode(tableFromArrays({ column }))
  const frames = packDask({ value })
  const sent = frames.find((frame) => frame.byteLength === column.byteLength)
  expect(value.buffers.map((buffer) => buffer.buffer)).toContain(sent?.buffer)
})

test('batches and columns arrive as such', () => {
  const batch = decode(valueIn(golden.batch.message)) as RecordBatch
  expect(batch).toBeInstanceOf(RecordBatch)
  expect(rows(pickled(golden.batch) as RecordBatch)).toBe(rows(batch))
  expect(rows(there(batch) as RecordBatch)).toBe(rows(batch))
  const vector = decode(valueIn(golden.array.message)) as Vector
  expect(vector).toBeInstanceOf(Vector)
  expect(vector.toJSON()).toEqual([null, 3n])
})

test('tables are found at any depth', () => {
  const { name, parts } = decode(valueIn(golden.inside)) as { name: string; parts: [Table, { deep: Table }] }
  expect(name).toBe('both')
  expect([parts[0].numRows, parts[1].deep.numRows]).toEqual([3, 3])
})

test.each(Object.keys(golden.frames))(
  'a frame of pandas (%s) that holds other things is a record that says its class',
  (name) => {
    const frame = decode(valueIn(golden.frames[name] as string[]))
    expect(frame).toBeInstanceOf(PyObject)
    expect((frame as PyObject).maker).toMatch(/^pandas\./)
  },
)

describe.each(Object.keys(golden.opened))('a frame of pandas, %s, is a table', (name) => {
  const { columns, inline, ...beside } = golden.opened[name] as Opened

  test.each(Object.entries({ inline, beside }))('with its memory %s', (_, { pickle, buffers }) => {
    const table = fromPython(readPickle(bytes(pickle), buffers.map(bytes))) as Table
    expect(table).toBeInstanceOf(Table)
    const found = table.schema.fields.map((field) => [
      field.name,
      [...(table.getChild(field.name) ?? [])].map(asNumber),
    ])
    expect(Object.fromEntries(found)).toEqual(columns)
  })
})

describe('a stream that lies', () => {
  const stream = streamOf('nested')

  function open(damaged: Uint8Array<ArrayBuffer>): unknown {
    const { message } = tableIn('nested')
    const frames = message.map(bytes)
    frames[frames.length - 1] = damaged
    return decode((unpackDask(frames) as Message).get('value') as Encoded)
  }

  /** Rows; undefined: it is an error. */
  function rowsOf(damaged: Uint8Array<ArrayBuffer>): number | undefined {
    try {
      return (open(damaged) as Table).numRows
    } catch (error) {
      if (error instanceof DecodeError) return undefined
      throw error
    }
  }

  test('and ends early is an error, but for its last mark', () => {
    for (let length = 0; length < stream.byteLength; length += 7)
      expect([undefined, 0, 3]).toContain(rowsOf(stream.subarray(0, length)))
  })

  test.each([0, 127, 255])('with a byte that is %s is an error or a table', (wrong) => {
    for (let at = wrong % 3; at < stream.byteLength; at += 3) {
      const damaged = Uint8Array.from(stream)
      damaged[at] = wrong
      expect(rowsOf(damaged) ?? 0).toBeLessThan(100)
    }
  })
})
