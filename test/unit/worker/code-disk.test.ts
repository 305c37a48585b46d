import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ship } from '../../../src/code/identity.js'
import { CodeDisk } from '../../../src/worker/code-disk.js'
import { CodeSource } from '../../../src/worker/code-source.js'

const one = ship(() => 1).artefact
const two = ship(() => 2).artefact
const size = JSON.stringify(one).length
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'heddle-disk-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

test('code that was put there is there', async () => {
  const disk = new CodeDisk(join(directory, 'code'))
  disk.put(one)
  expect(await disk.get(one.hash)).toEqual(one)
  expect(await disk.get(two.hash)).toBeUndefined()
})

test('code that was changed on the disk is not used', async () => {
  const disk = new CodeDisk(directory)
  disk.put(one)
  await disk.get(one.hash)
  await writeFile(join(directory, `${one.hash}.json`), JSON.stringify({ ...one, body: 'return { lambda: () => 2 }' }))
  expect(await disk.get(one.hash)).toBeUndefined()
})

test('beyond its size the least lately used goes', async () => {
  const disk = new CodeDisk(directory, size)
  disk.put(one)
  disk.put(two)
  expect(await disk.get(two.hash)).toEqual(two)
  expect(await disk.get(one.hash)).toBeUndefined()
  expect(await readdir(directory)).toEqual([`${two.hash}.json`])
})

test('what neither disk nor scheduler has comes from a peer, checked', async () => {
  const asked: string[] = []
  const source = new CodeSource({
    disk: new CodeDisk(directory),
    localDirectory: directory,
    askScheduler: async () => ({ status: 'OK', artefact: null, workers: ['tcp://a:1', 'tcp://b:1', 'tcp://c:1'] }),
    peers: {
      request: async (address: string) => {
        asked.push(address)
        if (address === 'tcp://a:1') throw new Error('gone')
        return { status: 'OK', artefact: address === 'tcp://b:1' ? { ...one, body: 'return {}' } : one } as never
      },
    },
  })
  const [first, second] = await Promise.all([source.fetch(one.hash), source.fetch(one.hash)])
  expect(first).toEqual(one)
  expect(second).toBe(first)
  expect(asked).toEqual(['tcp://a:1', 'tcp://b:1', 'tcp://c:1'])
})
