/** What this machine can do without any of us: a C program over sockets, and files written and read. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCases } from './cases.js'
import { type Figures, median, secondsOf } from './measure.js'
import { SPILLED_FILE_BYTES, SPILLED_FILES } from './tasks.js'

const SOURCE = fileURLToPath(new URL('./loopback/loopback.c', import.meta.url))

/** GB/s of the C program over TCP and over a Unix socket; nothing where there is no compiler. */
export function loopback(): Figures {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-loopback-'))
  const program = join(folder, 'loopback')
  try {
    execFileSync('gcc', ['-O2', '-o', program, SOURCE], { stdio: 'ignore' })
    const rate = (kind: 'tcp' | 'unix') => Number(execFileSync(program, [kind], { encoding: 'utf8' }))
    return { transfer: rate('unix'), transferTcp: rate('tcp') }
  } catch {
    return {}
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/**
 * GB/s of as much as spilling writes and reads, from and into one piece of memory. Each run makes new files: to write
 * over old ones is faster. The first run is not counted: it leaves the memory of the machine as the others find it.
 */
export async function files(): Promise<Figures> {
  const bytes = new Uint8Array(new SharedArrayBuffer(SPILLED_FILE_BYTES)).fill(7)
  await filesOnce(bytes)
  const rates: number[] = []
  for (let run = 0; run < 3; run++) rates.push(await filesOnce(bytes))
  return { spill: median(rates) }
}

async function filesOnce(bytes: Uint8Array): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-files-'))
  const seconds = await secondsOf(async () => {
    for (let i = 0; i < SPILLED_FILES; i++) await once(join(folder, String(i)), 'wx', bytes)
    for (let i = 0; i < SPILLED_FILES; i++) await once(join(folder, String(i)), 'r', bytes)
  })
  rmSync(folder, { recursive: true })
  return (SPILLED_FILES * SPILLED_FILE_BYTES) / seconds / 1e9
}

async function once(path: string, how: 'r' | 'wx', bytes: Uint8Array): Promise<void> {
  const file = await open(path, how)
  if (how === 'wx') await file.writev([bytes])
  else await file.readv([bytes])
  await file.close()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const cases = { transfer: async () => loopback(), spill: files }
  await runCases({ versions: {}, figures: {}, failed: [] }, cases, process.argv[2]?.split(','))
}
