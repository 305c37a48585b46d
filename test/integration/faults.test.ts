/** What must survive, by the numbers of our list of faults. Some stand elsewhere: F10, F11, F13 to F16, F20, F21, F25 to F27. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, LocalCluster, wait } from 'heddle'
import { testCluster } from 'heddle/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isAlive } from '../../src/nanny/alive.js'
import { built, Command, heddle } from './command.js'
import { Fleet } from './fleet.js'

let fleet: Fleet | undefined
let folder: string
/** A line for each run of a task. */
let log: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-faults-'))
  log = join(folder, 'runs')
  writeFileSync(log, '')
})

afterEach(async () => {
  await fleet?.close()
  fleet = undefined
  rmSync(folder, { recursive: true })
})

const runs = () => readFileSync(log, 'utf8').split('\n').filter(Boolean)

/** Takes a while, and leaves a line. */
const work = async (i: number, ms: number, log: string) => {
  require('node:fs').appendFileSync(log, `${i}\n`)
  await new Promise((resolve) => setTimeout(resolve, ms))
  return i
}

/** A result that does not ride along with the news of it. */
const large = (i: number, log: string) => {
  require('node:fs').appendFileSync(log, `${i}\n`)
  return new Uint8Array(10_000).fill(i)
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i)

test('F01 a worker is killed while it computes: all results are right, and only its own tasks are run again', async () => {
  fleet = await Fleet.start(['alice', 'bob'])
  const futures = fleet.client.map(work, range(30), 20, log)
  await expect.poll(() => runs().length).toBeGreaterThan(8)
  await fleet.worker('alice').signal('SIGKILL')
  expect(await fleet.client.gather(futures)).toEqual(range(30))
  expect(new Set(runs()).size).toBe(30)
  expect(runs().length).toBeLessThanOrEqual(33)
})

test('F02 the only copy of scattered data is lost: an error that names the key and the worker', async () => {
  fleet = await Fleet.start(['alice', 'bob'])
  const { client } = fleet
  const data = await client.scatter(new Uint8Array(5000), { workers: 'alice' })
  const waiting = client.with({ workers: 'carol' }).submit((bytes: Uint8Array) => bytes.length, data)
  await fleet.worker('alice').signal('SIGKILL')
  for (const future of [data, waiting]) {
    await expect.poll(() => future.status).toBe('cancelled')
    const error = await future.exception()
    expect(error).toMatchObject({ code: 'HEDDLE_DATA_LOST' })
    expect(error).toMatchObject({
      message: expect.stringContaining(`${data.key} is lost: its only copy was on alice (tcp:`),
    })
  }
  await fleet.serves()
})

test('F03 the only copies of results are lost: what is wanted is made again, and nothing else', async () => {
  fleet = await Fleet.start(['alice', 'bob'])
  const { client } = fleet
  const on = (name: string, n: number) => client.with({ workers: name, allowOtherWorkers: true }).submit(large, n, log)
  const lost = [on('alice', 1), on('alice', 2)]
  const kept = on('bob', 3)
  const released = on('alice', 4)
  await wait([...lost, kept, released])
  released.release()
  await fleet.worker('alice').signal('SIGKILL')
  const values = await client.gather([...lost, kept])
  expect(values.map((bytes) => bytes[0])).toEqual([1, 2, 3])
  expect(runs().sort()).toEqual(['1', '1', '2', '2', '3', '4'])
})

test('F04 a worker is killed while it sends: the value is made again, and what was half received is not used', async () => {
  fleet = await Fleet.start(['alice', 'bob'])
  const { client } = fleet
  const bytes = client.with({ workers: 'alice', allowOtherWorkers: true }).submit(() => new Uint8Array(5e7).fill(3))
  await wait([bytes])
  fleet.worker('alice').process.kill('SIGSTOP')
  const total = client
    .with({ workers: 'bob' })
    .submit((bytes: Uint8Array) => bytes.reduce((sum, byte) => sum + byte, 0), bytes)
  // Bob has asked, and gets nothing.
  await expect.poll(async () => (await client.explain(total)).state).toBe('processing')
  await fleet.worker('alice').signal('SIGKILL')
  expect(await total.result()).toBe(1.5e8)
})

