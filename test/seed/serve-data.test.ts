/** The page's "Serve Data", row by row of the seed contract. */
import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Table, tableFromArrays } from 'apache-arrow'
import { Center, missingKeys, NDArray, registerCodec, rpc, Worker, type WorkerApi } from 'heddle'
import { expect, test } from 'vitest'
import { type Command, heddle } from '../integration/command.js'
import { aliceAndBob, closing, record, startCenter, startWorker } from './network.js'

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.address === '::1')

test('S5 a value that is put by request is read from the worker’s own dictionary', async () => {
  const { alice } = await aliceAndBob()
  await alice.proxy.updateData({ data: { x: { list: [1, 2, 3] } } })
  expect(alice.worker.data.get('x')).toEqual({ list: [1, 2, 3] })
  expect([...alice.worker.data.keys()]).toEqual(['x'])
})

const numbers = new Float64Array(1e6).map((_, i) => i / 3)
numbers.set([Number.NaN, -0, Number.POSITIVE_INFINITY])
const cycle: Record<string, unknown> = { name: 'ring' }
cycle.self = cycle

test.each<[string, unknown]>([
  ['a Map of Sets', new Map([['a', new Set([1, 2])]])],
  ['a Date', new Date(0)],
  ['a BigInt', 2n ** 80n],
  ['nested typed arrays', { a: [new Uint8Array([1, 2]), new Int16Array([-1])], b: new BigUint64Array([2n ** 63n]) }],
  ['an ArrayBuffer', new Uint8Array([1, 2, 3]).buffer],
  ['−0', -0],
  ['a lone surrogate', '\ud83d'],
  ['nothing at all', undefined],
])('S6 %s comes back as it was', async (_what, value) => {
  const { alice } = await aliceAndBob()
  await alice.proxy.updateData({ data: { x: value } })
  const { x } = await alice.proxy.getData({ keys: ['x'] })
  expect(x).toStrictEqual(value)
  expect(Object.is(x, -0)).toBe(Object.is(value, -0))
})

test('S6 a Float64Array of a million, with NaN and −0, comes back bit by bit', async () => {
  const { alice } = await aliceAndBob()
  await alice.proxy.updateData({ data: { x: numbers } })
  const x = (await alice.proxy.getData({ keys: ['x'] })).x as Float64Array
  expect(x).toBeInstanceOf(Float64Array)
  expect(Buffer.compare(new Uint8Array(x.buffer, x.byteOffset, x.byteLength), new Uint8Array(numbers.buffer))).toBe(0)
})

test('S6 an array that was put is sent as it was: changing it afterwards changes nothing on the worker', async () => {
  const { alice } = await aliceAndBob()
  const mine = new Float64Array(1000).fill(1)
  await alice.proxy.updateData({ data: { x: mine, y: [mine, new Uint8Array(3)] } })
  mine.fill(2)
  const d = await alice.proxy.getData({ keys: ['x', 'y'] })
  expect(d.x).toEqual(new Float64Array(1000).fill(1))
  expect(d.y).toEqual([new Float64Array(1000).fill(1), new Uint8Array(3)])
})

test('S6 an NDArray, the page’s np.array, comes back with its shape', async () => {
  const { alice } = await aliceAndBob()
  const matrix = new NDArray(new Float64Array([1, 2, 3, 4, 5, 6]), { shape: [2, 3] })
  await alice.proxy.updateData({ data: { x: matrix } })
  const x = (await alice.proxy.getData({ keys: ['x'] })).x as NDArray
  expect(x).toBeInstanceOf(NDArray)
  expect(x.shape).toEqual([2, 3])
  expect(x.get(1, 2)).toBe(6)
})

test('S6 an Arrow table, the page’s DataFrame, comes back with its columns', async () => {
  const { alice } = await aliceAndBob()
  const table = tableFromArrays({ id: new Int32Array([1, 2, 3]), name: ['Ada', 'Grace', 'Mary'] })
  await alice.proxy.updateData({ data: { y: table } })
  const y = (await alice.proxy.getData({ keys: ['y'] })).y as Table
  expect(y.toArray().map((row) => row.toJSON())).toEqual(table.toArray().map((row) => row.toJSON()))
})

