import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Encoded } from '../../../../src/values/encoded.js'
import { Arena } from '../../../../src/worker/memory/arena.js'
import { SpillFiles } from '../../../../src/worker/store/spill-files.js'
import { Store, type StoreLimits } from '../../../../src/worker/store/store.js'

const KB = 10_000
let parent: string
let directory: string
const stores: Store[] = []

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'heddle-spill-'))
  directory = join(parent, 'spilled')
})

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
  rmSync(parent, { recursive: true, force: true })
})

function files(): string[] {
  try {
    return readdirSync(directory).map((name) => join(directory, name))
  } catch {
    return []
  }
}

/** A store that holds so many values of 10 kB in memory, and what it said. */
function open(values: number, limits: StoreLimits = {}, disk?: SpillFiles) {
  const arena = new Arena()
  const store = new Store(arena, { targetBytes: values * KB, ...limits })
  const lost: string[] = []
  const obstacles: string[] = []
  const files = disk ?? new SpillFiles({ directory, allocate: (nbytes) => arena.allocate(nbytes) })
  store.openDisk(files, {
    onLost: (key, reason) => lost.push(`${key}: ${reason}`),
    onObstacle: (reason) => obstacles.push(reason),
  })
  stores.push(store)
  /** A value of `nbytes`, full of one number. */
  const value = (fill: number, nbytes = KB - 10) => {
    const buffer = arena.allocate(nbytes)
    buffer.fill(fill)
    return new Encoded(new Uint8Array(10).fill(fill), [buffer], nbytes)
  }
  const put = (...keys: string[]) => {
    for (const key of keys) store.put(key, value(key.charCodeAt(0)))
  }
  const read = async (key: string) => {
    const found = await store.load(key)
    return found && [found.nbytes, found.head.length, ...new Set([...found.head, ...found.buffers[0]!])]
  }
  return { arena, store, lost, obstacles, value, put, read }
}

const inMemory = (store: Store) => [...store.keys()].filter((key) => store.get(key) !== undefined)

test('what was not used for longest goes to disk, and is there as it was when somebody loads it', async () => {
  const { store, put, read } = open(3)
  put('a', 'b', 'c')
  store.get('a')
  put('d', 'e')
  await expect.poll(() => store.memoryBytes).toBe(3 * KB)
  expect(inMemory(store)).toEqual(['a', 'd', 'e'])
  expect([store.size, store.memoryBytes, store.spilledBytes]).toEqual([5, 3 * KB, 2 * KB])
  expect(store.get('b')).toBeUndefined()
  expect([store.has('b'), store.sizeOf('b')]).toEqual([true, KB])
  expect(await read('b')).toEqual([KB - 10, 10, 'b'.charCodeAt(0)])
})

test('what is read back once leaves first, what is read again counts as used like all others', async () => {
  const { store, put, read } = open(3)
  const isSettled = () => expect.poll(() => store.memoryBytes).toBe(3 * KB)
  put('a', 'b', 'c', 'd', 'e')
  await isSettled()
  await read('b')
  await isSettled()
  expect(inMemory(store)).toEqual(['c', 'd', 'e'])
  await read('b')
  await isSettled()
  expect(inMemory(store)).toEqual(['b', 'd', 'e'])
})

test('many values can be read at once, and none is waited for in vain', async () => {
  const { store, put, read } = open(1)
  const keys = [...'abcdefghijklmnop']
  put(...keys)
  await expect.poll(() => store.memoryBytes).toBe(KB)
  const all = await Promise.all(keys.map(read))
  expect(all).toEqual(keys.map((key) => [KB - 10, 10, key.charCodeAt(0)]))
})

test('what is being written can be read, used and deleted meanwhile', async () => {
  const { store, put, read } = open(2)
  put('a', 'b', 'c', 'd')
  expect(inMemory(store)).toEqual(['a', 'b', 'c', 'd'])
  const loaded = store.load('a')
  store.delete('b')
  store.put('a', (await loaded)!)
  await expect.poll(() => store.memoryBytes).toBe(2 * KB)
  expect([...store.keys()].sort()).toEqual(['a', 'c', 'd'])
  for (const key of ['a', 'c', 'd']) expect(await read(key)).toContain(key.charCodeAt(0))
})

test('memory that was let go serves again, and never before its readers are done', async () => {
  const { arena, store, put, value } = open(4)
  const held = (found: Encoded) => {
    arena.retain(found)
    return found
  }
  for (let i = 0; i < 200; i++) {
    store.put(`k${i}`, value(i % 251))
    if (i % 10 === 9) {
      await expect.poll(() => store.memoryBytes).toBeLessThanOrEqual(4 * KB)
      const keys = Array.from({ length: 5 }, (_, j) => (i * 7 + j * 13) % (i + 1))
      const read = await Promise.all(keys.map(async (key) => held((await store.load(`k${key}`))!)))
      for (const [j, found] of read.entries()) {
        expect(new Set(found.buffers[0])).toEqual(new Set([keys[j]! % 251]))
        arena.release(found)
      }
    }
  }
  put('z')
  await expect.poll(() => arena.ownedBytes).toBeLessThan(6 * KB)
})

