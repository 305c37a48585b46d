import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'heddle'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { built, Command } from './command.js'

const INSTALLED = fileURLToPath(new URL('../../node_modules', import.meta.url))

interface Tasks {
  plain(text: string): string
  key(): string
  speed(): number
}

const FILES = {
  'tasks.ts': `
    import { createColors } from 'picocolors'
    import { taskContext } from 'heddle'
    import { count } from './lib/count'
    export const plain = (text: string): string => createColors(false).bold(text) + count(text)
    export const key = (): string => taskContext().key`,
  'lib/count.ts': 'export const count = (text: string): number => text.length',
  'native.ts': `
    import { speed as measured } from 'fast'
    export const speed = (): number => measured`,
  'node_modules/fast/package.json': '{ "name": "fast", "version": "1.2.3", "gypfile": true }',
  'node_modules/fast/index.js': 'exports.speed = 4',
}

let project: string
let empty: string
let scheduler: Command
let worker: Command
let client: Client

// The worker's folder has neither the project's files nor its packages.
beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'heddle-project-'))
  empty = mkdtempSync(join(tmpdir(), 'heddle-empty-'))
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(project, name)), { recursive: true })
    writeFileSync(join(project, name), text)
  }
  symlinkSync(join(INSTALLED, 'picocolors'), join(project, 'node_modules/picocolors'))
  scheduler = new Command(built('cli/heddle.js'), ['scheduler', '--port', '0', '--no-dashboard'], {}, empty)
  const [, address] = await scheduler.says(/^Start scheduler at (\S+:\d+)$/)
  worker = new Command(built('cli/heddle.js'), ['worker', address!, '--nthreads', '1', '--no-nanny'], {}, empty)
  client = await Client.connect(address!)
})

afterAll(async () => {
  await client?.close()
  await Promise.all([worker, scheduler].map((command) => command?.signal('SIGTERM')))
  for (const folder of [project, empty]) rmSync(folder, { recursive: true, force: true })
})

describe('a worker that was started in another folder', () => {
  test('runs a module with its helpers and packages', async () => {
    const tasks = await client.module<Tasks>(join(project, 'tasks.ts'))
    expect(await client.submit(tasks.plain, 'abc').result()).toBe('abc3')
  })

  test('gives modules its own heddle', async () => {
    const tasks = await client.module<Tasks>(join(project, 'tasks.ts'))
    const future = client.submit(tasks.key)
    expect(await future.result()).toBe(future.key)
  })

  test('says which native package it lacks', async () => {
    const tasks = await client.module<Tasks>(join(project, 'native.ts'))
    rmSync(join(project, 'node_modules/fast'), { recursive: true })
    const failing = client.submit(tasks.speed).result()
    await expect(failing).rejects.toMatchObject({ code: 'HEDDLE_NATIVE' })
    await expect(failing).rejects.toThrow(/'native.ts' imports 'fast', a native module.*Run 'npm i fast@1.2.3' here/)
  })
})
