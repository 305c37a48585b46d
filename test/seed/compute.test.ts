/** The page's "Compute", row by row of the seed contract. */

import fc from 'fast-check'
import { rpc, type WorkerApi } from 'heddle'
import { expect, test } from 'vitest'
import { aliceAndBob, closing, expectTransposed, record, startCenter, startWorker, Toll } from './network.js'
import * as tasks from './tasks.js'

const add = (x: number, y: number) => x + y
const subtract = (x: number, y: number) => x - y
const zeros = (length: number) => new Uint8Array(length)

test('S14 a worker evaluates a function of the user’s on its data', async () => {
  const { alice } = await aliceAndBob()
  await alice.proxy.updateData({ data: { x: 1, y: 2 } })
  await alice.proxy.compute({ function: add, keys: ['x', 'y'], key: 'z' })
  expect(alice.worker.data.get('z')).toBe(3)
})

test('S14 a function of a user’s own file is evaluated with what it calls there', async () => {
  const { alice } = await aliceAndBob()
  await alice.proxy.updateData({ data: { x: 40, y: 2 } })
  const { key } = await alice.proxy.compute({ function: tasks.add, keys: ['x', 'y'] })
  expect(key).toMatch(/^add-/)
  expect(alice.worker.data.get(key)).toBe(42)
})

test('S15 what only a peer has is found and fetched without the caller’s help', async () => {
  const { alice, bob } = await aliceAndBob()
  await alice.proxy.updateData({ data: { x: 1 } })
  await bob.proxy.updateData({ data: { a: 41 } })
  await alice.proxy.compute({ function: add, keys: ['x', 'a'], key: 'z' })
  expect(alice.worker.data.get('z')).toBe(42)
})

test('S16 z <- add(x, y) uses no peer connection', async () => {
  const { alice } = await aliceAndBob()
  await alice.proxy.updateData({ data: { x: 1, y: 2 } })
  const events = record()
  await alice.proxy.compute({ function: add, keys: ['x', 'y'], key: 'z' })
  const asks = events.filter(({ kind }) => kind === 'ask').map(({ op }) => op)
  expect(asks.filter((op) => op !== 'ping' && op !== 'heartbeat_worker')).toEqual(['compute'])
})

test('S17 z <- add(x, a) takes one who_has and one get_data', async () => {
  const { alice, bob } = await aliceAndBob()
  await alice.proxy.updateData({ data: { x: 1 } })
  await bob.proxy.updateData({ data: { a: 2 } })
  const events = record()
  await alice.proxy.compute({ function: add, keys: ['x', 'a'], key: 'z' })
  const asks = events.filter(({ kind }) => kind === 'ask').map(({ op }) => op)
  expect(asks.filter((op) => op === 'who_has')).toHaveLength(1)
  expect(asks.filter((op) => op === 'get_data')).toHaveLength(1)
})

test('8 tasks that need one remote value cause one transfer', async () => {
  const { alice, bob } = await aliceAndBob({ nthreads: 2 })
  await bob.proxy.updateData({ data: { a: 2 } })
  const events = record()
  await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      alice.proxy.compute({ function: (a: number) => a * a, keys: ['a'], key: `z${i}` }),
    ),
  )
  const asks = events.filter(({ kind }) => kind === 'ask').map(({ op }) => op)
  expect(asks.filter((op) => op === 'get_data')).toHaveLength(1)
  expect(asks.filter((op) => op === 'who_has')).toHaveLength(1)
  expect(alice.worker.data.get('z7')).toBe(4)
})

test('S18, S19 the answer is small however large the result, which stays on the worker', async () => {
  const { alice } = await aliceAndBob()
  const toll = await Toll.before(alice.worker)
  const proxy = closing(rpc<WorkerApi>(toll))
  await proxy.ping()
  const before = toll.back
  const [response] = await proxy.compute({ function: (n: number) => new Uint8Array(n), args: [100e6], key: 'big' })
  expect(response).toBe('OK')
  expect(toll.back - before).toBeLessThan(1000)
  expect(alice.worker.data.has('big')).toBe(true)
  expect((await alice.proxy.keys()).includes('big')).toBe(true)
})

test('S20 the answer is taken apart as a pair or by name; keys are arguments in their order', async () => {
  const { alice } = await aliceAndBob()
  await alice.proxy.updateData({ data: { x: 1, y: 10 } })
  const [response, metadata] = await alice.proxy.compute({ function: subtract, keys: ['y', 'x'], key: 'forth' })
  const { status, key } = await alice.proxy.compute({ function: subtract, keys: ['x', 'y'], key: 'back' })
  expect([response, status, key]).toEqual(['OK', 'OK', 'back'])
  expect(metadata.nbytes).toBeGreaterThan(0)
  expect([alice.worker.data.get('forth'), alice.worker.data.get('back')]).toEqual([9, -9])
})

