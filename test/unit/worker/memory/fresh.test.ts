import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { freshMemory } from '../../../../src/worker/memory/fresh.js'

const MIB = 2 ** 20

test('fresh memory is zeroed, shared and of the size that was asked for', () => {
  for (const nbytes of [4096, 65_536, MIB, MIB + 4096, 18 * MIB, 40 * MIB]) {
    const memory = freshMemory(nbytes)
    expect(memory).toBeInstanceOf(SharedArrayBuffer)
    expect(memory.byteLength).toBe(nbytes)
    expect(new Uint8Array(memory).every((byte) => byte === 0)).toBe(true)
  }
})

/** Prints how many MiB of 60 blocks of 16 MiB stay in RSS when all but every tenth are gone. */
const program = `
  import { collectGarbage } from '${new URL('../../../../src/worker/memory/collect.ts', import.meta.url)}'
  import { freshMemory } from '${new URL('../../../../src/worker/memory/fresh.ts', import.meta.url)}'
  const MIB = ${MIB}
  const full = () => {
    const memory = freshMemory(16 * MIB)
    new Uint8Array(memory).fill(1)
    return memory
  }
  // From the first one on that it was given back, an allocator may know better than to map the next.
  for (let i = 0; i < 3; i++) full()
  collectGarbage()
  const before = process.memoryUsage.rss()
  let kept = Array.from({ length: 60 }, full)
  kept = kept.filter((_, i) => i % 10 === 9)
  collectGarbage()
  await new Promise((resolve) => setTimeout(resolve, 100))
  collectGarbage()
  console.log((process.memoryUsage.rss() - before) / MIB, kept.length)
`

test('what is dropped leaves RSS, whatever lies beside it', async () => {
  const args = ['--import', 'tsx', '--input-type=module', '-e', program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 25_000 })
  const [mebibytes, blocks] = stdout.split(' ').map(Number)
  expect(blocks).toBe(6)
  expect(mebibytes).toBeLessThan(2 * 6 * 16)
})
