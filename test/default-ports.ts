import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from '../src/nanny/alive.js'

const LOCK = join(tmpdir(), 'heddle-test-default-ports')

/**
 * Runs a test that needs the ports 8786 and 8787 themselves: test files run side by side, these must not. A lock left
 * by a process that is gone is taken over.
 */
export async function withDefaultPorts<T>(run: () => Promise<T>): Promise<T> {
  while (!(await take())) await new Promise((resolve) => setTimeout(resolve, 20))
  try {
    return await run()
  } finally {
    rmSync(LOCK, { recursive: true, force: true })
  }
}

async function take(): Promise<boolean> {
  try {
    mkdirSync(LOCK)
    writeFileSync(join(LOCK, 'pid'), String(process.pid))
    return true
  } catch {
    const holder = Number(await readFile(join(LOCK, 'pid'), 'utf8').catch(() => String(process.ppid)))
    if (!isAlive(holder)) rmSync(LOCK, { recursive: true, force: true })
    return false
  }
}
