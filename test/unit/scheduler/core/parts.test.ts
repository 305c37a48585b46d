import { describe, expect, test } from 'vitest'
import type { FromClient, MapSpec } from '../../../../src/protocol/messages.js'
import { decode } from '../../../../src/values/decode.js'
import { encode } from '../../../../src/values/encode.js'
import { ALICE, CLIENT, mapSpec, OTHER, TableTop, taskSpec } from './table-top.js'

type Graph = FromClient['update-graph']

const CODE = { hash: 'code', kind: 'function' as const, name: 'f', body: '', externals: [] }

function network(options = {}): TableTop {
  const t = new TableTop(options)
  t.worker()
  t.client()
  return t
}

/** One part of a graph. */
function part(t: TableTop, more: Partial<Graph>): void {
  t.say({ op: 'update-graph', tasks: [], keys: [], code: [CODE], ...more })
}

function piece(start: number, length: number, more: Partial<MapSpec> = {}): MapSpec {
  return { ...mapSpec('m', length, more), start }
}

describe('a graph that comes in parts', () => {
  test('is taken in as a whole when its last part is here', () => {
    const t = network()
    part(t, { tasks: [taskSpec('b', ['a'])], more: true })
    part(t, { tasks: [taskSpec('a', [])], more: true })
    expect(t.states).toEqual({})
    expect(t.heard('ack')).toEqual([])
    part(t, { keys: ['b'] })
    expect(t.states).toEqual({ a: 'processing', b: 'waiting' })
    expect(t.heard('ack')).toMatchObject([{ seq: 3 }])
  })

  test('is refused as a whole', () => {
    const t = network()
    part(t, { tasks: [taskSpec('a', [])], more: true })
    part(t, { tasks: [taskSpec('b', ['nowhere'])], keys: ['a', 'b'] })
    expect(t.states).toEqual({})
    expect(t.heard('cancelled-keys')).toMatchObject([{ keys: ['a', 'b'], reason: 'lost-dependencies' }])
  })

  test('leaves nothing when its client goes away in between, and the next graph of that name begins anew', () => {
    const t = network()
    part(t, { tasks: [taskSpec('a', [])], keys: ['a'], more: true })
    t.push({ type: 'client-left', client: CLIENT, lost: true })
    t.client()
    part(t, { tasks: [taskSpec('b', [])], keys: ['b'] })
    expect(t.states).toEqual({ b: 'processing' })
  })

  test('is void if all is restarted in between, and what comes after it is not', () => {
    const t = network()
    part(t, { tasks: [taskSpec('a', [])], more: true })
    t.push({ type: 'restart' })
    part(t, { tasks: [taskSpec('b', [])], more: true })
    part(t, { tasks: [taskSpec('c', [])], keys: ['a', 'b', 'c'] })
    expect(t.states).toEqual({})
    part(t, { tasks: [taskSpec('d', [])], keys: ['d'] })
    expect(t.states).toEqual({ d: 'processing' })
    expect(t.heard('ack').at(-1)).toEqual({ op: 'ack', seq: 4 })
  })

  test('does not stand in the way of other clients', () => {
    const t = network()
    t.client(OTHER)
    part(t, { tasks: [taskSpec('a', [])], more: true })
    t.graph({ b: [] }, { client: OTHER })
    expect(t.states).toEqual({ b: 'processing' })
  })
})

describe('a map that comes in parts', () => {
  test('has the items that it would have in one', () => {
    const t = network({ workerSaturation: Number.POSITIVE_INFINITY })
    part(t, { maps: [piece(0, 2)], more: true })
    part(t, { maps: [piece(2, 3, { deps: new Map([[1, ['m-0']]]) })] })
    expect(t.states).toMatchObject({ 'm-0': 'processing', 'm-2': 'processing', 'm-3': 'waiting', 'm-4': 'processing' })
    expect(Object.keys(t.states)).toHaveLength(5)
  })

  test('is the same work as in one', () => {
    const t = network({ workerSaturation: Number.POSITIVE_INFINITY })
    t.client(OTHER)
    part(t, { maps: [piece(0, 2)], more: true })
    part(t, { maps: [piece(2, 2)] })
    t.map('m', 4, { client: OTHER })
    expect(t.heard('cancelled-keys', OTHER)).toEqual([])
    expect(t.core.task('m-3')?.wantedBy).toEqual([CLIENT, OTHER])
  })

  test('is refused as a whole, and a map beside it is not', () => {
    const t = network()
    part(t, { maps: [piece(0, 2)], apart: true, more: true })
    part(t, { maps: [piece(2, 1, { deps: new Map([[0, ['nowhere']]]) }), mapSpec('n', 1)], apart: true })
    expect(t.states).toEqual({ 'n-0': 'processing' })
    expect(t.heard('cancelled-keys').flatMap(({ keys }) => keys)).toEqual(['m-0', 'm-1', 'm-2'])
  })
})

test('small argument lists of a graph in parts are given to workers as they came, and large ones too', () => {
  const t = new TableTop()
  t.worker(ALICE, { nthreads: 4 })
  t.client()
  const args = [encode([1, 'two']), encode(['x'.repeat(1000)]), encode([new Uint8Array(5000)]), encode([3])]
  const tasks = args.map((one, i) => ({ ...taskSpec(`t${i}`, []), args: one }))
  part(t, { tasks: tasks.slice(0, 2), more: true })
  part(t, { tasks: tasks.slice(2), keys: tasks.map(({ key }) => key) })
  const sent = new Map(t.told('compute-task').map((message) => [message.key, decode(message.args)]))
  expect([...sent.keys()].sort()).toEqual(['t0', 't1', 't2', 't3'])
  for (const [i, one] of args.entries()) expect(sent.get(`t${i}`)).toEqual(decode(one))
})