test('F05 every worker is killed in turn during a reduction: the sum is right, and no task is blamed', async () => {
  const t = await testCluster({ workers: ['alice', 'bob', 'carol'] })
  const add = (a: number, b: number) => a + b
  let level = t.client.map(work, range(64), 20, log)
  while (level.length > 1)
    level = range(level.length / 2).map((i) => t.client.submit(add, level[2 * i]!, level[2 * i + 1]!))
  for (const name of ['alice', 'bob', 'carol']) {
    const before = runs().length
    await expect.poll(() => runs().length).toBeGreaterThan(before)
    await t.until(() => t.cluster.workers.some((worker) => worker.name === name))
    await t.worker(name).kill()
  }
  expect(await level[0]!.result()).toBe((63 * 64) / 2)
  await t.until(() => t.cluster.workers.length === 3)
  await t.close()
})

test('F06 a worker hangs: its work is done elsewhere, and what it says when it wakes up is of no account', async () => {
  fleet = await Fleet.start(['alice', 'bob'], { workerTtl: '2s' })
  const { client } = fleet
  const futures = client.map(work, range(12), 50, log)
  await expect.poll(() => runs().length).toBeGreaterThan(2)
  const alice = fleet.worker('alice')
  alice.process.kill('SIGSTOP')
  expect(await client.gather(futures)).toEqual(range(12))
  expect(fleet.addressOf('alice')).toBeUndefined()
  alice.process.kill('SIGCONT')
  await alice.ended
  expect(await client.gather(futures)).toEqual(range(12))
  await fleet.serves()
})

test('F07 the scheduler is killed: pending calls reject, its workers end, and a new one at its port is used at once', async () => {
  const first = heddle('scheduler', '--port', '0', '--no-dashboard')
  const address = (await first.says(/^Start scheduler at (\S+)$/))[1]!
  const { Client } = await import('heddle')
  const client = await Client.connect(address, { logger: { debug() {}, info() {}, warn() {}, error() {} } })
  const args = ['worker', address, '--nthreads', '1', '--local-directory', folder]
  const worker = heddle(...args)
  await worker.says(/^Registered/)
  const pending = client.submit(() => new Promise(() => {})).result()
  pending.catch(() => {})
  await first.signal('SIGKILL')
  await expect(pending).rejects.toMatchObject({ code: 'HEDDLE_SCHEDULER_LOST' })
  await worker.ended
  await client.close()
  const second = heddle('scheduler', '--port', address.split(':')[1]!, '--no-dashboard')
  await second.says(/^Start scheduler/)
  const again = heddle(...args)
  await again.says(/^Registered/)
  const anew = await Client.connect(address)
  expect(await anew.submit((x: number) => x + 1, 1).result()).toBe(2)
  await anew.close()
  await Promise.all([again.signal('SIGTERM'), second.signal('SIGTERM')])
})

/** A program of another user's, which gets a connected client. */
function program(body: string): Command {
  const text = `
    const { Client } = await import(${JSON.stringify(built('index.js'))})
    const client = await Client.connect(${JSON.stringify(fleet!.scheduler.address)})
    ${body}`
  return new Command('--input-type=module', ['--eval', text])
}

