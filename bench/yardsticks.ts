/** What this machine can do without any of us: a C program over sockets, and files written and read. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Figures, median, secondsOf } from './measure.js'

const SOURCE = fileURLToPath(new URL('./loopback/loopback.c', import.meta.url))
const FILE_BYTES = 16 * 2 ** 20
const FILES = 64

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

/** GB/s of 1 GiB that is written to files of 16 MiB and read back, as spilling does. */
export async function files(): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-files-'))
  const bytes = new Uint8Array(FILE_BYTES).fill(7)
  const rates: number[] = []
  for (let run = 0; run < 3; run++) {
    const seconds = await secondsOf(async () => {
      for (let i = 0; i < FILES; i++) await once(join(folder, String(i)), 'w', bytes)
      for (let i = 0; i < FILES; i++) await once(join(folder, String(i)), 'r', bytes)
    })
    rates.push((FILES * FILE_BYTES) / seconds / 1e9)
  }
  rmSync(folder, { recursive: true })
  return { spill: median(rates) }
}

async function once(path: string, how: 'r' | 'w', bytes: Uint8Array): Promise<void> {
  const file = await open(path, how)
  if (how === 'w') await file.writev([bytes])
  else await file.readv([bytes])
  await file.close()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify({ versions: {}, figures: { ...loopback(), ...(await files()) } }))
}
