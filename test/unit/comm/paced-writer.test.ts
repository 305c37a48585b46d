import { expect, test } from 'vitest'
import { PacedWriter } from '../../../src/comm/paced-writer.js'

/** Half of what leaves in a turn. */
const HALF = 2 * 2 ** 20

/** A socket that takes bytes when told to, and what the writer has said of them. */
function open() {
  const said: string[] = []
  const given: Uint8Array[] = []
  const written: (() => void)[] = []
  const sink = {
    cork() {},
    uncork() {},
    write(bytes: Uint8Array, callback?: () => void) {
      given.push(bytes)
      if (callback) written.push(callback)
    },
  }
  const writer = new PacedWriter(sink, () => {})
  const put = (name: string, ...sizes: number[]) => {
    const pieces = sizes.map((size) => new Uint8Array(size).fill(name.charCodeAt(0)))
    writer.write(
      pieces,
      sizes.reduce((a, b) => a + b, 0),
      () => said.push(name),
    )
  }
  /** The system takes what it was given; gives how much that was. */
  const take = () => {
    const taken = given.reduce((bytes, { byteLength }) => bytes + byteLength, 0)
    given.length = 0
    for (const callback of written.splice(0)) callback()
    return taken
  }
  /** The same, and a turn goes by. */
  const turn = async () => {
    const taken = take()
    await new Promise((resolve) => setImmediate(resolve))
    return taken
  }
  return { writer, said, given, put, take, turn }
}

test('a large piece leaves four MiB a turn, so that the system never copies for long', async () => {
  const { writer, said, put, turn } = open()
  put('a', 5 * HALF + 100)
  expect(writer.pendingBytes).toBe(5 * HALF + 100)
  expect([await turn(), await turn()]).toEqual([2 * HALF, 2 * HALF])
  expect(writer.pendingBytes).toBe(HALF + 100)
  expect(said).toEqual([])
  expect([await turn(), await turn()]).toEqual([HALF + 100, 0])
  expect(said).toEqual(['a'])
  expect(writer.pendingBytes).toBe(0)
})

test('what comes behind a large piece leaves in order, as much at once as fits', async () => {
  const { said, given, put, turn } = open()
  put('a', 3 * HALF)
  for (const name of 'bcd') put(name, 10, 20)
  await turn()
  expect(given.map((bytes) => String.fromCharCode(bytes[0]!)).join('')).toBe('abbccdd')
  expect(await turn()).toBe(HALF + 90)
  expect(said).toEqual(['a', 'b', 'c', 'd'])
  put('e', 5)
  expect(await turn()).toBe(5)
})

test('small pieces do not wait for each other', () => {
  const { given, put } = open()
  put('a', 10)
  put('b', 10)
  expect(given).toHaveLength(2)
})

test('the end comes when all is written', async () => {
  const { writer, put, turn } = open()
  let ended = false
  put('a', 3 * HALF)
  writer.end(() => {
    ended = true
  })
  await turn()
  expect(ended).toBe(false)
  await turn()
  expect(ended).toBe(true)
})

test('what is dropped is told once, and memory that the system still reads only when it has done so', async () => {
  const { writer, said, put, turn } = open()
  put('a', 3 * HALF)
  put('b', 10)
  writer.drop()
  expect(said).toEqual([])
  expect(await turn()).toBe(2 * HALF)
  expect(said).toEqual(['a', 'b'])
  expect(await turn()).toBe(0)
  expect(said).toEqual(['a', 'b'])
})

test('what is dropped between two slices is told at once', () => {
  const { writer, said, put, take } = open()
  put('a', 3 * HALF)
  take()
  writer.drop()
  expect(said).toEqual(['a'])
})
