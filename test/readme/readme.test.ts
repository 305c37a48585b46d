import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withDefaultPorts } from '../default-ports.js'
import { built, Command } from '../integration/command.js'
import { type Block, blocksOf } from './blocks.js'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const README = readFileSync(join(ROOT, 'README.md'), 'utf8')
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const BINS: Record<string, string> = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).bin

const blocks = blocksOf(README)
const programs = blocks.filter(({ language }) => language === 'ts' || language === 'js')
const shells = blocks.filter(({ language }) => language === 'sh').map(({ code }) => code.trim().split('\n'))

/** A folder as after `npm i heddle`, with every program of the page in it. */
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-readme-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(ROOT, join(folder, 'node_modules/heddle'), 'dir')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  for (const { file, code } of programs) writeFileSync(join(folder, file), code)
})

afterAll(() => rmSync(folder, { recursive: true }))

async function run({ file, language }: Block): Promise<Command> {
  const path = join(folder, file)
  const args = language === 'ts' ? ['--import', TSX, path] : [path]
  const command = new Command(args[0]!, args.slice(1), {}, folder)
  const { code } = await command.ended
  expect({ code, stderr: command.stderr }).toEqual({ code: 0, stderr: '' })
  return command
}

/** `heddle worker 127.0.0.1:8786` as it stands on the page. */
function start(line: string): Command {
  const [name = '', ...args] = line.replace(/^\$ /, '').split(' ')
  return new Command(built(BINS[name]!.replace('./dist/', '')), args)
}

const needsScheduler = ({ code }: Block) => code.includes('tcp://127.0.0.1:8786')
const isModule = ({ file }: Block) => file === 'tasks.ts'

describe('the README', () => {
  test('has every kind of block that is looked at here, and no other', () => {
    expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(['ts', 'js', 'sh']))
    expect(shells).toHaveLength(3)
  })

  test('shows what it is, a program of ten lines and the two commands in its first screen', () => {
    const first = README.split('\n').slice(0, 24).join('\n')
    expect(first).toContain('npm ci && npm start')
    expect(first).toContain('npm ci && npm test')
    expect(programs[0]!.code.trim().split('\n').length).toBeLessThanOrEqual(10)
  })

  test.each(programs.filter((block) => !isModule(block) && !needsScheduler(block)))(
    'runs $file, which prints what it says',
    async (block) => {
      const { stdout } = await run(block)
      for (const text of block.prints) expect(stdout.split('\n')).toContain(text)
    },
  )

  test('starts a scheduler and a worker as it says, and connects to them', () =>
    withDefaultPorts(async () => {
      const [schedulerLine, workerLine] = shells.find((lines) => lines[0]!.startsWith('heddle scheduler'))!
      const scheduler = start(schedulerLine!)
      await scheduler.says(/^Start scheduler at /)
      const worker = start(workerLine!)
      await worker.says(/^Registered with /)
      for (const block of programs.filter(needsScheduler)) {
        const { stdout } = await run(block)
        expect(Number(stdout.trim())).toBeGreaterThan(1)
      }
      expect(await worker.signal('SIGINT')).toMatchObject({ code: 0 })
      expect(await scheduler.signal('SIGINT')).toMatchObject({ code: 0 })
    }))

  test('shows what dcenter and dworker print, word for word but for the port', () =>
    withDefaultPorts(async () => {
      const lines = shells.find(([first]) => first === '$ dcenter')!
      const center = start(lines[0]!)
      await center.says(/^Start center at /)
      const worker = start(lines[2]!)
      await worker.says(/^Registered with /)
      const printed = [center.stdout, worker.stdout].map((text) => text.replace(/(Start worker .*:)\d+/, '$135321'))
      expect(printed.join('')).toBe(`${lines[1]}\n${lines.slice(3).join('\n')}\n`)
      expect(await worker.signal('SIGTERM')).toMatchObject({ code: 0 })
      expect(await center.signal('SIGTERM')).toMatchObject({ code: 0 })
    }))

  test('analyses the flights with npm start', async () => {
    const env = { TSX_TSCONFIG_PATH: join(ROOT, 'tsconfig.run.json') }
    const command = new Command('--import', [TSX, join(ROOT, 'examples/flights/main.ts')], env)
    const { code } = await command.ended
    expect({ code, stderr: command.stderr }).toEqual({ code: 0, stderr: '' })
    expect(command.stdout).toMatch(/airport +flights/)
    expect(command.stdout).toMatch(/^ORD +166,\d{3} /m)
  })
})
