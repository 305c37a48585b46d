import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'heddle'
import { expect, onTestFinished, test } from 'vitest'
import { Command } from './command.js'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const PROJECT = {
  'tsconfig.json': '{ "compilerOptions": { "baseUrl": ".", "paths": { "@lib/*": ["src/lib/*"] } } }',
  'package.json': '{ "name": "project", "type": "module" }',
  'data/rates.json': '{ "standard": 0.19, "names": ["Ada", "Grace"] }',
  'src/lib/tax.ts': `
    import rates from '../../data/rates.json'
    export enum Kind { Net = 'net', Gross = 'gross' }
    export const taxed = (net: number): number => net * (1 + rates.standard)
    export const names: readonly string[] = rates.names`,
  'src/tasks.ts': `
    import { createColors } from 'picocolors'
    import { Kind, names, taxed } from '@lib/tax'
    export interface Bill { readonly who: string; readonly gross: number; readonly kind: Kind }
    export const bill = (who: number, net: number): Bill =>
      ({ who: createColors(true).bold(names[who]!), gross: Math.round(taxed(net)), kind: Kind.Gross })
    export function fail(bill: Bill): never {
      throw new RangeError('too much: ' + bill.gross)
    }`,
}

type Tasks = { bill(who: number, net: number): { gross: number }; fail(bill: { gross: number }): never }

function folderFor(what: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `heddle-${what}-`)))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Heddle as npm would install it into an empty folder: what its package holds, and the packages that it needs. */
function installHeddle(): string {
  const folder = folderFor('only')
  const options = { cwd: ROOT, encoding: 'utf8' as const }
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], options),
  ) as { filename: string }[]
  const home = join(folder, 'node_modules/heddle')
  mkdirSync(home, { recursive: true })
  execFileSync('tar', ['xzf', join(folder, packed!.filename), '--strip-components=1', '-C', home])
  rmSync(join(folder, packed!.filename))
  const needed = execFileSync('npm', ['ls', '--omit=dev', '--omit=peer', '--all', '--parseable'], options)
  for (const path of needed.trim().split('\n').slice(1)) {
    if (existsSync(path)) cpSync(path, join(folder, relative(ROOT, path)), { recursive: true, dereference: true })
  }
  return folder
}

function writeProject(): string {
  const folder = folderFor('project')
  for (const [name, text] of Object.entries(PROJECT)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  cpSync(join(ROOT, 'node_modules/picocolors'), join(folder, 'node_modules/picocolors'), { recursive: true })
  return folder
}

test('a project with path aliases, a JSON import and a package runs where nothing but Heddle is', {
  timeout: 120_000,
}, async () => {
  const folder = installHeddle()
  expect(readdirSync(join(folder, 'node_modules'))).not.toContain('picocolors')
  const heddle = join(folder, 'node_modules/heddle/dist/cli/heddle.js')
  const scheduler = new Command(heddle, ['scheduler', '--port', '0', '--no-dashboard'], {}, folder)
  const [, address] = await scheduler.says(/^Start scheduler at (\S+:\d+)$/)
  const worker = new Command(heddle, ['worker', address!, '--nthreads', '2', '--no-nanny'], {}, folder)
  onTestFinished(async () => {
    await Promise.all([worker.signal('SIGTERM'), scheduler.signal('SIGTERM')])
  })
  const client = await Client.connect(address!)
  onTestFinished(() => client.close())
  const project = writeProject()
  const tasks = await client.module<Tasks>(join(project, 'src/tasks.ts'))
  rmSync(project, { recursive: true })

  const bill = client.submit(tasks.bill, 1, 100)
  expect(await bill.result()).toEqual({ who: '\u001b[1mGrace\u001b[22m', gross: 119, kind: 'gross' })
  const error = (await client.submit(tasks.fail, bill).exception()) as Error
  expect(error).toMatchObject({ name: 'RangeError', message: 'too much: 119' })
  expect(error.stack).toContain(`at fail (${join(project, 'src/tasks.ts')}:8:13)`)
  expect(error.stack).toMatch(/on worker \S+ \(pid \d+\), task fail-\w+, attempt 1/)
})