test('a value larger than what may be in memory goes first, and the others stay', async () => {
  const { store, put, value } = open(3)
  put('a', 'b')
  store.put('big', value(9, 5 * KB))
  await expect.poll(() => inMemory(store)).toEqual(['a', 'b'])
  expect((await store.load('big'))?.nbytes).toBe(5 * KB)
  expect(store.memoryBytes).toBe(7 * KB + 10)
  await expect.poll(() => inMemory(store)).toEqual(['a', 'b'])
})

test('a thousand small values share a few files, which go with the last of them', async () => {
  const { store, value } = open(1)
  for (let i = 0; i < 1000; i++) store.put(`k${i}`, value(i % 250, 100))
  await expect.poll(() => store.memoryBytes).toBeLessThanOrEqual(KB)
  expect(files().length).toBeLessThan(20)
  expect((await store.load('k17'))!.head[0]).toBe(17)
  store.clear()
  await expect.poll(files).toEqual([])
  expect([store.size, store.memoryBytes, store.spilledBytes]).toEqual([0, 0, 0])
})

test('what is overwritten or deleted leaves no file', async () => {
  const { store, put } = open(1)
  put('a', 'b', 'c')
  await expect.poll(() => store.spilledBytes).toBe(2 * KB)
  put('a')
  await expect.poll(() => store.memoryBytes).toBe(KB)
  store.delete('b')
  store.delete('c')
  store.delete('a')
  await expect.poll(files).toEqual([])
})

test('no more goes to disk than maxSpill says; the rest stays in memory, and that is said once', async () => {
  const { store, put, obstacles } = open(1, { maxSpillBytes: 2.5 * KB })
  put('a', 'b', 'c', 'd', 'e')
  await expect.poll(() => obstacles.length).toBe(1)
  expect(obstacles[0]).toMatch(/maxSpill allows 25000 bytes/)
  expect(store.obstacle).toBe(obstacles[0])
  put('f')
  expect(await store.evict(KB)).toBe(0)
  expect(obstacles).toHaveLength(1)
  for (const key of 'abcdef') expect(await store.load(key)).toBeDefined()
})

test('a value may be written before it counts as here; then it takes no memory', async () => {
  const { store, value } = open(1)
  const big = value(3, 4 * KB)
  await store.secure(big)
  expect(files()).toHaveLength(1)
  store.put('big', big)
  await expect.poll(() => store.memoryBytes).toBe(0)
  expect(store.spilledBytes).toBe(4 * KB + 10)
  const unwanted = value(4, 4 * KB)
  await store.secure(unwanted)
  store.forgo(unwanted)
  await expect.poll(() => files().length).toBe(1)
})

test('F14: a directory that somebody removed is made again, and what was in it is said to be lost', async () => {
  const { store, put, lost } = open(1)
  put('a', 'b')
  await expect.poll(() => store.spilledBytes).toBe(KB)
  rmSync(directory, { recursive: true })
  put('c')
  await expect.poll(() => store.spilledBytes).toBe(2 * KB)
  expect(await store.load('a')).toBeUndefined()
  expect(lost).toEqual([expect.stringMatching(/^a: it was on disk and could not be read back: ENOENT/)])
  expect([...store.keys()]).toEqual(['b', 'c'])
  expect(await store.load('b')).toBeDefined()
})

test('a file that was cut short or changed is noticed', async () => {
  const { store, value, lost } = open(1)
  for (const key of ['a', 'b']) store.put(key, value(7, 2 * 2 ** 20))
  await expect.poll(() => store.memoryBytes).toBe(0)
  // The later value went first.
  const [second, first] = files().sort() as [string, string]
  truncateSync(first, 1000)
  writeFileSync(second, Buffer.alloc(3 * 2 ** 20))
  const read = await Promise.all([store.load('a'), store.load('b')])
  expect(read).toEqual([undefined, undefined])
  expect([...lost].sort()).toEqual([
    expect.stringMatching(/^a: .*shorter/),
    expect.stringMatching(/^b: .*not what was written/),
  ])
  expect([store.size, store.spilledBytes]).toEqual([0, 0])
})

test('F13: a full disk loses nothing, and is tried again', async () => {
  const full = new SpillFiles({ directory, allocate: (nbytes) => new Uint8Array(nbytes) })
  const { write } = SpillFiles.prototype
  let isFull = true
  full.write = async (values) => {
    if (!isFull) return write.call(full, values)
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  }
  const { store, put } = open(1, {}, full)
  put('a', 'b', 'c')
  await expect.poll(() => store.obstacle).toMatch(/ENOSPC/)
  expect(inMemory(store)).toEqual(['a', 'b', 'c'])
  await expect(store.secure(store.get('a')!)).rejects.toThrow('ENOSPC')
  isFull = false
  const relieved = () => {
    store.relieve()
    return [store.memoryBytes, store.obstacle]
  }
  await expect.poll(relieved).toEqual([KB, undefined])
})
