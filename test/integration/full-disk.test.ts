/** Real disks that are full, emptied or damaged under a worker process. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, LocalCluster } from 'heddle'
import { afterEach, beforeEach, expect, test } from 'vitest'

const MB = 1e6
const WAITS = { timeout: 60_000, interval: 50 }
let folder: string
const open: { close(): unknown }[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-disk-'))
})

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
  rmSync(folder, { recursive: true, force: true })
})

const canMount = tryMount()
if (!canMount) console.warn('SKIPPED: the tests of a full disk need the right to mount a tmpfs (run them as root)')

function tryMount(): boolean {
  const place = mkdtempSync(join(tmpdir(), 'heddle-mount-'))
  try {
    mount(place, 1)
    execFileSync('umount', [place], { stdio: 'ignore' })
    return true
  } catch {
    return false
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

function mount(place: string, megabytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', place], { stdio: 'ignore' })
}

/** The folder of the test is a disk of so many MB from now on. */
function mountDisk(megabytes: number): void {
  mount(folder, megabytes)
  const place = folder
  open.push({ close: () => execFileSync('umount', ['-l', place]) })
}

async function start(options: Parameters<typeof LocalCluster.start>[0] = {}) {
  const limits = { workers: 1, threadsPerWorker: 1, memoryLimit: 400 * MB, localDirectory: folder }
  const cluster = await LocalCluster.start({ ...limits, ...options })
  open.push(cluster)
  const client = await Client.connect(cluster)
  open.push(client)
  return { client, pids: () => cluster.workers.map(({ pid }) => pid) }
}

async function statuses(client: Client): Promise<string[]> {
  return [...(await client.workers()).values()].map(({ status }) => status)
}

/** 20 MB. */
const make = (i: number) => new Float64Array(2.5e6).fill(i)
const last = (values: Float64Array) => values.at(-1)
const range = (n: number) => Array.from({ length: n }, (_, i) => i)

/** Files of values that the worker has written. */
function spilled(): string[] {
  const files: string[] = []
  for (const outer of readdirSync(folder))
    for (const inner of readdirSync(join(folder, outer))) {
      const directory = join(folder, outer, inner, 'spilled')
      try {
        files.push(...readdirSync(directory).map((name) => join(directory, name)))
      } catch {
        // Nothing was written yet.
      }
    }
  return files
}

test.skipIf(!canMount)(
  'on a full disk nothing is lost, and work goes on as results are released',
  {
    timeout: 180_000,
  },
  async () => {
    mountDisk(60)
    const { client, pids } = await start()
    const before = pids()
    const made = range(40).map((i) => client.submit(make, i))
    await expect.poll(() => statuses(client), WAITS).toEqual(['paused'])
    let right = 0
    for (const [i, one] of made.entries()) {
      const end = await one.result().catch((reason: unknown) => reason)
      if (end instanceof Float64Array) {
        expect([end[0], end.at(-1)]).toEqual([i, i])
        right++
      } else expect(end).toMatchObject({ code: 'HEDDLE_DISK_FULL' })
      one.release()
    }
    expect(right).toBeGreaterThan(10)
    await expect.poll(() => spilled().length, WAITS).toBe(0)
    expect(await client.submit(last, client.submit(make, 7)).result()).toBe(7)
    expect(pids()).toEqual(before)
  },
)

test.skipIf(!canMount)(
  'a result that fits neither in memory nor on the disk fails, and says where there is no room',
  {
    timeout: 60_000,
  },
  async () => {
    mountDisk(20)
    const { client, pids } = await start({ memoryTarget: 0.1 })
    const before = pids()
    const error = await client
      .submit(() => new Float64Array(8e6).fill(1))
      .result()
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'HEDDLE_DISK_FULL', message: expect.stringContaining('ENOSPC') })
    expect(await client.submit(last, client.submit(make, 3)).result()).toBe(3)
    expect(pids()).toEqual(before)
  },
)

test('when neither memory nor maxSpill has room, what waits fails and says what to do; what is there stays, and can be used', {
  timeout: 120_000,
}, async () => {
  // Results of 8 MB have room above the share at which the worker pauses, also where it notices late that it has to.
  const { client, pids } = await start({ maxSpill: 70 * MB, memoryLimit: 1000 * MB })
  const before = pids()
  const made = range(140).map((i) => client.submit((n: number) => new Float64Array(1e6).fill(n), i))
  await client.wait(made)
  const right = made.filter(({ status }) => status === 'finished')
  const failed = made.filter(({ status }) => status === 'error')
  expect(right.length + failed.length).toBe(made.length)
  expect(right.length).toBeGreaterThan(3)
  expect(failed.length).toBeGreaterThan(3)
  for (const one of failed) {
    const message = expect.stringMatching(/maxSpill allows 70000000 bytes.*release results/)
    await expect(one.result()).rejects.toMatchObject({ code: 'HEDDLE_DISK_FULL', message })
  }
  // It is still full: what has its inputs there runs one by one.
  expect((await client.gather(client.map(last, right))).length).toBe(right.length)
  for (const one of made) one.release()
  await expect.poll(() => statuses(client), WAITS).toEqual(['running'])
  expect(await client.submit(last, client.submit(make, 7)).result()).toBe(7)
  expect(pids()).toEqual(before)
})

test('results whose directory somebody deleted are computed again', { timeout: 120_000 }, async () => {
  const { client, pids } = await start()
  const before = pids()
  const made = client.map(make, range(25))
  await client.wait(made)
  await expect.poll(() => spilled().length, WAITS).toBeGreaterThan(3)
  // Moved away first: what is written meanwhile would keep it from being removed.
  const gone = mkdtempSync(join(tmpdir(), 'heddle-gone-'))
  for (const outer of readdirSync(folder)) renameSync(join(folder, outer), join(gone, outer))
  rmSync(gone, { recursive: true, force: true, maxRetries: 5 })
  expect(await client.gather(client.map(last, made))).toEqual(range(25))
  expect(pids()).toEqual(before)
})

test('results whose files cannot be read, or were cut short, are computed again', { timeout: 120_000 }, async () => {
  const { client, pids } = await start()
  const before = pids()
  const made = client.map(make, range(25))
  await client.wait(made)
  const large = () => spilled().filter((file) => statSync(file).size > MB)
  await expect.poll(() => large().length, WAITS).toBeGreaterThan(3)
  for (const [i, file] of large().entries()) {
    if (i % 2 === 0) truncateSync(file, 1000)
    else {
      rmSync(file)
      mkdirSync(file)
    }
  }
  expect(await client.gather(client.map(last, made))).toEqual(range(25))
  expect(pids()).toEqual(before)
})

test('no more is on disk than maxSpill says', { timeout: 120_000 }, async () => {
  // Far below the limit at which a worker pauses: what may not be spilled has to fit.
  const { client, pids } = await start({ maxSpill: 70 * MB, memoryLimit: 1000 * MB, memoryTarget: 0.1 })
  const before = pids()
  let highest = 0
  const look = () => {
    let bytes = 0
    for (const file of spilled()) bytes += statSync(file, { throwIfNoEntry: false })?.size ?? 0
    highest = Math.max(highest, bytes)
  }
  const timer = setInterval(look, 5)
  open.push({ close: () => clearInterval(timer) })
  const made = client.map(make, range(14))
  await client.wait(made)
  expect(await client.gather(client.map(last, made))).toEqual(range(14))
  expect(highest).toBeGreaterThanOrEqual(20 * MB)
  expect(highest).toBeLessThanOrEqual(70 * MB)
  expect(pids()).toEqual(before)
})
