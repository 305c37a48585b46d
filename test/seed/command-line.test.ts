/** The page's commands and what they print, and nodes as processes of their own. */
import { execFile, execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type CenterApi, Client, rpc } from 'heddle'
import { beforeEach, expect, test } from 'vitest'
import { withDefaultPorts } from '../default-ports.js'
import { built, Command, heddle } from '../integration/command.js'
import { closing } from './network.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-seed-'))
  closing({ close: async () => rmSync(folder, { recursive: true, force: true }) })
})

function ending(command: Command): Command {
  return closing(Object.assign(command, { close: () => command.signal('SIGKILL') }))
}

function run(...args: string[]): Command {
  return ending(heddle(...args))
}

async function startNode(kind: 'center' | 'scheduler', ...args: string[]): Promise<string> {
  return (await run(kind, '--port', '0', ...args).says(new RegExp(`^Start ${kind} at (\\S+:\\d+)$`)))[1]!
}

async function startWorker(at: string, ...args: string[]): Promise<{ command: Command; address: string }> {
  const command = run('worker', at, '--nthreads', '1', '--local-directory', folder, ...args)
  await command.says(/^Registered/)
  return { command, address: `tcp://${(await command.says(/^Start worker at: +(\S+)$/))[1]}` }
}

test('S1 a scheduler and two workers are three processes that form a network, which outlives one of its workers', async () => {
  const at = await startNode('scheduler', '--no-dashboard')
  const [alice, bob] = await Promise.all([startWorker(at, '--no-nanny'), startWorker(at, '--no-nanny')])
  const scheduler = closing(rpc<CenterApi>(at))
  expect(Object.keys(await scheduler.ncores()).sort()).toEqual([alice.address, bob.address].sort())
  await alice.command.signal('SIGKILL')
  await expect.poll(async () => Object.keys(await scheduler.ncores())).toEqual([bob.address])
  const client = closing(await Client.connect(at))
  expect(await client.submit((x: number) => x + 1, 1).result()).toBe(2)
})

test('S3, S13 a worker that joins in the middle gets work, and one that leaves takes nothing with it', async () => {
  const at = await startNode('scheduler', '--no-dashboard')
  const [alice] = await Promise.all([startWorker(at), startWorker(at)])
  const client = closing(await Client.connect(at))
  const slow = (i: number) => {
    const end = Date.now() + 100
    while (Date.now() < end);
    return { i }
  }
  const futures = client.map(
    slow,
    Array.from({ length: 80 }, (_, i) => i),
  )
  const sum = client.submit((parts: { i: number }[]) => parts.reduce((a, { i }) => a + i, 0), futures)
  const carol = await startWorker(at)
  await expect.poll(async () => (await client.hasWhat()).get(carol.address)?.length ?? 0).toBeGreaterThan(0)
  await alice.command.signal('SIGTERM')
  expect(await sum.result()).toBe(3160)
})

test('S4 a worker, its center and who speaks to it are all that is needed: no scheduler or client is loaded', () => {
  const seen = new Set<string>()
  const visit = (file: string) => {
    if (seen.has(file)) return
    seen.add(file)
    for (const [, path] of readFileSync(file, 'utf8').matchAll(/(?:from|import) '(\.[^']+)'/g))
      visit(join(file, '..', path!))
  }
  visit(built('worker/worker.js'))
  expect([...seen].filter((file) => /\/dist\/(client|scheduler|cluster|cli|nanny)\//.test(file))).toEqual([])
  expect(seen.size).toBeGreaterThan(50)
})

test('S39 a worker that was killed and started again has another directory, and the old one is gone', async () => {
  const at = await startNode('center')
  const { command } = await startWorker(at)
  const [before] = readdirSync(folder)
  const [pid] = readFileSync(`/proc/${command.pid}/task/${command.pid}/children`, 'utf8').split(' ')
  process.kill(Number(pid), 'SIGKILL')
  await command.says(/^Registered/, 2)
  expect(readdirSync(folder)).toHaveLength(1)
  expect(readdirSync(folder)).not.toContain(before)
})

test.each(['SIGINT', 'SIGTERM'] as const)(
  'S47 a worker runs until %s, says goodbye, and ends with code 0',
  async (signal) => {
    const at = await startNode('center')
    const { command, address } = await startWorker(at)
    const center = closing(rpc<CenterApi>(at))
    expect(Object.keys(await center.ncores())).toEqual([address])
    expect(await command.signal(signal)).toMatchObject({ code: 0, signal: null })
    expect(await center.ncores()).toEqual({})
    expect(readdirSync(folder)).toEqual([])
  },
)

test('S58 a packed tarball gives Center and Worker to import and to require', async () => {
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
    }),
  )
  execFileSync('tar', ['xzf', join(folder, filename), '-C', folder])
  mkdirSync(join(folder, 'node_modules'))
  cpSync(join(folder, 'package'), join(folder, 'node_modules', 'heddle'), { recursive: true })
  for (const name of Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies)) {
    mkdirSync(join(folder, 'node_modules', name, '..'), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  }
  const use = 'console.log(typeof Center, typeof Worker, new Worker("127.0.0.1", 8787).center.port)'
  const node = (...args: string[]) => promisify(execFile)(process.execPath, args, { cwd: folder })
  const imported = await node('--input-type=module', '--eval', `import { Center, Worker } from 'heddle'; ${use}`)
  const required = await node('--input-type=commonjs', '--eval', `const { Center, Worker } = require('heddle'); ${use}`)
  expect([imported.stdout, required.stdout]).toEqual(['function function 8787\n', 'function function 8787\n'])
})

