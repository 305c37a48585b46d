import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { ship } from '../../../src/code/identity.js'
import type { WorkerRequests } from '../../../src/protocol/requests.js'
import { ConnectionPool } from '../../../src/rpc/pool.js'
import { decode } from '../../../src/values/decode.js'
import { encode, encodeWithRefs } from '../../../src/values/encode.js'
import { FUTURE_KEY } from '../../../src/values/future-ref.js'
import { Worker, type WorkerOptions } from '../../../src/worker/worker.js'
import { FakeCenter, QUIET } from './fake-center.js'
import { HandExecutor } from './hand-executor.js'

const open: { close(): Promise<unknown> }[] = []
const pool = new ConnectionPool()

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

let services = 0
async function startService() {
  services++
  return { port: 1, close: async () => void services-- }
}

async function center(type: 'Center' | 'Scheduler' = 'Center'): Promise<FakeCenter> {
  const made = await new FakeCenter(type).listen()
  open.unshift(made)
  return made
}

async function worker(of: FakeCenter, options: WorkerOptions = {}) {
  const executor = new HandExecutor()
  const made = new Worker(of.address, { executor, validate: true, logger: QUIET, ...options })
  open.push(made)
  await made.start()
  return { worker: made, executor, lines: [] as string[] }
}

function ask<Op extends keyof WorkerRequests>(
  of: Worker,
  op: Op,
  fields: WorkerRequests[Op]['ask'],
): Promise<WorkerRequests[Op]['reply']> {
  return pool.request(of.address, op, fields)
}

const add = (x: number, y: number) => x + y

function compute(of: Worker, key: string, keys: string[], whoHas?: Map<string, string[]>) {
  const { ref, artefact } = ship(add)
  const { encoded, refs } = encodeWithRefs(keys.map((one) => ({ [FUTURE_KEY]: one })))
  const fields = { key, function: ref, code: [artefact], args: encoded, deps: [...refs] }
  return ask(of, 'compute', whoHas === undefined ? fields : { ...fields, who_has: whoHas })
}

