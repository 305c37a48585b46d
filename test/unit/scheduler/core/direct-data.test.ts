import { expect, test } from 'vitest'
import { ALICE, BOB, CAROL, CLIENT, TableTop, workerInfo } from './table-top.js'

function network(role: 'scheduler' | 'center' = 'center'): TableTop {
  const t = new TableTop({ role })
  t.worker(ALICE)
  t.worker(BOB)
  return t
}

test('data that somebody put on a worker stays listed until it is deleted, with a scheduler too', () => {
  for (const role of ['center', 'scheduler'] as const) {
    const t = network(role)
    t.has(ALICE, ['x'], { replaces: true })
    t.has(BOB, ['x'])
    t.advance(2000)
    expect(t.core.whoHas(['x']).get('x')).toContain(ALICE)
    expect(t.told('free-keys')).toEqual([])
    t.push({ type: 'keys-deleted', keys: ['x'] })
    expect(t.told('free-keys').flatMap((m) => m.keys)).toContain('x')
    expect(t.states).toEqual({})
  }
})

test('who_has and has_what are each other turned round', () => {
  const t = network()
  t.has(ALICE, ['x', 'y'], { replaces: true })
  t.has(BOB, ['y'])
  expect(t.core.whoHas()).toEqual(
    new Map([
      ['x', [ALICE]],
      ['y', [ALICE, BOB]],
    ]),
  )
  expect(t.core.hasWhat()).toEqual(
    new Map([
      [ALICE, ['x', 'y']],
      [BOB, ['y']],
    ]),
  )
  expect(t.core.whoHas(['z'])).toEqual(new Map([['z', []]]))
  expect(t.core.ncores(['alice'])).toEqual(new Map([[ALICE, 1]]))
})

test('a new value makes older copies elsewhere void', () => {
  const t = network()
  t.has(ALICE, ['x'], { replaces: true })
  t.has(BOB, ['x'])
  t.has(BOB, ['x'], { replaces: true })
  expect(t.core.whoHas(['x']).get('x')).toEqual([BOB])
  expect(t.told('free-keys', ALICE)).toMatchObject([{ keys: ['x'] }])
})

test('a key of a graph is not overwritten: whoever did so is told to drop it', () => {
  const t = network('scheduler')
  t.client()
  t.graph({ a: [] })
  t.finish('a')
  const other = t.lastRun('a').worker === ALICE ? BOB : ALICE
  t.has(other, ['a'], { replaces: true })
  expect(t.told('free-keys', other)).toMatchObject([{ keys: ['a'] }])
  expect(t.core.whoHas(['a']).get('a')).toEqual([t.lastRun('a').worker])
})

test('a worker that comes back is believed as far as content agrees', () => {
  const t = network()
  t.hear(ALICE, { op: 'add-keys', keys: ['x'], nbytes: [1], replaces: true, hashes: ['aa'], stimulus_id: 's' })
  const holds = (hash: string) => new Map([['x', { nbytes: 1, hash }]])
  t.push({ type: 'worker-joined', worker: workerInfo('tcp://10.0.0.7:1', { holds: holds('aa') }) })
  t.push({ type: 'worker-joined', worker: workerInfo('tcp://10.0.0.8:1', { holds: holds('bb') }) })
  expect(t.core.whoHas(['x']).get('x')).toEqual([ALICE, 'tcp://10.0.0.7:1'])
  expect(t.told('free-keys', 'tcp://10.0.0.8:1')).toMatchObject([{ keys: ['x'] }])
})

test('a second worker of the same name is refused, and told who has it', () => {
  const t = network()
  t.push({ type: 'worker-joined', worker: workerInfo('tcp://10.0.0.7:1', { name: 'alice' }) })
  expect(t.out.at(-1)).toMatchObject({ do: 'worker-refused', reason: expect.stringContaining(ALICE) })
  expect(t.core.workerCount).toBe(2)
})

test('a center runs no tasks', () => {
  const t = network()
  t.client()
  t.graph({ a: [] })
  expect(t.heard('cancelled-keys')).toMatchObject([{ keys: ['a'], reason: 'bad-graph' }])
})

test('scattered data is its client’s, and goes when that lets it go', () => {
  const t = network('scheduler')
  t.client()
  t.push({ type: 'keys-added', worker: ALICE, keys: new Map([['x', 8]]), client: CLIENT })
  expect(t.heard('key-in-memory')).toMatchObject([{ key: 'x', who_has: [ALICE] }])
  t.release('x')
  expect(t.told('free-keys', ALICE)).toMatchObject([{ keys: ['x'] }])
})

test('after a restart nothing is left, and late reports are answered with free-keys', () => {
  const t = network('scheduler')
  t.client()
  t.graph({ a: [], b: ['a'] })
  const { worker, run_id } = t.lastRun('a')
  t.push({ type: 'restart' })
  expect(t.states).toEqual({})
  expect(t.heard('restart')).toHaveLength(1)
  expect(t.told('free-keys', worker)).toMatchObject([{ keys: ['a'] }])
  t.finish('a', { run_id })
  expect(t.states).toEqual({})
  t.graph({ c: [] })
  expect(t.states).toEqual({ c: 'processing' })
})

test('a copy of an overwritten value that arrives late does not count', () => {
  const t = new TableTop()
  t.worker(ALICE)
  t.worker(BOB)
  t.worker(CAROL)
  t.has(ALICE, ['a'], { replaces: true })
  t.push({ type: 'replicate', keys: ['a'], n: 2 })
  const copier = [BOB, CAROL].find((w) => t.told('acquire-replicas', w).length > 0) ?? ''
  const other = copier === BOB ? CAROL : BOB
  t.has(other, ['a'], { replaces: true })
  t.clear()
  t.has(copier, ['a'])
  expect(t.core.whoHas(['a']).get('a')).toEqual([other])
  expect(t.told('free-keys', copier)).toMatchObject([{ keys: ['a'] }])
  t.has(copier, ['a'])
  expect(t.core.whoHas(['a']).get('a')).toEqual([other, copier])
})
