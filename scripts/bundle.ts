/**
 * Makes few files of many, so that a process starts in a fraction of the time: most of it goes into finding and reading
 * modules one by one. All entries are bundled together into `dist/main`, so that each module is there once; the files
 * that `tsc` made of the entries become pointers to that. `tsc` alone gives the plain files back.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Files that somebody runs or imports by name, and what a pointer has to pass on. */
const ENTRIES: Readonly<Record<string, 'exports' | 'effects' | 'command'>> = {
  'index.ts': 'exports',
  'testing.ts': 'exports',
  'thread-entry.ts': 'effects',
  'process-entry.ts': 'effects',
  'cluster/host-process.ts': 'effects',
  'cluster/worker-process.ts': 'effects',
  'cli/heddle.ts': 'command',
  'cli/dcenter.ts': 'command',
  'cli/dworker.ts': 'command',
}

rmSync(`${ROOT}dist/main`, { recursive: true, force: true })
await build({
  absWorkingDir: ROOT,
  entryPoints: Object.keys(ENTRIES).map((file) => `src/${file}`),
  outdir: 'dist/main',
  // One folder below dist, as the modules were: their URLs relative to themselves stay right.
  entryNames: '[name]',
  chunkNames: '[hash]',
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // Two classes of one name would lose it, and errors say theirs.
  keepNames: true,
  sourcemap: true,
  logLevel: 'warning',
})

keepNamesOfClassesOnly()

for (const [file, kind] of Object.entries(ENTRIES)) {
  const main = `${relative(dirname(file), 'main') || 'main'}/${basename(file, '.ts')}.js`
  const path = main.startsWith('.') ? main : `./${main}`
  const text = kind === 'exports' ? `export * from '${path}'\n` : `import '${path}'\n`
  writeFileSync(
    `${ROOT}dist/${file.replace(/\.ts$/, '.js')}`,
    kind === 'command' ? `#!/usr/bin/env node\n${text}` : text,
  )
}
// Else tsc would believe that its files are still there.
rmSync(`${ROOT}dist/.tsbuildinfo`, { force: true })

/**
 * esbuild gives every function its name anew each time that a closure is made, which costs 11 µs per submit. Only
 * classes need theirs.
 */
function keepNamesOfClassesOnly(): void {
  const helper = 'var __name = (target, value) => __defProp('
  const sparing = "var __name = (target, value) => value < 'A' || value > '[' ? target : __defProp("
  const files = readdirSync(`${ROOT}dist/main`).filter((file) => file.endsWith('.js'))
  const changed = files.filter((file) => {
    const text = readFileSync(`${ROOT}dist/main/${file}`, 'utf8')
    if (text.includes(helper)) writeFileSync(`${ROOT}dist/main/${file}`, text.replace(helper, sparing))
    return text.includes(helper)
  })
  if (changed.length !== 1) throw new Error(`esbuild's helper for names was found ${changed.length} times, not once`)
}
