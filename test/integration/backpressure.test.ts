/** Those who take more than they give back, as processes: nobody's memory grows without bound for them. */
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { Client, LocalCluster } from 'heddle'
import { afterEach, expect, test } from 'vitest'
import type { Comm } from '../../src/comm/comm.js'
import { pack, unpack } from '../../src/protocol/codec.js'
import type { WorkerRequests } from '../../src/protocol/requests.js'
import { dial } from '../../src/rpc/dial.js'
import { decode } from '../../src/values/decode.js'
import { heddle } from './command.js'

const MB = 1e6
const WAITS = { timeout: 40_000, interval: 20 }
const open: { close(): unknown }[] = []

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

async function start(options: Parameters<typeof LocalCluster.start>[0]) {
  const cluster = await LocalCluster.start({ threadsPerWorker: 1, ...options })
  const client = await Client.connect(cluster)
  open.push(cluster, client)
  return { cluster, client }
}

function rssOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

function parentOf(pid: number): number {
  return Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

/** The most that these processes had in memory from now on. */
function watchRss(...pids: number[]): { highest: number } {
  const watch = { highest: 0 }
  const timer = setInterval(() => {
    watch.highest = Math.max(watch.highest, ...pids.map(rssOf))
  }, 10)
  open.push({ close: () => clearInterval(timer) })
  return watch
}

type Answer = WorkerRequests['get_data']['reply']

/** Asks a worker for values and does not read the answer before it is told to. */
class SlowReader {
  readonly #comm: Comm
  readonly #answer: Promise<Answer>

  private constructor(comm: Comm, keys: string[]) {
    this.#comm = comm
    this.#answer = new Promise((resolve, reject) => {
      comm.onMessage = (frames) => resolve(unpack(frames) as Answer)
      comm.onClose = (reason) => reject(reason ?? new Error('closed'))
    })
    this.#answer.catch(() => {})
    comm.send(pack({ op: 'get_data', keys }))
    open.push({ close: () => comm.abort(new Error('the test is over')) })
  }

  static async ask(address: string, keys: string[]): Promise<SlowReader> {
    return new SlowReader((await dial(address, { timeoutMs: 5000 })).comm, keys)
  }

  async read(): Promise<Answer> {
    this.#comm.resume()
    return await this.#answer
  }
}

const make = (i: number) => new Float64Array(2.5e6).fill(i)
const inc = (i: number) => i + 1

async function madeBy(client: Client, count: number): Promise<string[]> {
  const made = client.map(
    make,
    Array.from({ length: count }, (_, i) => i),
  )
  await client.wait(made)
  open.push({
    close: () => {
      for (const one of made) one.release()
    },
  })
  return made.map(({ key }) => key)
}

test('heartbeats and small tasks go on while a peer takes a large value slowly', async () => {
  const { client, cluster } = await start({ workers: ['alice'] })
  const [big] = await madeBy(client, 1)
  const address = cluster.workers[0]!.address
  const reader = await SlowReader.ask(address, [big!])
  const sentBy = async () => (await client.workers()).get(address)!.metrics!.transfer_outgoing_count
  await expect.poll(sentBy, WAITS).toBe(1)
  for (let i = 0; i < 100; i++) expect(await client.submit(inc, i).result()).toBe(i + 1)
  const { data } = await reader.read()
  expect((decode(data.get(big!)!) as Float64Array).every((x) => x === 0)).toBe(true)
})

test('peers that do not read what lies on disk do not fill the memory of a worker', { timeout: 120_000 }, async () => {
  const { client, cluster } = await start({ workers: 1, memoryLimit: 400 * MB })
  const { address, pid } = cluster.workers[0]!
  const keys = await madeBy(client, 40)
  const watch = watchRss(pid)
  const readers: SlowReader[] = []
  for (let i = 0; i < 20; i++) readers.push(await SlowReader.ask(address, [keys[i]!, keys[i + 20]!]))
  for (let i = 0; i < 50; i++) expect(await client.submit(inc, i).result()).toBe(i + 1)
  const sums = await client.gather(keys.map((key) => client.submit((x: Float64Array) => x.at(-1), client.future(key))))
  expect(sums).toEqual(keys.map((_, i) => i))
  const answers = await Promise.all(readers.map((reader) => reader.read()))
  expect(answers.some(({ status }) => status === 'busy')).toBe(true)
  const given = answers.flatMap(({ data }) => [...data])
  expect(given.length).toBeGreaterThan(0)
  for (const [key, value] of given) expect((decode(value) as Float64Array)[7]).toBe(keys.indexOf(key))
  expect(cluster.workers.map((worker) => worker.pid)).toEqual([pid])
  // What is kept free for use again, a tenth of the limit at most, does not count for the worker.
  expect(watch.highest).toBeLessThan(440 * MB)
})

test('a client that submits faster than tasks are done fills neither scheduler nor worker', {
  timeout: 120_000,
}, async () => {
  const { client, cluster } = await start({ workers: 1, memoryLimit: 400 * MB })
  const { pid } = cluster.workers[0]!
  const watch = watchRss(parentOf(pid), pid)
  const slow = (text: string) => {
    const until = performance.now() + 20
    while (performance.now() < until);
    return text.length
  }
  const futures = []
  for (let i = 0; i < 9000; i++) {
    futures.push(client.submit(slow, `${i}`.padEnd(1e5)))
    if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await futures[20]!.result()).toBe(1e5)
  const other = await Client.connect(cluster)
  open.push(other)
  for (let i = 0; i < 20; i++) expect(await other.submit(inc, i).result()).toBe(i + 1)
  expect(watch.highest).toBeLessThan(600 * MB)
  // What is not done yet is taken back, whether the scheduler has heard of it or not.
  await client.cancel(futures)
  expect(await client.submit(slow, 'x').result()).toBe(1)
})

test('those who ask for web pages and do not read them do not fill the scheduler', { timeout: 120_000 }, async () => {
  const scheduler = heddle('scheduler', '--port', '0', '--http-port', '0')
  open.push({ close: () => scheduler.signal('SIGKILL') })
  const pages = () => Number(/http:\/\/[^\s]*:(\d+)/.exec(scheduler.stderr)?.[1] ?? 0)
  await expect.poll(pages, WAITS).toBeGreaterThan(0)
  const port = pages()
  const before = rssOf(scheduler.pid)
  const watch = watchRss(scheduler.pid)
  const sockets: Socket[] = []
  for (let i = 0; i < 40; i++) {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    sockets.push(socket)
    open.push({ close: () => socket.destroy() })
    socket.pause()
    socket.write('GET /info.json HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(20))
  }
  const answered = async () => (await fetch(`http://127.0.0.1:${port}/health`)).status
  for (let i = 0; i < 5; i++) expect(await answered()).toBe(200)
  expect(watch.highest - before).toBeLessThan(150 * MB)
})
