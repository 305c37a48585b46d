import v8 from 'node:v8'
import { Packr, Unpackr } from 'msgpackr'
import { decode } from '../../src/values/decode.js'
import { encode } from '../../src/values/encode.js'
import { hashOf } from '../../src/values/hash.js'

// What a value costs on its way: ns per encode and decode, beside v8.serialize and msgpackr (which keep less).
const VALUES: Record<string, unknown> = {
  '[1]': [1],
  "['x', 3.5, true]": ['x', 3.5, true],
  'small object': [{ name: 'abc', id: 5, tags: ['a', 'b'] }, 3.5],
  'Uint8Array(100)': new Uint8Array(100),
  'Float64Array(1e5)': new Float64Array(1e5),
  '1e4 rows': Array.from({ length: 1e4 }, (_, id) => ({ id, name: `row ${id}`, value: id * 1.5, ok: true, tag: null })),
  '1e5 floats': Array.from({ length: 1e5 }, (_, i) => i * 1.5),
  '1e4 strings': Array.from({ length: 1e4 }, (_, i) => `the string of number ${i}`),
  '1e4 points': Array.from({ length: 1e4 }, (_, i) => [i, i / 7]),
  'Map of 1e4': new Map(Array.from({ length: 1e4 }, (_, i) => [`key-${i}`, i])),
}

const packr = new Packr({ structuredClone: true, moreTypes: true })
const unpackr = new Unpackr({ structuredClone: true, moreTypes: true })

function nanoseconds(run: () => unknown): string {
  let count = 1
  let elapsed = 0
  while (elapsed < 100) {
    count *= 2
    const start = performance.now()
    for (let i = 0; i < count; i++) run()
    elapsed = performance.now() - start
  }
  return String(Math.round((elapsed * 1e6) / count)).padStart(10)
}

console.log(`${''.padEnd(20)}    encode    decode      hash  v8 write   v8 read msgpackr w          r`)
for (const [name, value] of Object.entries(VALUES)) {
  const encoded = encode(value)
  const ofV8 = v8.serialize(value)
  const packed = packr.pack(value)
  const times = [
    () => encode(value),
    () => decode(encoded),
    () => hashOf(encoded),
    () => v8.serialize(value),
    () => v8.deserialize(ofV8),
    () => packr.pack(value),
    () => unpackr.unpack(packed),
  ].map(nanoseconds)
  console.log(name.padEnd(20), times.join(''))
}
