import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isAlive } from '../../src/nanny/alive.js'
import { withDefaultPorts } from '../default-ports.js'
import { built, Command, heddle } from './command.js'

const open: Command[] = []
let folder: string

function run(...args: string[]): Command {
  const command = heddle(...args)
  open.push(command)
  return command
}

/** Starts a node, and gives the `host:port` of its line. */
async function listening(command: Command, what: 'center' | 'scheduler'): Promise<string> {
  return (await command.says(new RegExp(`^Start ${what} at (\\S+:\\d+)$`)))[1]!
}

async function workerProcessOf(command: Command): Promise<number> {
  const children = readFileSync(`/proc/${command.pid}/task/${command.pid}/children`, 'utf8').trim().split(' ')
  expect(children).toHaveLength(1)
  return Number(children[0])
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-cli-'))
})

afterEach(async () => {
  await Promise.all(open.splice(0).map((command) => command.signal('SIGKILL')))
  await expect.poll(() => readdirSync(folder)).toEqual([])
  rmSync(folder, { recursive: true })
})

describe('heddle center', () => {
  test('S63: says where it listens once it does', async () => {
    const center = run('center', '--port', '0')
    expect(await listening(center, 'center')).toMatch(/^127\.0\.0\.1:\d+$/)
    expect(await center.signal('SIGINT')).toMatchObject({ code: 0 })
  })

  test('S62, S67: dcenter listens at 127.0.0.1:8787', () =>
    withDefaultPorts(async () => {
      const center = new Command(built('cli/dcenter.js'), [])
      open.push(center)
      expect(await listening(center, 'center')).toBe('127.0.0.1:8787')
      const second = run('center')
      expect(await second.ended).toMatchObject({ code: 1 })
      expect(second.stderr).toMatch(/^heddle: .*8787.*\n$/)
      await center.signal('SIGINT')
    }))

  test('logs JSON in place of lines when asked', async () => {
    const center = run('center', '--port', '0', '--log-format', 'json')
    await expect.poll(() => center.stderr).toContain('Start center at')
    const record = JSON.parse(center.stderr.split('\n').find((line) => line.includes('Start center at'))!)
    expect(record).toMatchObject({ level: 'info', name: 'center' })
    expect(center.stdout).toBe('')
  })
})