describe('starting', () => {
  test('S33: making a worker opens nothing', async () => {
    const c = await center()
    const made = new Worker(c.address)
    expect(made.data.size).toBe(0)
    expect(made.active.size).toBe(0)
    expect(made.center.port).toBe(c.port)
    expect(() => made.address).toThrow('before it was started')
    await made.close()
    expect(c.registered).toEqual([])
  })

  test('S65, S66: it says where it is, then that it has registered', async () => {
    const c = await center()
    const lines: string[] = []
    const { worker: w } = await worker(c, { print: (line) => lines.push(line) })
    expect(lines).toEqual([
      `Start worker at:            127.0.0.1:${w.port}`,
      `Registered with center at:  127.0.0.1:${c.port}`,
    ])
  })

  test('it registers with what it is', async () => {
    const c = await center()
    const { worker: w } = await worker(c, { name: 'alice', nthreads: 3, resources: { gpu: 1 }, memoryLimit: 1e9 })
    expect(c.registered).toMatchObject([
      { address: w.address, name: 'alice', nthreads: 3, resources: { gpu: 1 }, memory_limit: 1e9, pid: process.pid },
    ])
    expect(w.localDirectory).toBe(c.registered[0]!.local_directory)
    expect(existsSync(w.localDirectory!)).toBe(true)
  })

  test('S42, S54: its name is its address unless it is given one', async () => {
    const { worker: w } = await worker(await center())
    expect(w.name).toBe(w.address)
    expect(w.address).toBe(`tcp://127.0.0.1:${w.port}`)
    expect([w.ip, w.host]).toEqual(['127.0.0.1', '127.0.0.1'])
  })

  test('S45: what it holds before it starts is registered with its content hash', async () => {
    const c = await center()
    const executor = new HandExecutor()
    const made = new Worker(c.address, { executor, logger: QUIET, validate: true })
    open.push(made)
    made.data.set('x', 'held').set('y', 1)
    await made.start()
    const { holds } = c.registered[0]!
    expect([...holds.keys()]).toEqual(['x', 'y'])
    expect(holds.get('x')!.hash).toMatch(/^[0-9a-f]{32}$/)
    expect((await ask(made, 'keys', {})).keys).toEqual(['x', 'y'])
  })

  test('S61: a port in use is refused with its number, and nothing is left', async () => {
    const c = await center()
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as { port: number }
    const made = new Worker(c.address, { executor: new HandExecutor(), logger: QUIET })
    await expect(made.start({ port })).rejects.toThrow(String(port))
    await expect(made.start()).rejects.toThrow()
    expect(existsSync(made.localDirectory!)).toBe(false)
    taken.close()
  })

  test('without a center it gives up after its deathTimeout, and says who it looked for', async () => {
    const lines: string[] = []
    const made = new Worker('127.0.0.1:1', {
      executor: new HandExecutor(),
      deathTimeout: 200,
      logger: QUIET,
      print: (line) => lines.push(line),
    })
    await expect(made.start()).rejects.toThrow('127.0.0.1:1')
    expect(lines.join()).not.toContain('Registered')
    await made.finished
  })

  test('one that is closed while it starts leaves nothing', async () => {
    const c = await center()
    for (let turns = 0; turns < 12; turns++) {
      const executor = new HandExecutor()
      const made = new Worker(c.address, { executor, logger: QUIET, services: { http: startService } })
      const started = made.start().then(
        () => 'started',
        (error: Error) => error.message,
      )
      for (let i = 0; i < turns * 3; i++) await new Promise((resolve) => setImmediate(resolve))
      await made.close()
      expect(await started).toMatch(/started|closed/)
      expect(services).toBe(0)
      expect(made.localDirectory === undefined || !existsSync(made.localDirectory)).toBe(true)
    }
    await expect.poll(() => c.streamEnded).toBe(c.registered.length)
  })

  test('a center that refuses it ends it', async () => {
    const c = await center()
    c.refuse = Object.assign(new Error('the name is taken'), {})
    const made = new Worker(c.address, { executor: new HandExecutor(), logger: QUIET })
    await expect(made.start()).rejects.toThrow('the name is taken')
    await made.finished
  })
})

describe('its data', () => {
  test('S5, S7: is a map, whose changes the center hears of', async () => {
    const c = await center()
    const { worker: w } = await worker(c)
    w.data.set('x', { a: [1, 2] })
    expect(w.data.get('x')).toEqual({ a: [1, 2] })
    expect(w.data.has('x')).toBe(true)
    expect(await w.data.load('x')).toEqual({ a: [1, 2] })
    expect(w.data.get('y')).toBeUndefined()
    expect([...w.data]).toEqual([['x', { a: [1, 2] }]])
    expect(w.data.delete('x')).toBe(true)
    expect(w.data.delete('x')).toBe(false)
    expect(w.data.size).toBe(0)
    await expect.poll(() => c.ops()).toEqual(['add-keys', 'release-worker-data'])
    expect(c.said[0]).toMatchObject({ keys: ['x'], replaces: true })
  })

  test('S7, S12: comes and goes by request', async () => {
    const c = await center()
    const { worker: w } = await worker(c)
    const data = new Map([['x', encode(new Uint8Array(1024))]])
    expect(await ask(w, 'update_data', { data })).toEqual({ status: 'OK', nbytes: new Map([['x', 1024]]) })
    expect(w.data.get('x')).toEqual(new Uint8Array(1024))
    const got = await ask(w, 'get_data', { keys: ['x', 'nothing'] })
    expect(decode(got.data.get('x')!)).toEqual(new Uint8Array(1024))
    expect([...got.data.keys()]).toEqual(['x'])
    expect(await ask(w, 'delete_data', { keys: ['x'] })).toEqual({ status: 'OK' })
    expect(await ask(w, 'delete_data', { keys: ['x'] })).toEqual({ status: 'OK' })
    expect(w.data.has('x')).toBe(false)
    await expect.poll(() => c.ops()).toEqual(['add-keys', 'release-worker-data'])
    expect(c.said[0]).toMatchObject({ hashes: [expect.stringMatching(/^[0-9a-f]{32}$/)] })
  })

  test('is not reported by a caller who does so himself', async () => {
    const c = await center()
    const { worker: w } = await worker(c)
    await ask(w, 'update_data', { data: new Map([['x', encode(1)]]), report: false })
    await ask(w, 'update_data', { data: new Map([['y', encode(1)]]) })
    await expect.poll(() => c.said).toMatchObject([{ op: 'add-keys', keys: ['y'] }])
  })
})

