import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeLocalDirectory, removeLocalDirectory } from '../../../src/worker/local-directory.js'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-local-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The id of a process that has ended. */
function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  return new Promise((resolve) => child.once('exit', () => resolve(child.pid!)))
}

function leftover(name: string, owner: object): string {
  const directory = join(folder, name)
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'owner.json'), JSON.stringify(owner))
  writeFileSync(join(directory, 'data'), 'x')
  return directory
}

test('S39: two workers never share one, and each goes when its worker ends', async () => {
  const [a, b] = await Promise.all([makeLocalDirectory(folder), makeLocalDirectory(folder)])
  expect(basename(a)).toMatch(/^heddle-worker-\w{6}$/)
  expect(a).not.toBe(b)
  await removeLocalDirectory(a)
  await removeLocalDirectory(a)
  expect(existsSync(a)).toBe(false)
  expect(existsSync(b)).toBe(true)
})

test('a parent that is not there is made', async () => {
  expect(existsSync(await makeLocalDirectory(join(folder, 'deep', 'down')))).toBe(true)
})

test('what a dead process left behind is removed', async () => {
  const left = leftover('heddle-worker-dead01', { pid: await deadPid(), began: '1' })
  await makeLocalDirectory(folder)
  expect(existsSync(left)).toBe(false)
})

test('a process id that was given to another process since does not protect it', async () => {
  const left = leftover('heddle-worker-reused', { pid: process.pid, began: '1' })
  await makeLocalDirectory(folder)
  expect(existsSync(left)).toBe(!existsSync('/proc/self/stat'))
})

test('what is in use, or not ours, or not known to be anybody’s stays', async () => {
  const used = await makeLocalDirectory(folder)
  const owner = JSON.parse(readFileSync(join(used, 'owner.json'), 'utf8'))
  expect(owner.pid).toBe(process.pid)
  const pid = await deadPid()
  const kept = [
    leftover('somebody-elses', { pid }),
    leftover('heddle-worker-odd', { pid: 'x' }),
    join(folder, 'heddle-worker-empty'),
  ]
  mkdirSync(kept[2]!)
  writeFileSync(join(folder, 'heddle-worker-file'), '')
  await makeLocalDirectory(folder)
  for (const directory of [used, ...kept]) expect(existsSync(directory), directory).toBe(true)
})

test('the directory that a killed nanny had made around one goes with it', async () => {
  leftover('heddle-worker-outer/heddle-worker-inner', { pid: await deadPid(), began: '1' })
  const made = await makeLocalDirectory(folder)
  expect(readdirSync(folder)).toEqual([basename(made)])
})
