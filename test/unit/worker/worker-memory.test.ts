/** A worker whose values do not all fit in its memory, seen from outside. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { ship } from '../../../src/code/identity.js'
import type { WorkerRequests } from '../../../src/protocol/requests.js'
import { ConnectionPool } from '../../../src/rpc/pool.js'
import { decode } from '../../../src/values/decode.js'
import { encodeWithRefs } from '../../../src/values/encode.js'
import { FUTURE_KEY } from '../../../src/values/future-ref.js'
import { Worker, type WorkerOptions } from '../../../src/worker/worker.js'
import { FakeCenter, QUIET } from './fake-center.js'
import { HandExecutor } from './hand-executor.js'

const open: { close(): Promise<unknown> }[] = []
const pool = new ConnectionPool()

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

/** Its limit is 1 MB, of which values may take 600 kB. */
async function start(options: WorkerOptions = {}) {
  const center = await new FakeCenter().listen()
  const executor = new HandExecutor()
  const limits = { memoryLimit: 1e6, memoryOf: 'values' } as const
  const worker = new Worker(center.address, { executor, validate: true, logger: QUIET, ...limits, ...options })
  open.push(worker, center)
  await worker.start()
  const spilled = join(worker.localDirectory!, 'spilled')
  return { center, executor, worker, spilled }
}

const large = (fill: number) => new Uint8Array(190_000).fill(fill)

function fill(worker: Worker, count: number): void {
  for (let i = 0; i < count; i++) worker.data.set(`k${i}`, large(i))
}

function isOnDisk(worker: Worker, key: string): boolean {
  try {
    return worker.data.get(key) === undefined
  } catch (error) {
    return (error as { code?: string }).code === 'HEDDLE_ON_DISK'
  }
}

function ask<Op extends keyof WorkerRequests>(
  of: Worker,
  op: Op,
  fields: WorkerRequests[Op]['ask'],
): Promise<WorkerRequests[Op]['reply']> {
  return pool.request(of.address, op, fields)
}

function compute(of: Worker, key: string, ...keys: string[]) {
  const { ref, artefact } = ship((x: Uint8Array) => x.length)
  const { encoded, refs } = encodeWithRefs(keys.map((one) => ({ [FUTURE_KEY]: one })))
  return ask(of, 'compute', { key, function: ref, code: [artefact], args: encoded, deps: [...refs] })
}

test('a value on disk is still there: get says how to have it, load gives it', async () => {
  const { worker } = await start()
  fill(worker, 5)
  await expect.poll(() => isOnDisk(worker, 'k0')).toBe(true)
  expect(() => worker.data.get('k0')).toThrow("'await worker.data.load(key)'")
  expect(worker.data.has('k0')).toBe(true)
  expect(worker.data.size).toBe(5)
  expect(await worker.data.load('k0')).toEqual(large(0))
})

test('peers and tasks get values from disk like all others', async () => {
  const { worker, executor } = await start()
  fill(worker, 6)
  await expect.poll(() => isOnDisk(worker, 'k0')).toBe(true)
  const { data } = await ask(worker, 'get_data', { keys: ['k5', 'k0', 'k1', 'nothing'] })
  expect([...data].map(([key, value]) => [key, decode(value)]).sort()).toEqual(
    [0, 1, 5].map((i) => [`k${i}`, large(i)]),
  )
  const reply = compute(worker, 'z', 'k0', 'k1', 'k2', 'k3', 'k4', 'k5')
  await expect.poll(() => executor.jobs.has('z')).toBe(true)
  const inputs = [...executor.jobs.get('z')!.inputs]
  expect(inputs.map(([key, value]) => [key, decode(value)])).toEqual([0, 1, 2, 3, 4, 5].map((i) => [`k${i}`, large(i)]))
  executor.succeed('z', 1)
  expect(await reply).toMatchObject({ status: 'OK' })
})

test('heartbeats say how much is in memory and how much on disk', async () => {
  const { worker, center } = await start()
  fill(worker, 6)
  await expect.poll(() => center.metrics?.spilled_bytes).toBeGreaterThan(500_000)
  expect(center.metrics!.managed_bytes).toBeLessThan(600_000)
})

test('F14: what is lost with its directory is reported, and the worker goes on', async () => {
  const { worker, center, spilled } = await start()
  fill(worker, 5)
  await expect.poll(() => isOnDisk(worker, 'k0')).toBe(true)
  rmSync(worker.localDirectory!, { recursive: true })
  expect(await compute(worker, 'z', 'k0', 'k4')).toEqual({ status: 'missing', missing: ['k0'] })
  await expect
    .poll(() => center.said)
    .toContainEqual(expect.objectContaining({ op: 'release-worker-data', keys: ['k0'] }))
  worker.data.set('k0', large(9))
  await expect.poll(() => readdirSync(spilled).length).toBeGreaterThan(0)
  expect(await worker.data.load('k0')).toEqual(large(9))
})

test('a result that is too large for memory is on disk before anybody hears of it', async () => {
  const { worker, executor } = await start()
  const reply = compute(worker, 'z')
  await expect.poll(() => executor.jobs.has('z')).toBe(true)
  executor.succeed('z', new Uint8Array(900_000).fill(3))
  expect(await reply).toMatchObject({ status: 'OK', nbytes: 900_000 })
  await expect.poll(() => isOnDisk(worker, 'z')).toBe(true)
  expect(await worker.data.load('z')).toEqual(new Uint8Array(900_000).fill(3))
})

test('F13: a task whose result fits neither in memory nor on disk fails with that reason', async () => {
  const { worker, executor } = await start({ maxSpill: 1000 })
  const reply = compute(worker, 'z')
  await expect.poll(() => executor.jobs.has('z')).toBe(true)
  executor.succeed('z', new Uint8Array(900_000))
  const { error } = (await reply) as { error: Parameters<typeof decode>[0] }
  expect(decode(error)).toMatchObject({
    code: 'HEDDLE_DISK_FULL',
    message: expect.stringMatching(/^the result of z is 900 kB, .*maxSpill allows 1000 bytes/),
  })
  worker.data.set('x', 1)
  expect(worker.data.get('x')).toBe(1)
})

test('without thresholds everything stays in memory', async () => {
  const { worker } = await start({ memoryTarget: false, memorySpill: false, memoryPause: false })
  fill(worker, 10)
  expect(await ask(worker, 'ping', {})).toEqual({ status: 'OK' })
  for (let i = 0; i < 10; i++) expect(isOnDisk(worker, `k${i}`)).toBe(false)
})