describe('compute', () => {
  test('S14 to S22: runs a function on local data, keeps the result and answers with its size', async () => {
    const c = await center()
    const { worker: w, executor } = await worker(c)
    w.data.set('x', 1).set('y', 2)
    const reply = compute(w, 'z', ['x', 'y'])
    await expect.poll(() => executor.jobs.has('z')).toBe(true)
    expect([...w.active]).toEqual(['z'])
    expect([...executor.jobs.get('z')!.inputs.keys()]).toEqual(['x', 'y'])
    executor.succeed('z', new Uint8Array(1024))
    expect(await reply).toEqual({ status: 'OK', key: 'z', nbytes: 1024, type: 'object', thread: 0, start: 1, stop: 2 })
    expect(w.data.get('z')).toEqual(new Uint8Array(1024))
    expect(w.active.size).toBe(0)
    expect(c.asked.filter((op) => op.startsWith('who_has'))).toEqual([])
    await expect.poll(() => c.said.at(-1)).toMatchObject({ op: 'add-keys', keys: ['z'] })
  })

  test('S17: an input that is elsewhere is found through the center and fetched once', async () => {
    const c = await center()
    const { worker: alice, executor } = await worker(c)
    const { worker: bob } = await worker(c)
    bob.data.set('a', 40)
    c.holders.set('a', [bob.address])
    const replies = [1, 2, 3].map((i) => compute(alice, `z${i}`, ['a']))
    for (let done = 0; done < 3; done++) {
      await expect.poll(() => executor.jobs.size).toBeGreaterThan(0)
      executor.succeed([...executor.jobs.keys()][0]!, 1)
    }
    expect(await Promise.all(replies)).toMatchObject([{ status: 'OK' }, { status: 'OK' }, { status: 'OK' }])
    expect(c.asked.filter((op) => op.startsWith('who_has'))).toEqual(['who_has a'])
    expect(alice.data.get('a')).toBe(40)
  })

  test('S28: a stale holder is tolerated', async () => {
    const c = await center()
    const { worker: alice, executor } = await worker(c)
    const { worker: bob } = await worker(c)
    bob.data.set('a', 40)
    c.holders.set('a', ['tcp://127.0.0.1:1', bob.address])
    const reply = compute(alice, 'z', ['a'])
    await expect.poll(() => executor.jobs.has('z')).toBe(true)
    executor.succeed('z', 1)
    expect(await reply).toMatchObject({ status: 'OK' })
  })

  test('says which inputs nobody has', async () => {
    const { worker: w } = await worker(await center())
    expect(await compute(w, 'z', ['a', 'b'])).toEqual({ status: 'missing', missing: ['a', 'b'] })
  })

  test('S49: an error of the function is the answer, and the key is not active after it', async () => {
    const { worker: w, executor } = await worker(await center())
    const reply = compute(w, 'z', [])
    await expect.poll(() => executor.jobs.has('z')).toBe(true)
    const timing = { thread: 0, start: 1, stop: 2 }
    executor.end('z', { status: 'error', kind: 'raised', error: encode(new RangeError('no')), ...timing })
    const failed = (await reply) as { error: Parameters<typeof decode>[0] }
    expect(decode(failed.error)).toBeInstanceOf(RangeError)
    expect(w.active.size).toBe(0)
  })

  test('code that nobody has is an error of the answer', async () => {
    const { worker: w } = await worker(await center())
    const reply = await ask(w, 'compute', { key: 'z', function: 'feed#f', args: encode([]), deps: [] })
    expect(decode((reply as { error: Parameters<typeof decode>[0] }).error)).toMatchObject({ code: 'HEDDLE_LOAD' })
  })

  test('S46: gather fetches copies by their keys alone', async () => {
    const c = await center()
    const { worker: alice } = await worker(c)
    const { worker: bob } = await worker(c)
    bob.data.set('a', 40)
    c.holders.set('a', [bob.address])
    expect(await ask(alice, 'gather', { keys: ['a', 'nothing'] })).toEqual({ status: 'missing', missing: ['nothing'] })
    expect(alice.data.get('a')).toBe(40)
  })
})

