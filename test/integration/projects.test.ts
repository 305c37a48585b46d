import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const INSTALLED = join(ROOT, 'node_modules')

/** A copy of an example project in a folder of its own, heddle and the tools installed in it by links. */
function installed(name: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `heddle-${name}-`)))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(join(ROOT, 'test/projects', name), folder, { recursive: true })
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
  for (const entry of readdirSync(INSTALLED).filter((entry) => !entry.startsWith('.')))
    symlinkSync(join(INSTALLED, entry), join(folder, 'node_modules', entry))
  symlinkSync(ROOT, join(folder, 'node_modules/heddle'))
  for (const tool of ['tsx', 'tsc', 'ts-node', 'vitest', 'vite', 'esbuild'])
    symlinkSync(join(INSTALLED, '.bin', tool), join(folder, 'node_modules/.bin', tool))
  return folder
}

/** What the project's script prints. */
async function run(folder: string, script: string, more: Record<string, string> = {}): Promise<string> {
  const env = { ...process.env, ...more, NODE_OPTIONS: '', VITEST: '', NO_COLOR: '1' }
  const options = { cwd: folder, timeout: 60_000, env }
  const { stdout, stderr } = await promisify(execFile)('npm', ['run', '--silent', script], options)
  return stdout + stderr
}

/** Of functions that are written in their marks; not where the lines that run are not those of the source. */
const INLINE = ' 7 13'
const NAMED = ''

const printed = (stack: string, capture: string, task = INLINE) => `inline 3
import b
task 12${task}
module 8
map [ 2, 4, 6 ]
stack RangeError no 3 ${stack}
capture HEDDLE_CAPTURE ${capture}
`

describe('one program, as everybody runs it', { timeout: 90_000 }, () => {
  test('plain modules of Node', async () => {
    expect(await run(installed('esm'), 'start')).toBe(printed('tasks.js:6', 'main.js:26:17 halve'))
  })

  test('CommonJS', async () => {
    expect(await run(installed('commonjs'), 'start')).toBe(printed('tasks.js:6', 'main.js:27:19 halve'))
  })

  test('tsx, with path aliases', async () => {
    expect(await run(installed('tsx'), 'start')).toBe(printed('tasks.ts:10', 'src/main.ts:33:17 halve'))
  })

  test('tsx in a CommonJS package', async () => {
    expect(await run(installed('tsx-commonjs'), 'start')).toBe(printed('tasks.ts:10', 'main.ts:34:19 halve'))
  })

  test.each(['input', 'rpc', 'run'])('tsx with Arrow tables, which are those of the program: %s', async (WAY) => {
    expect(await run(installed('tsx-arrow'), 'start', { WAY })).toBe(`${WAY} true\n`)
  })

  test('compiled by tsc', async () => {
    const folder = installed('tsc')
    await run(folder, 'build')
    expect(await run(folder, 'start')).toBe(printed('tasks.ts:10', 'src/main.ts:32:17 halve'))
  })

  test('bundled by esbuild', async () => {
    const folder = installed('esbuild')
    await run(folder, 'build')
    expect(await run(folder, 'start')).toBe(printed('tasks.ts:10', 'src/main.ts:33:17 halve'))
  })

  test('bundled by Vite', async () => {
    const folder = installed('vite')
    await run(folder, 'build')
    expect(await run(folder, 'start')).toBe(printed('tasks.ts:10', 'src/main.ts:30:10 halve', NAMED))
  })

  test('bundled by Vite and minified', async () => {
    const folder = installed('vite')
    await run(folder, 'build', { MINIFY: 'yes' })
    expect(await run(folder, 'start')).toBe(printed('tasks.ts:10', 'src/main.ts:30:18 halve', NAMED))
  })

  test('bundled by webpack', async () => {
    const folder = installed('webpack')
    await run(folder, 'build')
    expect(await run(folder, 'start')).toBe(printed('tasks.ts:10', 'src/main.ts:30:17 halve', NAMED))
  })

  test('run by ts-node, as CommonJS and as ESM', async () => {
    const folder = installed('ts-node')
    expect(await run(folder, 'start')).toBe(printed('tasks.ts:10', 'main.ts:31:19 halve', NAMED))
    expect(await run(folder, 'start-esm')).toBe(printed('tasks.ts:10', 'esm/main.ts:29:17 halve', NAMED))
  })

  test('a package of a workspace', async () => {
    const folder = installed('workspace')
    mkdirSync(join(folder, 'node_modules/@acme'))
    symlinkSync(join(folder, 'packages/lib'), join(folder, 'node_modules/@acme/lib'))
    expect(await run(folder, 'start')).toBe(printed('tasks.ts:10', 'packages/app/src/main.ts:33:17 halve'))
  })

  test('a test of vitest', async () => {
    expect(await run(installed('vitest'), 'start')).toMatch(/1 passed/)
  })
})

describe('what a bundler takes away is said', { timeout: 90_000 }, () => {
  test('names of functions that it shortened', async () => {
    const folder = installed('webpack')
    await run(folder, 'build', { MINIFY: 'yes' })
    await expect(run(folder, 'start')).rejects.toThrow(
      /task\(…\) at src\/main.ts was given '\w', which is no top-level function of that file.*It runs as part of dist\/main.js: if names were shortened there, tell the bundler to keep them/s,
    )
  })

  test('heddle itself, which has to stay outside', async () => {
    const folder = installed('vite')
    await run(folder, 'build', { BUNDLE_ALL: 'yes' })
    await expect(run(folder, 'start')).rejects.toThrow(/heddle was bundled into your program/)
  })
})