test('F08 a client is killed with hundreds of tasks queued: they are freed, published results and other clients are not disturbed', async () => {
  fleet = await Fleet.start(['alice'], { clientGrace: '100ms' })
  const mine = fleet.client.submit((x: number) => x + 1, 1)
  expect(await mine.result()).toBe(2)
  const other = program(`
    client.map(() => new Promise((resolve) => setTimeout(resolve, 50)), Array.from({ length: 600 }))
    await client.whoHas()
    console.log('submitted')
    setInterval(() => {}, 1000)`)
  await other.says(/^submitted$/)
  expect(fleet.known).toBeGreaterThan(500)
  await other.signal('SIGKILL')
  await expect.poll(() => fleet!.known).toBe(1)
  expect(await fleet.client.submit((x: number) => x + 1, mine).result()).toBe(3)
})

test('F09 a task that takes more memory than its worker may have ends with an error that says so; others are right', async () => {
  const options = { workers: ['alice', 'bob'], threadsPerWorker: 1, memoryLimit: 250e6, localDirectory: folder }
  await using cluster = await LocalCluster.start(options)
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  await using client = await Client.connect(cluster, { logger })
  const greedy = client.submit(() => {
    const kept = []
    for (;;) kept.push(new Uint8Array(1e7).fill(1))
  })
  const others = client.map(work, range(40), 20, log)
  await expect(greedy.result()).rejects.toMatchObject({
    code: 'HEDDLE_KILLED_WORKER',
    message: expect.stringMatching(/ended 2 workers.*more memory than its limit.*raise memoryLimit/s),
  })
  expect(await client.gather(others)).toEqual(range(40))
  await expect.poll(() => cluster.workers.map(({ name }) => name).sort()).toEqual(['alice', 'bob'])
})

test('F12 of many tasks some fail: exactly those have errors, and with retries none has', async () => {
  fleet = await Fleet.start(['alice', 'bob'])
  const { client } = fleet
  const flaky = (i: number) => {
    if (i % 100 === 7) throw new Error(`no ${i}`)
    return i
  }
  const futures = client.map(flaky, range(2000))
  const { done } = await wait(futures)
  expect(done).toHaveLength(2000)
  const failed = range(2000).filter((i) => futures[i]!.status === 'error')
  expect(failed).toEqual(range(20).map((i) => i * 100 + 7))
  await expect(futures[107]!.result()).rejects.toThrow('no 107')
  expect((await client.gather(futures, { errors: 'skip' })).filter((value) => value !== undefined)).toHaveLength(1980)
  const once = (i: number, log: string) => {
    const seen = require('node:fs').readFileSync(log, 'utf8').split('\n').includes(String(i))
    require('node:fs').appendFileSync(log, `${i}\n`)
    if (i % 10 === 7 && !seen) throw new Error(`not yet ${i}`)
    return i
  }
  expect(await client.gather(client.with({ retries: 1 }).map(once, range(100), log))).toEqual(range(100))
})

/** Sends that to every port, and resolves when the other end has hung up on all. */
async function throwAt(addresses: readonly string[], bytes: Uint8Array): Promise<void> {
  const hungUp = (address: string) =>
    new Promise<void>((resolve) => {
      const { hostname, port } = new URL(address.replace('tcp', 'http'))
      const socket = connect(Number(port), hostname, () => socket.write(bytes))
      socket.on('error', () => {})
      socket.resume()
      socket.on('close', () => resolve())
    })
  await Promise.all(addresses.map(hungUp))
}

test('F17 garbage, huge lengths and other protocols at every port end those connections, and nothing else', async () => {
  fleet = await Fleet.start(['alice'])
  const ports = [fleet.scheduler.address, fleet.addressOf('alice')!]
  const huge = new Uint8Array(new BigUint64Array([2n ** 62n, 2n, 2n ** 40n, 2n ** 40n]).buffer)
  const noise = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 251)
  const hello = Uint8Array.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])
  const http = new TextEncoder().encode('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  for (const bytes of [huge, noise, hello, http, new Uint8Array(4096)]) await throwAt(ports, bytes)
  expect(await fleet.client.submit((x: number) => x + 1, 1).result()).toBe(2)
  await fleet.serves()
})