describe('the link to its center', () => {
  test('heartbeats tell how the worker is', async () => {
    const c = await center()
    await worker(c)
    await expect.poll(() => c.asked.filter((op) => op === 'heartbeat_worker').length).toBeGreaterThan(2)
  })

  test('a center that comes back is registered with again, with what came meanwhile; data is kept', async () => {
    const c = await center()
    const lines: string[] = []
    const { worker: w } = await worker(c, { print: (line) => lines.push(line) })
    w.data.set('x', 1)
    await expect.poll(() => c.ops()).toEqual(['add-keys'])
    await c.close()
    w.data.set('y', 2)
    await c.listen(c.address)
    await expect.poll(() => c.registered.length).toBe(2)
    expect([...c.registered[1]!.holds.keys()].sort()).toEqual(['x', 'y'])
    await expect.poll(() => lines.filter((line) => line.startsWith('Registered')).length).toBe(2)
    expect(w.data.get('x')).toBe(1)
  })

  test('a center that does not know it any more is registered with again', async () => {
    const c = await center()
    await worker(c)
    c.heartbeatStatus = 'missing'
    await expect.poll(() => c.registered.length).toBeGreaterThan(1)
    c.heartbeatStatus = 'OK'
  })

  test('a worker that loses its scheduler ends', async () => {
    const c = await center('Scheduler')
    const { worker: w, executor } = await worker(c)
    await c.close()
    await w.finished
    expect(executor.closed).toBe(true)
  })

  test('a worker that its center tells to close says goodbye and ends', async () => {
    const c = await center()
    const { worker: w } = await worker(c)
    c.stream!.send({ op: 'close', reason: 'enough', stimulus_id: 's' })
    await w.finished
    expect(c.asked).toContain('unregister enough')
    expect(existsSync(w.localDirectory!)).toBe(false)
  })

  test('terminate is answered, then the worker ends', async () => {
    const { worker: w } = await worker(await center())
    expect(await ask(w, 'terminate', {})).toEqual({ status: 'OK' })
    await w.finished
  })

  test('a scheduler hears of a short task though the one that was begun after it goes on', async () => {
    const c = await center('Scheduler')
    const { worker: w, executor } = await worker(c)
    const first = compute(w, 'x', [])
    await expect.poll(() => executor.jobs.size).toBe(1)
    const { ref } = ship(add)
    const timing = { who_has: new Map(), nbytes: new Map(), attempt: 1, priority: [0] }
    for (const [i, key] of ['y', 'z'].entries())
      c.stream!.send({ op: 'compute-task', key, run_id: i + 1, function: ref, args: encode([]), ...timing })
    await expect.poll(() => executor.jobs.size).toBe(2)
    executor.succeed('y', 1)
    await expect.poll(() => [...executor.jobs.keys()]).toEqual(['x', 'z'])
    await expect.poll(() => c.said).toMatchObject([{ op: 'task-finished', key: 'y' }])
    executor.succeed('x', 1)
    await first
  })

  test('a scheduler gets small results with the news of them, a center does not', async () => {
    const c = await center('Scheduler')
    const { executor } = await worker(c)
    const timing = { who_has: new Map(), nbytes: new Map(), attempt: 1, priority: [0] }
    const message = {
      op: 'compute-task',
      key: 'z',
      run_id: 7,
      function: 'hash#f',
      args: encode([]),
      ...timing,
    } as const
    c.stream!.send(message)
    // The code is not there: the task fails to load.
    await expect.poll(() => c.said).toMatchObject([{ op: 'task-erred', key: 'z', run_id: 7, kind: 'load' }])
    expect(executor.jobs.size).toBe(0)
  })
})
