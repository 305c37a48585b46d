import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const INSTALLED = fileURLToPath(new URL('../../../node_modules', import.meta.url))

/** A folder with these files for the time of one test. `link`: packages of this repository to be found in it. */
export function projectOf(files: Record<string, string>, { link = [] }: { link?: string[] } = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heddle-code-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  for (const name of link) {
    mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true })
    symlinkSync(join(INSTALLED, name), join(folder, 'node_modules', name))
  }
  return folder
}
