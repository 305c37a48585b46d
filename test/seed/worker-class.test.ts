/** The page's class Worker: its parameters, its attributes, its examples. */
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { availableParallelism, networkInterfaces } from 'node:os'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Center, Client, HttpWorker, InlineExecutor, Scheduler, Worker, type WorkerOptions } from 'heddle'
import { expect, test } from 'vitest'
import { aliceAndBob, closing, record, startCenter, startWorker } from './network.js'

const outside = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === 'IPv4' && !one.internal)?.address

function page(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8')
}

test.each(['Center', 'Scheduler'] as const)('S2 a worker registers with a %s', async (kind) => {
  const node = closing(kind === 'Center' ? new Center('127.0.0.1', 0) : new Scheduler({ port: 0 }))
  await node.start()
  const { worker, proxy } = await startWorker(node, 'alice')
  await proxy.updateData({ data: { x: 1 } })
  expect(node.ncores.get(worker.address)).toBe(1)
  expect(node.whoHas.get('x')).toEqual(new Set([worker.address]))
})

test('S33 making a worker opens nothing, listens nowhere, and tells nobody', async () => {
  const center = await startCenter()
  const events = record()
  const before = process.getActiveResourcesInfo().sort()
  const worker = new Worker(center.ip, center.port)
  expect(process.getActiveResourcesInfo().sort()).toEqual(before)
  expect(center.ncores.size).toBe(0)
  expect(events).toEqual([])
  expect(worker.localDirectory).toBeUndefined()
})

test('S34 the center is named in any form, by host name or by number', async () => {
  const center = await startCenter()
  for (const args of [
    ['localhost', center.port],
    [`127.0.0.1:${center.port}`],
    [{ ip: '127.0.0.1', port: center.port }],
    [{ host: '127.0.0.1', port: center.port }],
    [center],
  ] as ConstructorParameters<typeof Worker>[]) {
    const worker = closing(new Worker(...args))
    await worker.start()
    expect(center.ncores.has(worker.address)).toBe(true)
  }
})

test('S35 a port that is none is a TypeError from the constructor', () => {
  expect(() => new Worker('127.0.0.1', 70_000)).toThrow(TypeError)
  expect(() => new Worker('127.0.0.1')).toThrow(TypeError)
  expect(() => new Worker('127.0.0.1', '8787' as never)).toThrow(TypeError)
})

test.skipIf(outside === undefined)(
  'S36 a worker that listens everywhere tells an address that others reach',
  async () => {
    const center = closing(new Center(outside!, 0, { insecure: true }))
    await center.start()
    const worker = closing(new Worker(center.ip, center.port, { host: '0.0.0.0', insecure: true, nthreads: 1 }))
    await worker.start()
    expect(worker.ip).toBe(outside)
    const { proxy } = await startWorker(center, 'bob', { insecure: true })
    worker.data.set('a', 1)
    expect(await proxy.gather({ keys: ['a'], whoHas: { a: [worker.address] } })).toMatchObject({ status: 'OK' })
  },
)

test.skipIf(outside === undefined)(
  'S36 without a host it takes the address that the center can reach, if that is allowed',
  async () => {
    const center = closing(new Center(outside!, 0, { insecure: true }))
    await center.start()
    await expect(closing(new Worker(center.ip, center.port)).start()).rejects.toThrow('insecure')
    const { worker } = await startWorker(center, 'alice', { insecure: true })
    expect(worker.ip).toBe(outside)
  },
)

test('S37, S50 four threads run exactly four tasks at a time', async () => {
  const center = await startCenter()
  const { worker, proxy } = await startWorker(center, 'alice', { nthreads: 4 })
  expect([worker.nthreads, worker.ncores, center.ncores.get(worker.address)]).toEqual([4, 4, 4])
  const spin = (ms: number) => {
    const end = Date.now() + ms
    while (Date.now() < end);
  }
  const runs = await Promise.all(Array.from({ length: 12 }, () => proxy.compute({ function: spin, args: [150] })))
  const spans = runs.map(([, { start, stop }]) => ({ start, stop }))
  const atOnce = spans.map(({ start }) => spans.filter((other) => other.start <= start && start < other.stop).length)
  expect(Math.max(...atOnce)).toBe(4)
})

