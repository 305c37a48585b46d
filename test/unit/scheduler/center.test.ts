import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Center } from '../../../src/scheduler/center.js'
import { ask, FakeWorker, METRICS, QUIET, until } from './fake-peers.js'

let center: Center
const lines: string[] = []
const workers: FakeWorker[] = []

async function join(more: Parameters<typeof FakeWorker.join>[1] = {}): Promise<FakeWorker> {
  const worker = await FakeWorker.join(center.address, more)
  workers.push(worker)
  return worker
}

/** Every holder of a key has it, and every key that a worker has is held by it. */
function expectTransposed(): void {
  for (const [key, holders] of center.whoHas) for (const w of holders) expect(center.hasWhat.get(w)).toContain(key)
  for (const [w, keys] of center.hasWhat) for (const key of keys) expect(center.whoHas.get(key)).toContain(w)
}

beforeEach(async () => {
  lines.length = 0
  center = new Center('127.0.0.1', 0, { validate: true, logger: QUIET, print: (line) => lines.push(line) })
  await center.start()
})

afterEach(async () => {
  await center.close()
  await Promise.all(workers.splice(0).map((worker) => worker.close()))
  await center.finished
})

describe('a center', () => {
  test('S59: has the ip and port it was given, and does not listen before it is started', async () => {
    const c = new Center('127.0.0.1', 8787)
    expect([c.ip, c.host, c.port, c.address]).toEqual(['127.0.0.1', '127.0.0.1', 8787, 'tcp://127.0.0.1:8787'])
    await c.close()
    await expect(c.start()).rejects.toMatchObject({ code: 'HEDDLE_CLOSED' })
  })

  test('S59, S63: has the port that was really taken, and says so when it listens', async () => {
    expect(center.port).toBeGreaterThan(0)
    expect(lines).toEqual([`Start center at 127.0.0.1:${center.port}`])
    expect(await ask(center.address, 'identity')).toMatchObject({ type: 'Center', address: center.address })
    expect(await center.start()).toBe(center)
    expect(lines).toHaveLength(1)
  })

  test('a port in use rejects with the code of the system', async () => {
    const second = new Center('127.0.0.1', center.port)
    await expect(second.start()).rejects.toMatchObject({ cause: { code: 'EADDRINUSE' } })
    await second.close()
  })

  test('refuses an unknown option, and a host that others can reach', () => {
    expect(() => new Center('127.0.0.1', 0, { prnt: () => {} } as never)).toThrow('prnt')
    expect(() => new Center('0.0.0.0', 0)).toThrow('insecure')
    expect(() => new Center('127.0.0.1', 0, { workerTtl: '3 weeks' as never })).toThrow('workerTtl')
  })

  test('S2: takes workers in, with what they say of themselves', async () => {
    const alice = await join({ name: 'alice', nthreads: 4 })
    expect(alice.reply).toMatchObject({ status: 'OK', heartbeat: 500 })
    expect(alice.reply.epoch).toBeGreaterThan(0)
    expect(center.ncores.get(alice.address)).toBe(4)
    expect(center.workerInfo.get(alice.address)).toMatchObject({ name: 'alice', status: 'running', nbytes: 0 })
    expect(center.workers()).toHaveProperty([alice.address, 'name'], 'alice')
  })

  test('S42: refuses a second worker of the same name, with the reason', async () => {
    await join({ name: 'alice' })
    await expect(join({ name: 'alice' })).rejects.toMatchObject({ code: 'HEDDLE_REGISTRATION' })
    await expect(join({ name: 'alice' })).rejects.toThrow(/alice/)
    expect(center.ncores.size).toBe(1)
  })

  test('S24: knows who has what, and the other way round', async () => {
    const [alice, bob] = [await join(), await join()]
    alice.holds('x', 'y')
    bob.holds('y')
    await until(() => center.whoHas.get('y')?.size === 2)
    expectTransposed()
    expect([...(center.hasWhat.get(alice.address) ?? [])].sort()).toEqual(['x', 'y'])
    alice.stream.send({ op: 'release-worker-data', keys: ['y'], stimulus_id: 'test' })
    await until(() => center.whoHas.get('y')?.size === 1)
    expectTransposed()
    expect(center.whoHas.get('nothing')).toBeUndefined()
    expect(center.whoHas.has('__proto__')).toBe(false)
  })

  test('its views are live Maps that show the present, in a console too', async () => {
    const view = center.whoHas
    const alice = await join()
    alice.holds('x')
    await until(() => view.has('x'))
    expect(new Map(view)).toEqual(new Map([['x', new Set([alice.address])]]))
    expect(inspect(view)).toContain(alice.address)
    expect([view.size, [...view.keys()], [...view.values()].length]).toEqual([1, ['x'], 1])
    expect(() => (view as Map<string, never>).set('y', undefined as never)).toThrow(TypeError)
  })

  test('answers who_has, has_what and ncores, for all or for some', async () => {
    const alice = await join({ name: 'alice', nthreads: 2 })
    const bob = await join({ name: 'bob' })
    alice.holds('x')
    await until(() => center.whoHas.has('x'))
    expect(await ask(center.address, 'who_has', { keys: ['x', 'nothing'] })).toEqual({
      status: 'OK',
      who_has: new Map([
        ['x', [alice.address]],
        ['nothing', []],
      ]),
    })
    expect(await ask(center.address, 'who_has')).toMatchObject({ who_has: new Map([['x', [alice.address]]]) })
    expect(await ask(center.address, 'has_what', { keys: ['alice', 'carol'] })).toMatchObject({
      has_what: new Map([[alice.address, ['x']]]),
    })
    expect(await ask(center.address, 'ncores')).toMatchObject({
      ncores: new Map([
        [alice.address, 2],
        [bob.address, 1],
      ]),
    })
    const { workers: shown } = await ask<{ workers: Map<string, unknown> }>(center.address, 'workers')
    expect(shown.get(bob.address)).toMatchObject({ name: 'bob', nthreads: 1 })
  })

  test('a third party adds keys and takes them away', async () => {
    const alice = await join()
    await ask(center.address, 'add_keys', { who: new Map([[alice.address, new Map([['z', 100]])]]) })
    expect(center.whoHas.get('z')).toEqual(new Set([alice.address]))
    expect(center.workerInfo.get(alice.address)?.nbytes).toBe(100)
    await ask(center.address, 'remove_keys', { address: alice.address, keys: ['z'] })
    expect(center.whoHas.has('z')).toBe(false)
    expectTransposed()
  })

  test('delete_data makes every worker that has the key drop it', async () => {
    const [alice, bob] = [await join(), await join()]
    alice.holds('x')
    bob.holds('x', 'y')
    await until(() => center.whoHas.get('x')?.size === 2 && center.whoHas.has('y'))
    await ask(center.address, 'delete_data', { keys: ['x', 'nothing'] })
    expect(await alice.next('free-keys')).toMatchObject({ keys: ['x'] })
    expect(await bob.next('free-keys')).toMatchObject({ keys: ['x'] })
    expect([...center.whoHas.keys()]).toEqual(['y'])
  })

  test('S45: a worker may register with data that it holds already', async () => {
    const alice = await join({ holds: new Map([['old', { nbytes: 5, hash: '00' }]]) })
    expect(center.whoHas.get('old')).toEqual(new Set([alice.address]))
  })

  test('a worker that is lost is forgotten with all that it had', async () => {
    const [alice, bob] = [await join(), await join()]
    alice.holds('x')
    await until(() => center.whoHas.has('x'))
    alice.stream.abort(new Error('crash'))
    await until(() => !center.ncores.has(alice.address))
    expect(center.whoHas.has('x')).toBe(false)
    expect([...center.ncores.keys()]).toEqual([bob.address])
  })

  test('S47: a worker that unregisters is gone at once', async () => {
    const alice = await join({ name: 'alice' })
    await ask(center.address, 'unregister', { address: alice.address, reason: 'done' })
    expect(center.ncores.size).toBe(0)
    await until(() => alice.closed !== undefined)
    await join({ name: 'alice' })
  })

  test('a worker that comes back to a center that has not missed it takes its own place', async () => {
    const alice = await join({ name: 'alice' })
    const again = await join({ ...alice.info })
    expect(again.address).toBe(alice.address)
    await until(() => alice.closed !== undefined)
    again.holds('x')
    await until(() => center.whoHas.has('x'))
    expect(center.ncores.size).toBe(1)
  })

  test('heartbeats are answered with the interval of the next; an unknown worker is told that it is missing', async () => {
    const alice = await join()
    const beat = { metrics: METRICS, executing: new Map() }
    expect(await ask(center.address, 'heartbeat_worker', { address: alice.address, ...beat })).toEqual({
      status: 'OK',
      heartbeat: 500,
    })
    expect(center.workerInfo.get(alice.address)?.metrics).toMatchObject({ memory: 1e6 })
    const unknown = await ask(center.address, 'heartbeat_worker', { address: 'tcp://127.0.0.1:1', ...beat })
    expect(unknown).toMatchObject({ status: 'missing' })
  })

  test('a worker that is silent for longer than workerTtl is taken for dead', async () => {
    const strict = new Center('127.0.0.1', 0, { workerTtl: '100ms', logger: QUIET })
    await strict.start()
    const alice = await FakeWorker.join(strict.address)
    alice.holds('x')
    await until(() => strict.whoHas.has('x'))
    await until(() => alice.closed !== undefined)
    expect([strict.ncores.size, strict.whoHas.size]).toEqual([0, 0])
    await strict.close()
  })

  test('a worker that says what is no message is cut off, the others stay', async () => {
    const [alice, mallory] = [await join(), await join()]
    mallory.stream.send({ op: 'add-keys', keys: 'all of them' } as never)
    await until(() => mallory.closed !== undefined)
    await until(() => !center.ncores.has(mallory.address))
    alice.holds('x')
    await until(() => center.whoHas.has('x'))
  })

  test('has no clients, and says so', async () => {
    await expect(ask(center.address, 'register-client', { client: 'c', version: '1' })).rejects.toThrow(
      'register-client',
    )
  })

  test('ends when it is told to', async () => {
    await ask(center.address, 'terminate')
    await center.finished
    await expect(ask(center.address, 'ping')).rejects.toThrow()
  })
})
