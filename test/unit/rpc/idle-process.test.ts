import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('a request under way keeps the process alive; idle connections do not, and it ends by itself', async () => {
  const program = fileURLToPath(new URL('./idle-process.mjs', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program], { timeout: 25_000 })
  expect(stdout).toBe('{"waited":true}')
})