test('S37 without a number it uses every core; ncores is another name for nthreads', () => {
  expect(new Worker('127.0.0.1:8787').nthreads).toBe(availableParallelism())
  expect(new Worker('127.0.0.1:8787', { ncores: 3 }).nthreads).toBe(3)
  expect(() => new Worker('127.0.0.1:8787', { ncores: 3, nthreads: 4 })).toThrow('contradicts')
})

test('S38 there is no loop to give, and the page for those who come from Dask says so', () => {
  // @ts-expect-error: no such option
  expect(() => new Worker('127.0.0.1:8787', { loop: null })).toThrow(/^loop: /)
  expect(page('docs/coming-from-dask.md')).toMatch(/`loop=`/)
})

test('S39, S52 its directory is there while it runs, its own, and gone after it', async () => {
  const { alice, bob } = await aliceAndBob()
  const directory = alice.worker.localDirectory!
  expect(basename(directory)).toMatch(/^heddle-worker-\w+$/)
  expect(alice.worker.localDir).toBe(directory)
  expect(bob.worker.localDirectory).not.toBe(directory)
  expect(existsSync(directory)).toBe(true)
  await alice.worker.close()
  expect(existsSync(directory)).toBe(false)
  expect(existsSync(bob.worker.localDirectory!)).toBe(true)
})

test('S39 localDirectory, or localDir, says where it is made', async () => {
  const { alice } = await aliceAndBob()
  const inside = alice.worker.localDirectory!
  const center = await startCenter()
  for (const option of ['localDirectory', 'localDir'] as const) {
    const { worker } = await startWorker(center, option, { [option]: inside })
    expect(dirname(worker.localDirectory!)).toBe(inside)
  }
})

test('S40, S41, S55, S56 services run beside it, and their ports are known to the center', async () => {
  const { center, alice, ask } = await aliceAndBob({ services: { http: HttpWorker }, servicePorts: { nanny: 8789 } })
  const { port } = alice.worker.services.get('http')!
  expect(port).toBeGreaterThan(0)
  const answer = await fetch(`http://127.0.0.1:${port}/info.json`)
  expect(await answer.json()).toMatchObject({ name: 'alice', address: alice.address })
  expect(alice.worker.servicePorts).toEqual({ nanny: 8789, http: port })
  expect((await ask.workers())[alice.address]!.services).toEqual({ nanny: 8789, http: port })
  expect(center.workers()[alice.address]).toMatchObject({ services: { nanny: 8789, http: port } })
  await alice.worker.close()
  await expect(fetch(`http://127.0.0.1:${port}/info.json`)).rejects.toThrow()
})

test('S40 a service may be given its port, and one that cannot have it ends the start', async () => {
  const center = await startCenter()
  const taken = closing(await listening())
  const worker = new Worker(center.ip, center.port, { services: { http: [HttpWorker, taken.port] } })
  await expect(worker.start()).rejects.toThrow(/'http' could not start: .*EADDRINUSE/)
  expect(center.ncores.size).toBe(0)
})

test('S42, S54 its name is what it is called, else its address; a second of one name is refused', async () => {
  const center = await startCenter()
  const { worker } = await startWorker(center, 'alice')
  const nameless = closing(new Worker(center))
  await nameless.start()
  expect([worker.name, nameless.name]).toEqual(['alice', nameless.address])
  expect(nameless.address).toBe(`tcp://${nameless.ip}:${nameless.port}`)
  const second = new Worker(center.ip, center.port, { name: 'alice' })
  await expect(second.start()).rejects.toThrow(/alice/)
  expect(center.ncores.size).toBe(2)
})