test('S20 a key is made up when none is given', async () => {
  const { alice } = await aliceAndBob()
  await alice.proxy.updateData({ data: { x: 1, y: 2 } })
  const { key } = await alice.proxy.compute({ function: add, keys: ['x', 'y'] })
  expect(key).toMatch(/^add-/)
  expect(alice.worker.data.get(key)).toBe(3)
})

test('S21, S22 the response is OK, and the metadata has the size of the result and its times', async () => {
  const { alice } = await aliceAndBob()
  const [response, metadata] = await alice.proxy.compute({ function: zeros, args: [1024], key: 'z' })
  expect(response).toBe('OK')
  expect(metadata.nbytes).toBe(1024)
  expect(metadata).toMatchObject({ thread: 0, type: 'Uint8Array' })
  expect(metadata.stop).toBeGreaterThan(metadata.start)
  expect(Math.abs(metadata.stop - Date.now())).toBeLessThan(10_000)
})

test('S23 the center knows of a result also when somebody else asked for it', async () => {
  const { center, alice, ask } = await aliceAndBob()
  const stranger = closing(rpc<WorkerApi>(alice.address))
  await stranger.compute({ function: () => 1, args: [], key: 'z' })
  expect(center.whoHas.get('z')).toEqual(new Set([alice.address]))
  expect({ ...(await ask.whoHas({ keys: ['z', 'nobody'] })) }).toEqual({ z: [alice.address], nobody: [] })
})

test('S24 after anything that happens, who_has and has_what are each other’s transpose', async () => {
  const { center, alice, bob } = await aliceAndBob()
  const workers = [alice, bob]
  const key = fc.constantFrom('a', 'b', 'c')
  const step = fc.tuple(fc.constantFrom('put', 'delete', 'gather', 'compute'), fc.nat(1), key)
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      for (const [what, who, name] of steps) {
        const { proxy } = workers[who]!
        if (what === 'put') await proxy.updateData({ data: { [name]: Math.random() } })
        else if (what === 'delete') await proxy.deleteData({ keys: [name] })
        else if (what === 'gather') await proxy.gather({ keys: [name] })
        else await proxy.compute({ function: () => 1, args: [], key: name })
        expectTransposed(center)
      }
      // Copies that became void are dropped a moment later.
      await expect
        .poll(() => workers.map(({ worker }) => [...worker.data.keys()].sort()))
        .toEqual(workers.map(({ address }) => [...(center.hasWhat.get(address) ?? [])].sort()))
    }),
    { numRuns: 15 },
  )
})

test('S25, S13 100 MB move from worker to worker, and next to nothing passes the center', async () => {
  const center = await startCenter()
  const toll = await Toll.before(center)
  const alice = await startWorker(toll, 'alice')
  const bob = await startWorker(toll, 'bob')
  await bob.proxy.updateData({ data: { a: new Uint8Array(100e6) } })
  await alice.proxy.compute({ function: (a: Uint8Array) => a.length, keys: ['a'], key: 'n' })
  expect(alice.worker.data.get('n')).toBe(100e6)
  expect(center.whoHas.get('a')).toEqual(new Set([alice.address, bob.address]))
  const passed = toll.there + toll.back
  expect(passed).toBeGreaterThan(100)
  expect(passed).toBeLessThan(1e6)
})

test('S28 a holder that is dead is tolerated: the next is tried', async () => {
  const { center, alice, bob } = await aliceAndBob()
  await bob.proxy.updateData({ data: { a: 1 } })
  const whoHas = { a: ['tcp://127.0.0.1:1', bob.address] }
  await alice.proxy.compute({ function: (a: number) => a + 1, keys: ['a'], key: 'z', whoHas })
  expect(alice.worker.data.get('z')).toBe(2)
  expect(center.whoHas.get('z')).toEqual(new Set([alice.address]))
})

test('S28 an input that nobody has is named', async () => {
  const { alice } = await aliceAndBob()
  await expect(alice.proxy.compute({ function: add, keys: ['x', 'nowhere'] })).rejects.toThrow('nowhere')
})

test('S49 a key is active while it is computed, and not after, also when the function throws', async () => {
  const { alice } = await aliceAndBob()
  const computing = alice.proxy.compute({
    function: () => {
      const end = Date.now() + 200
      while (Date.now() < end);
      throw new RangeError('not today')
    },
    args: [],
    key: 'z',
  })
  computing.catch(() => {})
  await expect.poll(() => [...alice.worker.active], { interval: 5 }).toEqual(['z'])
  await expect(computing).rejects.toThrow(RangeError)
  expect(alice.worker.active.size).toBe(0)
  expect(alice.worker.data.has('z')).toBe(false)
})
