import { createRequire } from 'node:module'
import * as arrow from 'apache-arrow'
import { beforeAll, describe, expect, test } from 'vitest'
import { DecodeError } from '../../../src/errors.js'
import { decode, prepareDecode } from '../../../src/values/decode.js'
import { encode } from '../../../src/values/encode.js'
import { Encoded } from '../../../src/values/encoded.js'

const N = 700
const column = <T>(make: (i: number) => T) => Array.from({ length: N }, (_, i) => make(i))

const tableOf = (copy: typeof arrow) =>
  copy.tableFromArrays({
    double: Float64Array.from({ length: N }, (_, i) => i / 7),
    small: Int8Array.from({ length: N }, (_, i) => i),
    big: BigInt64Array.from({ length: N }, (_, i) => BigInt(i) ** 3n),
    text: column((i) => (i % 5 === 0 ? null : `text ${i % 13}`)),
    flag: column((i) => i % 3 === 0),
    date: column((i) => new Date(i * 86_400_000)),
    list: column((i) => (i % 7 === 0 ? null : [i, i + 1])),
    nested: column((i) => ({ a: i, b: `b${i}` })),
  })

const table = tableOf(arrow)
const rows = (of: { toArray(): unknown[] }) => of.toArray().map(String)
const back = <T>(value: T) => decode(encode(value)) as T

beforeAll(() => prepareDecode(encode(table)))

describe('an Arrow table', () => {
  const TABLES: Record<string, () => arrow.Table> = {
    'of all kinds of columns': () => table,
    'sliced at an odd place': () => table.slice(13, 411),
    'of several batches': () => table.concat(table.slice(5, 9)) as arrow.Table,
    'that came as IPC': () => arrow.tableFromIPC(arrow.tableToIPC(table)),
    'of plain text': () => new arrow.Table({ s: arrow.vectorFromArray(['a', null, 'ccc'], new arrow.Utf8()) }),
    'of timestamps and decimals': () =>
      new arrow.Table({
        t: arrow.vectorFromArray([new Date(5), null], new arrow.TimestampMillisecond()),
        n: arrow.vectorFromArray([1, 2], new arrow.Uint16()),
      }),
    'of a union, a map and lists of a fixed size': () =>
      new arrow.Table({
        m: arrow.vectorFromArray(
          [new Map([['a', 1]]), null],
          new arrow.Map_(
            new arrow.Field(
              'entries',
              new arrow.Struct([
                new arrow.Field('key', new arrow.Utf8()),
                new arrow.Field('value', new arrow.Int32(), true),
              ]) as never,
            ),
          ),
        ),
        f: arrow.vectorFromArray(
          [
            [1, 2],
            [3, 4],
          ],
          new arrow.FixedSizeList(2, new arrow.Field('x', new arrow.Float32())),
        ),
      }),
    'without rows': () => table.slice(0, 0),
    'without columns': () => new arrow.Table(),
  }
  for (const [name, make] of Object.entries(TABLES)) {
    test(`${name} comes back`, () => {
      const made = make()
      const found = back({ made }).made
      expect(found).toBeInstanceOf(arrow.Table)
      expect(rows(found)).toEqual(rows(made))
      expect(String(found.schema)).toBe(String(made.schema))
      expect(found.numRows).toBe(made.numRows)
    })
  }

  test('works with the functions of the package', () => {
    const found = back(table)
    expect(rows(arrow.tableFromIPC(arrow.tableToIPC(found)))).toEqual(rows(table))
    expect(found.concat(table).numRows).toBe(2 * N)
    expect(found.select(['text']).getChild('text')?.get(1)).toBe('text 1')
  })

  test('keeps the metadata of schema and fields', () => {
    const field = new arrow.Field('x', new arrow.Int32(), false, new Map([['unit', 'mm']]))
    const schema = new arrow.Schema([field], new Map([['made by', 'us']]))
    const data = arrow.makeData({
      type: new arrow.Struct(schema.fields),
      length: 2,
      children: [arrow.makeData({ type: new arrow.Int32(), data: Int32Array.of(1, 2) })],
    })
    const found = back(new arrow.Table(schema, [new arrow.RecordBatch(schema, data)]))
    expect([found.schema.metadata, found.schema.fields[0]?.metadata, found.schema.fields[0]?.nullable]).toEqual([
      schema.metadata,
      field.metadata,
      false,
    ])
  })

  test('has each of its large buffers to itself, and copies none when decoded', () => {
    const encoded = encode(table)
    const found = decode(encoded) as typeof table
    const values = found.getChild('double')?.data[0]?.values as Float64Array
    expect(encoded.buffers.some((buffer) => buffer.buffer === values.buffer)).toBe(true)
    expect(encoded.buffers.filter((buffer) => buffer.byteLength === 8 * N).length).toBeGreaterThanOrEqual(2)
  })

  test('shares its memory when asked to', () => {
    const values = table.getChild('double')?.data[0]?.values as Float64Array
    const { buffers } = encode(table, { memory: 'share' })
    expect(buffers.some((buffer) => buffer.buffer === values.buffer)).toBe(true)
  })

  test('has the size of its buffers', () => {
    const one = new arrow.Table({ x: arrow.makeVector(new Float64Array(1000)) })
    expect(encode(one).nbytes).toBe(8000)
  })

  test('has the same bytes as an equal one, whatever was made before', () => {
    const one = encode(tableOf(arrow))
    arrow.vectorFromArray(['another', 'dictionary'])
    expect(encode(tableOf(arrow))).toEqual(one)
  })

  test('of another copy of the package travels the same', () => {
    const other = createRequire(import.meta.url)('apache-arrow') as typeof arrow
    const made = tableOf(other)
    expect(made.constructor).not.toBe(arrow.Table)
    expect(encode(made)).toEqual(encode(table))
    expect(rows(arrow.tableFromIPC(arrow.tableToIPC(back(made) as arrow.Table)))).toEqual(rows(table))
  })
})

test('a record batch and a vector come back', () => {
  const batch = table.batches[0] as arrow.RecordBatch
  const found = back({ batch, vector: table.getChild('text'), chunks: table.concat(table).getChild('list') })
  expect(found.batch).toBeInstanceOf(arrow.RecordBatch)
  expect(rows(found.batch)).toEqual(rows(batch))
  expect([...(found.vector ?? [])]).toEqual([...(table.getChild('text') ?? [])])
  expect([found.chunks?.length, String(found.chunks?.get(N + 1))]).toEqual([2 * N, '[1,2]'])
})

test('a table that occurs twice is one', () => {
  const [a, b] = back([table, table])
  expect(a === b).toBe(true)
})

test('bytes that claim to be a table are a DecodeError', () => {
  const { head, buffers } = encode(table)
  for (let at = 1; at < head.length; at += 7) {
    const changed = head.slice()
    changed[at] = (changed[at] as number) ^ 0x55
    try {
      decode(new Encoded(changed, buffers, 0))
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError)
    }
  }
})