test('S42 work can be restricted to a worker by its alias', async () => {
  const scheduler = closing(new Scheduler({ port: 0 }))
  await scheduler.start()
  const alice = await startWorker(scheduler, 'alice')
  await startWorker(scheduler, 'bob')
  const client = closing(await Client.connect(scheduler.address))
  const futures = client.with({ workers: 'alice' }).map((x: number) => new Uint8Array(x), [2000, 3000, 4000])
  expect((await client.gather(futures)).map(({ length }) => length)).toEqual([2000, 3000, 4000])
  for (const { key } of futures) expect(scheduler.whoHas.get(key)).toEqual(new Set([alice.address]))
})

test('S43 an unknown option is refused by the compiler and when it runs', () => {
  // @ts-expect-error: misspelled
  expect(() => new Worker('127.0.0.1:8787', { nthread: 2 })).toThrow(/^nthread: /)
  // @ts-expect-error: of the wrong type
  const wrong: WorkerOptions = { nthreads: 'two' }
  expect(() => new Worker('127.0.0.1:8787', wrong)).toThrow(TypeError)
})

test('S48 its data is a live map', async () => {
  const { center, alice } = await aliceAndBob()
  const { data } = alice.worker
  data.set('x', [1]).set('y', 2)
  await expect.poll(() => [...(center.hasWhat.get(alice.address) ?? [])].sort()).toEqual(['x', 'y'])
  expect([data.get('x'), data.has('y'), data.size, [...data.keys()]]).toEqual([[1], true, 2, ['x', 'y']])
  expect(await data.load('x')).toEqual([1])
  expect((await alice.proxy.getData({ keys: ['x'] })).x).toEqual([1])
  expect(data.delete('x')).toBe(true)
  await expect.poll(() => center.whoHas.has('x')).toBe(false)
})

test('S51 another executor can be put in, and says what it does', async () => {
  const executor = new InlineExecutor()
  const { alice } = await aliceAndBob()
  const center = await startCenter()
  const { worker, proxy } = await startWorker(center, 'inline', { executor })
  expect(worker.executor).toBe(executor)
  await proxy.compute({ function: () => 7, args: [], key: 'z' })
  expect(worker.data.get('z')).toBe(7)
  expect(executor.stats.done).toBe(1)
  expect(alice.worker.executor.stats).toMatchObject({ threads: 1, executing: 0 })
})

test('S53 center is a proxy of its center, with ip and port', async () => {
  const { center, alice } = await aliceAndBob()
  expect([alice.worker.center.ip, alice.worker.center.port]).toEqual([center.ip, center.port])
  expect(Object.keys(await alice.worker.center.ncores())).toContain(alice.address)
})

test('S59 a center is made with host and port, and has them as attributes', async () => {
  const center = closing(new Center('127.0.0.1', 0))
  expect(center.ip).toBe('127.0.0.1')
  await center.start()
  expect(center.port).toBeGreaterThan(0)
  expect(new Center('192.168.0.100', 8787, { insecure: true })).toMatchObject({ ip: '192.168.0.100', port: 8787 })
})

test('S60, S61 new Worker(c.ip, c.port) started on a port listens there and is registered', async () => {
  const free = await listening()
  const { port } = free
  await free.close()
  const c = await startCenter()
  const w = closing(new Worker(c.ip, c.port))
  expect(await w.start({ port })).toBe(w)
  expect(w.port).toBe(port)
  expect(c.ncores.has(w.address)).toBe(true)
  const error = await new Worker(c.ip, c.port).start({ port }).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ message: expect.stringContaining(String(port)), cause: { code: 'EADDRINUSE' } })
})

test('S61 Worker.start makes and starts one, and a second start is the first', async () => {
  const c = await startCenter()
  const w = closing(await Worker.start(c.ip, c.port, { name: 'w' }))
  expect(await w.start()).toBe(w)
  expect(c.ncores.size).toBe(1)
})

/** Something that has a port. */
async function listening() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  return { port, close: () => new Promise((resolve) => server.close(resolve)) }
}
