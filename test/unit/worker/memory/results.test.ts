import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const BENCH = fileURLToPath(new URL('../../../../bench/memory.ts', import.meta.url))
const LIMIT_MIB = 256

// On the smaller scale of what bench/memory.ts does with 10 GiB and a limit of 1 GiB.
test.each(['make', 'view'])(
  '2 GiB of results, made and released (%s), fit into 256 MiB',
  async (mode) => {
    const args = ['--import', 'tsx', BENCH, '2048', '16', String(LIMIT_MIB), mode]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 170_000 })
    const { highest, before } = JSON.parse(stdout) as { highest: number; before: number }
    expect(highest - before).toBeLessThan(LIMIT_MIB)
  },
  180_000,
)