test('S6 an error keeps its class, its message and its cause', async () => {
  const { alice } = await aliceAndBob()
  const error = Object.assign(new RangeError('too far', { cause: new Error('a wind') }), { distance: 7 })
  await alice.proxy.updateData({ data: { x: error } })
  const { x } = await alice.proxy.getData({ keys: ['x'] })
  expect(x).toBeInstanceOf(RangeError)
  expect(x).toMatchObject({ message: 'too far', distance: 7, cause: { message: 'a wind' } })
})

test('S6 a cycle stays one', async () => {
  const { alice } = await aliceAndBob()
  await alice.proxy.updateData({ data: { x: cycle } })
  const x = (await alice.proxy.getData({ keys: ['x'] })).x as typeof cycle
  expect(x.name).toBe('ring')
  expect(x.self).toBe(x)
})

test('S7 a key that is missing is absent, a second delete is well, and a set overwrites', async () => {
  const { alice } = await aliceAndBob()
  await alice.proxy.updateData({ data: { x: 1 } })
  const d = await alice.proxy.getData({ keys: ['x', 'y'] })
  expect(Object.keys(d)).toEqual(['x'])
  expect('y' in d).toBe(false)
  expect(missingKeys(d)).toEqual(['y'])
  await alice.proxy.updateData({ data: { x: 2 } })
  expect((await alice.proxy.getData({ keys: ['x'] })).x).toBe(2)
  expect(await alice.proxy.deleteData({ keys: ['x'] })).toEqual({ status: 'OK' })
  expect(await alice.proxy.deleteData({ keys: ['x'] })).toEqual({ status: 'OK' })
  expect(alice.worker.data.has('x')).toBe(false)
})

test('S7 a value that is overwritten is dropped by those who had a copy of the old one', async () => {
  const { center, alice, bob } = await aliceAndBob()
  await alice.proxy.updateData({ data: { x: 'old' } })
  await bob.proxy.gather({ keys: ['x'] })
  expect(bob.worker.data.get('x')).toBe('old')
  await alice.proxy.updateData({ data: { x: 'new' } })
  await expect.poll(() => bob.worker.data.has('x')).toBe(false)
  expect([...center.whoHas.get('x')!]).toEqual([alice.address])
})

test('S8 the page’s example moves data between two worker processes', async () => {
  const running: Command[] = []
  closing({ close: () => Promise.all(running.map((command) => command.signal('SIGKILL'))) })
  const start = (...args: string[]) => {
    const command = heddle(...args)
    running.push(command)
    return command
  }
  const at = (await start('center', '--port', '0').says(/^Start center at (\S+)$/))[1]!
  const workers = [start('worker', at, '--nthreads', '1'), start('worker', at, '--nthreads', '1')]
  const addresses = await Promise.all(workers.map(async (one) => (await one.says(/^Start worker at: +(\S+)$/))[1]!))
  await Promise.all(workers.map((one) => one.says(/^Registered/)))
  const example = fileURLToPath(new URL('../../examples/serve-data.ts', import.meta.url))
  const { stdout } = await promisify(execFile)('npx', ['tsx', example, ...addresses])
  expect(stdout).toContain('bob holds x, y')
})

test('S9 every form of an address reaches the same worker, and making a proxy opens no connection', async () => {
  const { alice } = await aliceAndBob()
  const { ip, port } = alice.worker
  const events = record()
  const forms = [{ ip, port }, { host: ip, port }, `${ip}:${port}`, `tcp://${ip}:${port}`]
  const proxies = forms.map((form) => closing(rpc<WorkerApi>(form)))
  expect(new Set(proxies.map((proxy) => proxy.address)).size).toBe(1)
  expect(proxies[0]).toMatchObject({ ip, host: ip, port })
  expect(events).toEqual([])
  expect(await Promise.all(proxies.map((proxy) => proxy.ping()))).toEqual(forms.map(() => ({ status: 'OK' })))
})

test('S9 a worker that is not there is said so within the timeout, with its address', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  const nobody = closing(rpc<WorkerApi>({ ip: '127.0.0.1', port }, { connectTimeoutMs: 300 }))
  const began = performance.now()
  await expect(nobody.getData({ keys: ['x'] })).rejects.toThrow(`127.0.0.1:${port}`)
  expect(performance.now() - began).toBeLessThan(2000)
})