describe('heddle worker', () => {
  test('S64 to S66: says where it listens and where it has registered, in one column', async () => {
    const at = await listening(run('center', '--port', '0'), 'center')
    const worker = new Command(built('cli/dworker.js'), [at, '--nthreads', '1', '--local-directory', folder])
    open.push(worker)
    await worker.says(/^Registered with center at:/)
    const lines = worker.stdout.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^Start worker at: {12}127\.0\.0\.1:\d+$/)
    expect(lines[1]).toBe(`Registered with center at:  ${at}`)
  })

  test('S47: SIGTERM unregisters it, and it ends with code 0 within a second', async () => {
    const at = await listening(run('center', '--port', '0'), 'center')
    const worker = run('worker', at, '--nthreads', '1', '--local-directory', folder)
    await worker.says(/^Registered/)
    const pid = await workerProcessOf(worker)
    const end = await worker.signal('SIGTERM')
    expect(end.code).toBe(0)
    expect(end.tookMs).toBeLessThan(1000)
    expect(isAlive(pid)).toBe(false)
  })

  test('registers with a scheduler as well', async () => {
    const scheduler = run('scheduler', '--port', '0', '--http-port', '0')
    const at = await listening(scheduler, 'scheduler')
    await run('worker', at, '--nthreads', '1', '--local-directory', folder).says(/^Registered with \S+ at: +\S+:\d+$/)
    const end = await scheduler.signal('SIGINT')
    expect(end.code).toBe(0)
    expect(end.tookMs).toBeLessThan(1000)
  })

  test('without a center, says so in one line and fails; nothing says that it registered', async () => {
    const worker = run('worker', '127.0.0.1:1', '--death-timeout', '1s', '--nthreads', '1', '--local-directory', folder)
    expect(await worker.ended).toMatchObject({ code: 1 })
    expect(worker.stdout).not.toContain('Registered')
    expect(worker.stderr).toMatch(/^heddle: .*127\.0\.0\.1:1.*$/m)
  })

  test('a killed worker process is restarted and registers again', async () => {
    const at = await listening(run('center', '--port', '0'), 'center')
    const worker = run('worker', at, '--nthreads', '1', '--name', 'alice', '--local-directory', folder)
    await worker.says(/^Registered/)
    process.kill(await workerProcessOf(worker), 'SIGKILL')
    await worker.says(/^Registered/, 2)
    expect(worker.stderr).toMatch(/worker alice \(pid \d+\) was killed by SIGKILL/)
    expect(readdirSync(folder)).toHaveLength(1)
  })

  test('kill -9 of the command leaves no process and no file', async () => {
    const at = await listening(run('center', '--port', '0'), 'center')
    const worker = run('worker', at, '--nthreads', '1', '--local-directory', folder)
    await worker.says(/^Registered/)
    const pid = await workerProcessOf(worker)
    await worker.signal('SIGKILL')
    await expect.poll(() => isAlive(pid)).toBe(false)
  })

  test('--no-nanny runs the worker in the process of the command', async () => {
    const at = await listening(run('center', '--port', '0'), 'center')
    const worker = run('worker', at, '--no-nanny', '--nthreads', '1', '--local-directory', folder)
    await worker.says(/^Registered/)
    expect(readFileSync(`/proc/${worker.pid}/task/${worker.pid}/children`, 'utf8').trim()).toBe('')
    expect(await worker.signal('SIGINT')).toMatchObject({ code: 0 })
  })

  test('S40: --http-port gives it web pages', async () => {
    const at = await listening(run('center', '--port', '0'), 'center')
    const port = 20_000 + (process.pid % 10_000)
    const args = ['--name', 'alice', '--nthreads', '1', '--http-port', String(port), '--local-directory', folder]
    await run('worker', at, ...args).says(/^Registered/)
    const answer = await fetch(`http://127.0.0.1:${port}/info.json`)
    expect(await answer.json()).toMatchObject({ name: 'alice' })
  })

  test('--preload runs a module before the worker starts, --pid-file names the command', async () => {
    const at = await listening(run('center', '--port', '0'), 'center')
    const module = join(folder, 'preload.mjs')
    const pidFile = join(folder, 'pid')
    writeFileSync(module, "console.log('loaded first')\n")
    const args = ['--nthreads', '1', '--preload', module, '--pid-file', pidFile, '--local-directory', folder]
    const worker = run('worker', at, ...args)
    await worker.says(/^Registered/)
    expect(worker.stdout.indexOf('loaded first')).toBe(0)
    expect(readFileSync(pidFile, 'utf8')).toBe(`${worker.pid}\n`)
    await worker.signal('SIGTERM')
    expect(existsSync(pidFile)).toBe(false)
    rmSync(module)
  })
})

describe('the command line', () => {
  test('prints the version of the package', async () => {
    const version = run('--version')
    expect(await version.ended).toMatchObject({ code: 0 })
    const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
    expect(version.stdout.trim()).toBe((JSON.parse(text) as { version: string }).version)
  })

  test('refuses what it does not know with code 2', async () => {
    const wrong = run('worker', '127.0.0.1:8786', '--nthreds', '2')
    expect(await wrong.ended).toMatchObject({ code: 2 })
    expect(wrong.stderr).toContain('--nthreads')
  })

  test('refuses to listen beyond this machine without --insecure', async () => {
    const center = run('center', '--host', '0.0.0.0')
    expect(await center.ended).toMatchObject({ code: 2 })
    expect(center.stderr).toContain('--insecure')
  })
})