test('S62, S63, S67 dcenter listens at port 8787 and says so when it does', () =>
  withDefaultPorts(async () => {
    const dcenter = ending(new Command(built('cli/dcenter.js'), []))
    const [, at] = await dcenter.says(/^Start center at (\S+)$/)
    expect(at).toBe('127.0.0.1:8787')
    expect(await closing(rpc<CenterApi>(at!)).identity()).toMatchObject({ type: 'Center' })
    await dcenter.signal('SIGKILL')
  }))

test('S64, S65, S66 dworker says where it is and, in the same column, where it has registered', async () => {
  const at = await startNode('center')
  const dworker = ending(new Command(built('cli/dworker.js'), [at, '--nthreads', '1', '--local-directory', folder]))
  await dworker.says(/^Registered/)
  const [first, second] = dworker.stdout.trimEnd().split('\n')
  expect(first).toMatch(/^Start worker at: {12}127\.0\.0\.1:\d+$/)
  expect(second).toBe(`Registered with center at:  ${at}`)
})

test('S66 without a center nothing says that it has registered; each registration is said once', async () => {
  const nobody = run(
    'worker',
    '127.0.0.1:1',
    '--nthreads',
    '1',
    '--death-timeout',
    '500ms',
    '--local-directory',
    folder,
  )
  expect(await nobody.ended).toMatchObject({ code: 1 })
  expect(nobody.stdout).not.toMatch(/Registered/)

  const center = run('center', '--port', '0')
  const at = (await center.says(/^Start center at (\S+)$/))[1]!
  const { command } = await startWorker(at)
  await center.signal('SIGKILL')
  await startAgain(at)
  await command.says(/^Registered/, 2)
  expect(command.stdout.match(/^Registered/gm)).toHaveLength(2)
  expect(command.stdout.match(/^Start worker/gm)).toHaveLength(1)
})

test('S67 on one host nothing clashes by default: center 8787, scheduler 8786 with pages where there is room, workers too', () =>
  withDefaultPorts(async () => {
    const center = run('center')
    expect((await center.says(/^Start center at (\S+)$/))[1]).toBe('127.0.0.1:8787')
    const scheduler = run('scheduler')
    expect((await scheduler.says(/^Start scheduler at (\S+)$/))[1]).toBe('127.0.0.1:8786')
    const [one, other] = await Promise.all([startWorker('127.0.0.1:8786'), startWorker('127.0.0.1:8787')])
    expect(one.address).not.toBe(other.address)
    await Promise.all([scheduler.signal('SIGKILL'), center.signal('SIGKILL')])
  }))

test('S62 a center whose port the pages of a scheduler have taken says so, and what to do', () =>
  withDefaultPorts(async () => {
    const scheduler = run('scheduler')
    await scheduler.says(/^Start scheduler/)
    await expect
      .poll(() =>
        fetch('http://127.0.0.1:8787/health').then(
          (r) => r.status,
          () => 0,
        ),
      )
      .toBe(200)
    const center = run('center')
    expect(await center.ended).toMatchObject({ code: 1 })
    expect(center.stderr).toBe(
      'heddle: port 8787 is held by the web pages of the scheduler at tcp://127.0.0.1:8786. Start the center before ' +
        'it, or the scheduler with --http-port 0, or the center with --port.\n',
    )
    await scheduler.signal('SIGKILL')
  }))

/** A center at a port that was in use a moment ago. */
async function startAgain(at: string): Promise<void> {
  await run('center', '--port', at.split(':')[1]!).says(/^Start center/)
}

test('S57 the page of the worker leads to that of the center, which names what it knows', () => {
  const page = (name: string) => readFileSync(join(root, 'docs', name), 'utf8')
  expect(page('worker.md')).toContain('(center.md)')
  for (const word of ['whoHas', 'hasWhat', 'ncores', 'workers()']) expect(page('center.md')).toContain(word)
})