let decoded = 0
class Sheet {
  constructor(readonly text: string) {}
}
registerCodec(Sheet, {
  name: 'seed.Sheet',
  encode: ({ text }) => text,
  decode: (text: string) => {
    decoded++
    return new Sheet(text)
  },
})

test('S10 what was got is used as it is, and forwarded without being decoded', async () => {
  const { alice, bob } = await aliceAndBob()
  await alice.proxy.updateData({ data: { x: new Sheet('secret'), y: 2 } })
  decoded = 0
  const d = await alice.proxy.getData({ keys: ['x', 'y'] })
  expect(d.y).toBe(2)
  await bob.proxy.updateData({ data: d })
  expect(decoded).toBe(0)
  expect(d.x).toEqual(new Sheet('secret'))
  expect(decoded).toBe(1)
  expect(bob.worker.data.get('x')).toEqual(new Sheet('secret'))
})

test.skipIf(!hasIpv6)('S11 a worker at an IPv6 address is reached in brackets', async () => {
  const center = closing(new Center('::1', 0))
  await center.start()
  const worker = closing(new Worker('::1', center.port, { nthreads: 1 }))
  await worker.start()
  expect(worker.address).toBe(`tcp://[::1]:${worker.port}`)
  const proxy = closing(rpc<WorkerApi>(`[::1]:${worker.port}`))
  expect(await proxy.ping()).toEqual({ status: 'OK' })
})

test('S11 a worker is reached by a host’s name', async () => {
  const { alice } = await aliceAndBob()
  const proxy = closing(rpc<WorkerApi>({ host: 'localhost', port: alice.worker.port }))
  expect(await proxy.ping()).toEqual({ status: 'OK' })
})

test('S12 putting data answers with sizes, and the center lists the holder', async () => {
  const { center, alice, bob } = await aliceAndBob()
  await alice.proxy.updateData({ data: { x: new Uint8Array(1024), y: new Float64Array(4) } })
  const d = await alice.proxy.getData({ keys: ['x', 'y'] })
  const reply = await bob.proxy.updateData({ data: d })
  expect(reply.status).toBe('OK')
  expect({ ...reply.nbytes }).toEqual({ x: 1024, y: 32 })
  expect(center.hasWhat.get(bob.address)).toEqual(new Set(['x', 'y']))
})

test('S44 to S46 a worker keeps its center informed: what it held before, what it fetched, what it deleted', async () => {
  const center = await startCenter()
  const early = closing(new Worker(center.ip, center.port, { name: 'alice', nthreads: 1 }))
  early.data.set('x', 1)
  await early.start()
  const bob = await startWorker(center, 'bob')
  expect(center.whoHas.get('x')).toEqual(new Set([early.address]))
  expect(await bob.proxy.gather({ keys: ['x'] })).toEqual({ status: 'OK', missing: [] })
  expect(center.whoHas.get('x')).toEqual(new Set([early.address, bob.address]))
  await bob.proxy.deleteData({ keys: ['x'] })
  expect(center.whoHas.get('x')).toEqual(new Set([early.address]))
})

test('S45 a worker that comes with another value of a key is told to drop it', async () => {
  const center = await startCenter()
  const alice = await startWorker(center, 'alice')
  await alice.proxy.updateData({ data: { x: 'mine' } })
  const late = closing(new Worker(center.ip, center.port, { name: 'late', nthreads: 1 }))
  late.data.set('x', 'another')
  late.data.set('y', 'welcome')
  await late.start()
  await expect.poll(() => late.data.has('x')).toBe(false)
  expect(center.whoHas.get('x')).toEqual(new Set([alice.address]))
  expect(center.whoHas.get('y')).toEqual(new Set([late.address]))
})

test('S46 gather finds by the keys alone what it was not told the holders of, and says what nobody has', async () => {
  const { alice, bob } = await aliceAndBob()
  await bob.proxy.updateData({ data: { a: 1, b: 2 } })
  expect(await alice.proxy.gather({ keys: ['a', 'b', 'c'] })).toEqual({ status: 'missing', missing: ['c'] })
  expect(alice.worker.data.get('b')).toBe(2)
  expect(await alice.proxy.gather({ keys: ['a'], whoHas: { a: [bob.address] } })).toEqual({ status: 'OK', missing: [] })
})
