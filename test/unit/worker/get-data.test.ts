import { expect, test } from 'vitest'
import { Encoded } from '../../../src/values/encoded.js'
import { Outgoing } from '../../../src/worker/get-data.js'
import { COLLECTED } from '../../../src/worker/store/memory.js'
import { Store } from '../../../src/worker/store/store.js'

const FAR = 'tcp://10.0.0.9:1'
const NEAR = 'tcp://10.0.0.1:2'

function value(bytes = 8): Encoded {
  return new Encoded(new Uint8Array(2), [new Uint8Array(bytes)], bytes)
}

/** A worker that serves, with transfers that end when told to. */
class Table {
  readonly store = new Store()
  readonly held = new Map<Encoded, number>()
  readonly written: (() => void)[] = []
  paused = false
  readonly outgoing = new Outgoing({
    store: this.store,
    host: '10.0.0.1',
    isPaused: () => this.paused,
    maxLoadedBytes: 100,
    memory: {
      ...COLLECTED,
      retain: (encoded) => void this.held.set(encoded, (this.held.get(encoded) ?? 0) + 1),
      release: (encoded) => void this.held.set(encoded, this.held.get(encoded)! - 1),
    },
  })

  get(who: string, ...keys: string[]) {
    return this.outgoing.serve({ keys, who }, { peer: who, onWritten: (callback) => this.written.push(callback) })
  }
}

test('keys that are not here are absent', async () => {
  const t = new Table()
  const x = value()
  t.store.put('x', x)
  expect(await t.get(FAR, 'x', 'y')).toEqual({ status: 'OK', data: new Map([['x', x]]) })
})

test('ten transfers at once to other hosts, twenty to this one, then it is busy', async () => {
  const t = new Table()
  t.store.put('x', value())
  for (let i = 0; i < 10; i++) expect(await t.get(FAR, 'x')).toMatchObject({ status: 'OK' })
  expect(await t.get(FAR, 'x')).toEqual({ status: 'busy', data: new Map() })
  for (let i = 0; i < 10; i++) expect(await t.get(NEAR, 'x')).toMatchObject({ status: 'OK' })
  expect(await t.get(NEAR, 'x')).toMatchObject({ status: 'busy' })
  for (const end of t.written.splice(0, 11)) end()
  expect(await t.get(FAR, 'x')).toMatchObject({ status: 'OK' })
  expect([t.outgoing.count, t.outgoing.bytes]).toEqual([21, 110])
})

test('one at a time while the worker is paused', async () => {
  const t = new Table()
  t.paused = true
  expect(await t.get(NEAR, 'x')).toMatchObject({ status: 'OK' })
  expect(await t.get(NEAR, 'x')).toMatchObject({ status: 'busy' })
})

test('a value that is on its way out is held until it is written, also when it is deleted meanwhile', async () => {
  const t = new Table()
  const x = value()
  t.store.put('x', x)
  await t.get(FAR, 'x', 'x')
  t.store.delete('x')
  expect(t.held.get(x)).toBe(1)
  t.written[0]!()
  expect(t.held.get(x)).toBe(0)
})

test('a value on disk is loaded; one that comes when nobody waits any more is not held', async () => {
  const t = new Table()
  const x = value()
  t.store.has = () => true
  t.store.load = async () => x
  expect(await t.get(FAR, 'x')).toEqual({ status: 'OK', data: new Map([['x', x]]) })
  t.written[0]!()
  const late = t.get(FAR, 'x')
  t.written[1]!()
  await late
  expect(t.held.get(x)).toBe(0)
})

test('for slow readers no more is read from disk than there is room for; one may always read, and memory serves all', async () => {
  const t = new Table()
  const disk = new Map(['a', 'b', 'c'].map((key) => [key, value(60)]))
  t.store.put('x', value(1000))
  const { has } = t.store
  t.store.has = (key) => disk.has(key) || has.call(t.store, key)
  t.store.sizeOf = (key) => disk.get(key)?.size ?? 0
  t.store.load = async (key) => disk.get(key)
  expect(await t.get(FAR, 'a', 'b')).toMatchObject({ status: 'OK' })
  expect(await t.get(FAR, 'c')).toEqual({ status: 'busy', data: new Map() })
  expect(await t.get(FAR, 'x')).toMatchObject({ status: 'OK' })
  t.written[0]!()
  expect(await t.get(FAR, 'c')).toEqual({ status: 'OK', data: new Map([['c', disk.get('c')]]) })
})