test('F18 hundreds of connections that say nothing keep nobody out', async () => {
  fleet = await Fleet.start(['alice'])
  const { hostname, port } = new URL(fleet.scheduler.address.replace('tcp', 'http'))
  const idle = range(500).map(() => connect(Number(port), hostname))
  await Promise.all(idle.map((socket: Socket) => new Promise<void>((done) => socket.once('connect', () => done()))))
  for (const socket of idle) socket.on('error', () => {})
  await fleet.serves()
  for (const socket of idle) socket.destroy()
})

test('F22 a client is frozen while it gathers: others are served, and it goes on when it wakes up', async () => {
  fleet = await Fleet.start(['alice', 'bob'])
  const frozen = program(`
    const futures = client.map((i) => new Uint8Array(2e6).fill(i), Array.from({ length: 40 }, (_, i) => i))
    console.log('submitted')
    const values = await client.gather(futures)
    console.log('sum', values.reduce((sum, bytes) => sum + bytes[0], 0))
    await client.close()`)
  await frozen.says(/^submitted$/)
  frozen.process.kill('SIGSTOP')
  await fleet.serves()
  expect(await fleet.client.gather(fleet.client.map((x: number) => x + 1, range(100)))).toHaveLength(100)
  frozen.process.kill('SIGCONT')
  await frozen.says(/^sum 780$/)
  expect(await frozen.ended).toMatchObject({ code: 0 })
})

test('F23 the clocks of all nodes jump by an hour, to and fro: nobody is taken for dead, and all is right', async () => {
  const jump = 'const real = Date.now; let n = 0; Date.now = () => real() + (n++ % 2 === 0 ? 36e5 : -36e5)'
  fleet = await Fleet.start([], { workerTtl: '3s' })
  const { client, scheduler } = fleet
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(jump)}`
  const alice = new Command(built('cli/heddle.js'), fleet.argsOf('alice'), { NODE_OPTIONS })
  const real = Date.now
  try {
    let n = 0
    Date.now = () => real() + (n++ % 2 === 0 ? 36e5 : -36e5)
    await alice.says(/^Registered/)
    const address = fleet.addressOf('alice')!
    const seen = new Set<number>()
    // For longer than a worker may be silent.
    for (let i = 0; seen.size < 40; i++) {
      expect(await client.submit(work, i, 100, log).result({ timeout: '30s' })).toBe(i)
      seen.add(scheduler.workers()[address]!.lastSeen)
    }
    expect(runs()).toHaveLength(seen.size)
  } finally {
    Date.now = real
    await alice.signal('SIGKILL')
  }
})

test('F24 a second worker of a name is refused with the address of the first, which is not disturbed', async () => {
  fleet = await Fleet.start(['alice'])
  const first = fleet.addressOf('alice')!
  const second = heddle(...fleet.argsOf('alice'))
  expect(await second.ended).toMatchObject({ code: 1 })
  expect(second.stderr).toMatch(new RegExp(`^heddle: .*the name 'alice' is taken by the worker at ${first}`, 'm'))
  expect(fleet.addressOf('alice')).toBe(first)
  await fleet.serves()
})

test('F26 a program that is told to end while its cluster is busy leaves no process', async () => {
  const text = `
    const { Client, LocalCluster } = await import(${JSON.stringify(built('index.js'))})
    const cluster = await LocalCluster.start({ workers: 2, threadsPerWorker: 1, localDirectory: ${JSON.stringify(folder)} })
    const client = await Client.connect(cluster)
    client.map(() => { for (;;); }, [1, 2, 3])
    await client.whoHas()
    console.log('ready', cluster.workers.map(({ pid }) => pid).join(' '))
    setInterval(() => {}, 1000)`
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL'] as const) {
    const command = new Command('--input-type=module', ['--eval', text])
    const pids = (await command.says(/^ready (.+)$/))[1]!.split(' ').map(Number)
    await command.signal(signal)
    await expect.poll(() => pids.some(isAlive)).toBe(false)
  }
})
