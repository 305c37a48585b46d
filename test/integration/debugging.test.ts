import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'heddle'
import { testCluster } from 'heddle/testing'
import { describe, expect, test } from 'vitest'
import { heddle } from './command.js'

describe('a client without a cluster', () => {
  test('runs the functions of the program in its own thread, with the same verbs', async () => {
    const client = await Client.inline()
    const { pid } = process
    const stack = () => new Error('here').stack ?? ''
    const inc = (x: number) => x + 1
    const sum = client.submit((xs: number[]) => xs.reduce((a, b) => a + b), client.map(inc, [1, 2, 3]))
    expect(await sum.result()).toBe(9)
    expect(await client.submit(() => process.pid).result()).toBe(pid)
    // The function itself and no copy: breakpoints in this file stop it.
    expect(await client.submit(stack).result()).toContain('debugging.test.ts')
    await expect(client.submit(() => JSON.parse('{')).result()).rejects.toBeInstanceOf(SyntaxError)
    await client.close()
  })

  test('runs modules', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-inline-'))
    writeFileSync(join(folder, 'tasks.ts'), 'export const twice = (x: number): number => 2 * x')
    const client = await Client.inline()
    const tasks = await client.module<{ twice(x: number): number }>(join(folder, 'tasks.ts'))
    expect(
      await client
        .with({ env: { A: '1' } })
        .submit(tasks.twice, 21)
        .result(),
    ).toBe(42)
    await client.close()
    rmSync(folder, { recursive: true, force: true })
  })
})

describe('the stack of a function that travelled by its source', () => {
  test('names its file and lines, as far as the file of the call knows it', async () => {
    const t = await testCluster({ workers: ['alice'] })
    const failing = t.client.submit(
      (rows: readonly number[]) => {
        const check = (row: number): number => {
          if (row > 1) throw new RangeError(`row ${row}`)
          return row
        }
        return rows.map(check)
      },
      [1, 2],
    )
    const after = t.client.submit((rows: number[]) => rows.length, failing)
    const { stack = '' } = (await failing.exception()) as Error
    const lines = stack.split('\n').map((line) => line.trim())
    expect(lines[1]).toMatch(/^at check \(test\/integration\/debugging.test.ts:47:\d+\)$/)
    expect(lines.find((line) => line.includes('lambda'))).toMatch(/debugging.test.ts:50:\d+/)
    expect(stack).toMatch(/on worker alice .*\n.*debugging.test.ts:44/s)
    expect(((await after.exception()) as Error).stack).toContain('at check (test/integration/debugging.test.ts:47:')
    await t.close()
  })
})

describe('heddle replay', () => {
  test('runs a failed task here, with the inputs that it had', async () => {
    const t = await testCluster({ workers: ['alice'] })
    const rows = t.client.submit(() => [1, 2, 3])
    const failing = t.client.submit(function parse(given: number[]) {
      throw new RangeError(`cannot parse ${given.length} rows`)
    }, rows)
    const after = t.client.submit((x: number) => x, failing as never)
    await after.exception()
    rows.release()
    for (const key of [failing.key, after.key]) {
      const command = heddle('replay', key, '--scheduler', t.cluster.address)
      const { code } = await command.ended
      expect(command.stderr).toMatch(/parse \(parse-\w+\) fails: RangeError: cannot parse 3 rows\n +at parse/)
      expect(code).toBe(1)
    }
    const fine = t.client.submit((x: number) => ({ x }), 4)
    const again = heddle('replay', fine.key, '--scheduler', t.cluster.address)
    await again.ended
    expect(again.stdout).toContain('gives { x: 4 }')
    const unknown = heddle('replay', 'nobody-1', '--scheduler', t.cluster.address)
    await unknown.ended
    expect(unknown.stderr).toContain('as long as a program holds a future of it')
    await t.close()
  })

  test('under --inspect-brk waits for a debugger, which finds itself one step before the function', async () => {
    const t = await testCluster({ workers: ['alice'] })
    const failing = t.client.submit(
      function parse(given: number[]) {
        const count = given.length
        throw new RangeError(`cannot parse ${count} rows`)
      },
      [1, 2],
    )
    await failing.exception()
    const command = heddle('replay', failing.key, '--scheduler', t.cluster.address, '--inspect-brk', '0')
    await expect.poll(() => command.stderr).toMatch(/Debugger listening on ws:/)
    const [, port] = /ws:\/\/127\.0\.0\.1:(\d+)/.exec(command.stderr)!
    const debug = new Debugger(port!)
    expect(await debug.stopped()).toContain('debugger')
    expect(await debug.do('next')).toMatch(/return fn\(\.\.\.args\)/)
    expect(await debug.do('step')).toMatch(/break in heddle:\w+\/parse:2/)
    expect(await debug.do('next')).toMatch(/break in heddle:\w+\/parse:3/)
    expect(await debug.print('count')).toContain('2')
    debug.continue()
    await expect.poll(() => command.stderr).toContain('cannot parse 2 rows')
    // Node stays until the debugger goes.
    await debug.end()
    expect((await command.ended).code).toBe(1)
    await t.close()
  })
})

/** `node inspect`, as somebody types into it. */
class Debugger {
  readonly #process: ChildProcess
  #said = ''

  constructor(port: string) {
    this.#process = spawn(process.execPath, ['inspect', `127.0.0.1:${port}`], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#process.stdout!.on('data', (chunk) => {
      this.#said += chunk
    })
  }

  /** What it shows when the program stops. */
  stopped(): Promise<string> {
    return this.#says(/break in .*> *\d+.*debug> $/s)
  }

  do(command: 'next' | 'step'): Promise<string> {
    this.#type(command)
    return this.stopped()
  }

  print(expression: string): Promise<string> {
    this.#type(`exec ${expression}`)
    return this.#says(/debug> $/)
  }

  continue(): void {
    this.#type('cont')
  }

  async end(): Promise<void> {
    this.#process.kill()
    await new Promise((resolve) => this.#process.once('close', resolve))
  }

  #type(line: string): void {
    this.#said = ''
    this.#process.stdin!.write(`${line}\n`)
  }

  async #says(pattern: RegExp): Promise<string> {
    await expect.poll(() => this.#said, { timeout: 20_000 }).toMatch(pattern)
    return this.#said
  }
}
