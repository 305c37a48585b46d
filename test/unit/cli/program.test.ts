import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { describe, expect, test, vi } from 'vitest'
import { buildProgram, report } from '../../../src/cli/main.js'
import { holdPidFile } from '../../../src/cli/pid-file.js'
import { OptionError } from '../../../src/errors.js'

const quiet = { writeOut: () => {}, writeErr: () => {} }

async function endOf(...args: string[]): Promise<unknown> {
  const program = buildProgram()
  for (const command of [program, ...program.commands]) command.configureOutput(quiet)
  return program.parseAsync(args, { from: 'user' }).catch((error: unknown) => error)
}

function said(act: () => void): string {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  act()
  const text = write.mock.calls.map(([line]) => String(line)).join('')
  write.mockRestore()
  return text
}

describe('the command line', () => {
  test.each([
    [['worker', '127.0.0.1:8786', '--nthreads', 'two']],
    [['worker', '--what']],
    [['weave']],
    [['scheduler', '--port', '70000']],
    [['center', '--log-format', 'xml']],
  ])('%j is a usage error, exit code 2', async (args) => {
    const error = await endOf(...args)
    expect(error).toBeInstanceOf(CommanderError)
    expect(report(error)).toBe(2)
  })

  test.each([[['--version']], [['--help']], [['worker', '--help']]])('%j ends well', async (args) => {
    expect(report(await endOf(...args))).toBe(0)
  })

  test('a host that others can reach is refused without --insecure, exit code 2', async () => {
    const error = await endOf('center', '--host', '0.0.0.0')
    expect(error).toBeInstanceOf(OptionError)
    expect(said(() => expect(report(error)).toBe(2))).toMatch(/^heddle: host: 0\.0\.0\.0 .*--insecure.*\n$/)
  })

  test('a worker without an address says how to give one', async () => {
    delete process.env.HEDDLE_SCHEDULER
    expect(String(await endOf('worker'))).toContain('HEDDLE_SCHEDULER')
  })

  test('a failure is one line, with exit code 1', () => {
    expect(said(() => expect(report(new Error('it\n  broke'))).toBe(1))).toBe('heddle: it broke\n')
  })

  test('a port in use comes with advice', () => {
    const error = Object.assign(new Error('listen EADDRINUSE 127.0.0.1:8787'), { code: 'EADDRINUSE' })
    expect(said(() => report(error))).toContain('choose another port with --port')
  })

  test('the help names the three commands and hides old spellings', () => {
    const program = buildProgram()
    expect(program.helpInformation()).toMatch(/scheduler[\s\S]*center[\s\S]*worker/)
    const worker = program.commands.find((command) => command.name() === 'worker')!
    expect(worker.helpInformation()).toContain('--nworkers')
    expect(worker.helpInformation()).not.toContain('--nprocs')
  })
})

describe('a pid file', () => {
  test('is refused while its process runs, and replaced when that is gone', () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-pid-'))
    const path = join(folder, 'pid')
    writeFileSync(path, `${process.ppid}\n`)
    expect(() => holdPidFile(path)).toThrow(`names process ${process.ppid}, which is running`)
    writeFileSync(path, `${2 ** 30}\n`)
    holdPidFile(path)
    expect(readFileSync(path, 'utf8')).toBe(`${process.pid}\n`)
    rmSync(folder, { recursive: true })
  })
})
