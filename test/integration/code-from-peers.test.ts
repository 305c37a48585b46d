import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Scheduler } from 'heddle'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { heddle } from './command.js'

interface Tasks {
  value(): string
}

let folder: string
let scheduler: Scheduler
let client: Client
const commands: { end(): Promise<unknown> }[] = []

/** As a process of its own. */
async function worker(name: string): Promise<{ end(): Promise<unknown> }> {
  const command = heddle('worker', scheduler.address, '--name', name, '--nthreads', '1', '--no-nanny')
  const one = { end: () => command.signal('SIGTERM') }
  commands.push(one)
  await vi.waitFor(
    async () => expect([...(await client.workers()).values()].map((w) => w.name)).toContain(name),
    20_000,
  )
  return one
}

/** The scheduler has room for little code: what a worker has it lets go when more comes. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-peers-'))
  scheduler = await new Scheduler({ port: 0, codeBudget: 1000 }).start()
  client = await Client.connect(scheduler.address)
})

afterEach(async () => {
  await client.close()
  await Promise.all(commands.splice(0).map((one) => one.end()))
  await scheduler.close()
  rmSync(folder, { recursive: true, force: true })
})

async function load(): Promise<Tasks> {
  const filling = `export const filling = '${'x'.repeat(100_000)}'`
  writeFileSync(join(folder, 'tasks.ts'), `${filling}\nexport const value = () => 'of ' + filling.length`)
  return await client.module<Tasks>(join(folder, 'tasks.ts'))
}

const on = (name: string) => client.with({ workers: name })

test('a worker gets code and files from a worker that has them, when the scheduler has let them go', async () => {
  await worker('alice')
  await worker('bob')
  writeFileSync(join(folder, 'words.txt'), 'word '.repeat(1000))
  await client.upload(join(folder, 'words.txt'))
  const tasks = await load()
  expect(await on('alice').submit(tasks.value).result()).toBe('of 100000')
  expect(
    await on('alice')
      .submit(() => 1)
      .result(),
  ).toBe(1)
  expect(await on('bob').submit(tasks.value).result()).toBe('of 100000')
})

test('which is where they come from: without that worker nobody has them', async () => {
  const alice = await worker('alice')
  await worker('bob')
  const tasks = await load()
  expect(await on('alice').submit(tasks.value).result()).toBe('of 100000')
  expect(
    await on('alice')
      .submit(() => 1)
      .result(),
  ).toBe(1)
  await alice.end()
  const orphaned = on('bob').submit(tasks.value)
  await expect(orphaned.result()).rejects.toMatchObject({ code: 'HEDDLE_LOAD' })
  await expect(orphaned.result()).rejects.toThrow(/nobody has the code \w{8} of this task any more; submit it again/)
  expect(await on('bob').submit(tasks.value).result()).toBe('of 100000')
})
