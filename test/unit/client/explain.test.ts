import { afterEach, beforeEach, expect, test } from 'vitest'
import { Client } from '../../../src/client/client.js'
import { Scheduler } from '../../../src/scheduler/scheduler.js'
import { QUIET } from './fake-scheduler.js'

let scheduler: Scheduler
let client: Client

beforeEach(async () => {
  scheduler = await new Scheduler({ port: 0, logger: QUIET }).start()
  client = await Client.connect(scheduler.address, { logger: QUIET })
})

afterEach(async () => {
  await client.close()
  await scheduler.close()
})

const length = (xs: Uint8Array) => xs.length

test('a task whose large argument waits for a worker is in the client, and why', async () => {
  const large = client.submit(length, new Uint8Array(64 * 2 ** 20))
  const after = client.map((x: number) => x, [1, 2])
  for (const future of [large, ...after])
    expect(await client.explain(future)).toMatchObject({
      key: future.key,
      state: 'unsent',
      obstacle: 'large-argument',
      text: expect.stringContaining(`${future.key} waits in this client`),
    })
  expect(await client.explain(`${after[0]!.key}9`)).toMatchObject({ state: 'unknown' })
})

test('a task beyond what one client may have at the scheduler is in the client, and why', async () => {
  const part = new Uint8Array(3 * 2 ** 20)
  const futures = Array.from({ length: 120 }, () => client.submit(length, part.slice()))
  expect(await client.explain(futures[0]!)).toMatchObject({
    state: 'unsent',
    text: expect.stringMatching(/on its way/),
  })
  await expect.poll(() => client.explain(futures[0]!)).toMatchObject({ obstacle: 'no-workers' })
  expect(await client.explain(futures.at(-1)!)).toMatchObject({ state: 'unsent', obstacle: 'window' })
})
