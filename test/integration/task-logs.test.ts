import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, type LocalCluster, rpc, type TaskLog, type WorkerApi } from 'heddle'
import { type TestCluster, testCluster } from 'heddle/testing'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { built, Command } from './command.js'

let t: TestCluster

beforeAll(async () => {
  t = await testCluster({ workers: ['alice'], threadsPerWorker: 2 })
})

afterAll(() => t.close())

async function listening(cluster: LocalCluster = t.cluster): Promise<{ client: Client; lines: TaskLog[] }> {
  const lines: TaskLog[] = []
  const client = await Client.connect(cluster, { logs: (line) => void lines.push(line) })
  onTestFinished(() => client.close())
  return { client, lines }
}

const textsOf = (lines: readonly TaskLog[]) => lines.map(({ text }) => text)

describe('what a task prints', () => {
  test('is shown by the client that asked for it, with key, worker and level, before its result', async () => {
    const { client, lines } = await listening()
    const future = client.submit(async (name: string) => {
      console.log('hello %s', name)
      await null
      console.error(new RangeError('too far').message)
      console.table([{ a: 1 }])
      console.group('inside')
      console.info({ deep: [1] })
      console.groupEnd()
      return name
    }, 'Ada')
    expect(await future.result()).toBe('Ada')
    expect(lines).toMatchObject([
      { key: future.key, worker: 'alice', level: 'log', text: 'hello Ada' },
      { level: 'error', text: 'too far' },
      { level: 'log', text: expect.stringContaining('│ (index) │') },
      { level: 'log', text: 'inside' },
      { level: 'info', text: '  { deep: [ 1 ] }' },
    ])
  })

  test('comes in order from each of many tasks, and before each result', async () => {
    const { client, lines } = await listening()
    const futures = client.map(
      (n: number) => {
        for (let i = 0; i < 5; i++) console.log(i)
        return n
      },
      [...Array(50).keys()],
    )
    await client.gather(futures)
    const each = futures.map(({ key }) => textsOf(lines.filter((line) => line.key === key)).join(''))
    expect(each).toEqual(futures.map(() => '01234'))
  })

  test('is no affair of clients that did not ask, nor of tasks that were excepted', async () => {
    const { client, lines } = await listening()
    const print = (text: string) => console.log(text)
    await t.client.submit(print, 'of another client').result()
    await client.with({ logs: false }).submit(print, 'excepted').result()
    await client.submit(print, 'wanted').result()
    expect(textsOf(lines)).toEqual(['wanted'])
  })

  test('may be written to the streams as well: in lines, with the same key, the rest when the task ends', async () => {
    const { client, lines } = await listening()
    const write = async () => {
      process.stdout.write('one\ntw')
      console.log('between')
      process.stderr.write(Buffer.from([0xc3]))
      await new Promise<void>((resolve) => process.stderr.write(Buffer.from([0xa9, 10]), () => resolve()))
      process.stdout.write('o\n\n10 %\r20 %')
      return process.stdout.write('6f6b', 'hex')
    }
    const expected = [
      { level: 'log', text: 'one' },
      { level: 'log', text: 'between' },
      { level: 'warn', text: 'é' },
      { level: 'log', text: 'two' },
      { level: 'log', text: '10 %' },
      { level: 'log', text: '20 %ok' },
    ]
    for (const one of [client, client.with({ isolation: 'process' })]) {
      const future = one.submit(write)
      expect(await future.result()).toBe(true)
      expect(lines.splice(0)).toEqual(expected.map((line) => ({ ...line, key: future.key, worker: 'alice' })))
    }
  })

  test('is limited, and it is said how much was left out', async () => {
    const { client, lines } = await listening()
    const future = client.submit(() => {
      for (let i = 0; i < 20_000; i++) console.log(i)
    })
    await future.result()
    expect(lines.length).toBeLessThan(15_000)
    const left = lines.filter(({ text }) => text.endsWith('of output left out')).map(({ text }) => parseInt(text, 10))
    expect(left.reduce((sum, count) => sum + count, 0) + lines.length - left.length).toBe(20_000)
  })

  test('is shown too when the task then fails, or brings its process down', async () => {
    const { client, lines } = await listening()
    const fail = () => {
      console.warn('about to fail')
      throw new Error('no')
    }
    await expect(client.submit(fail).result()).rejects.toThrow('no')
    const abort = () => {
      console.warn('about to abort')
      process.abort()
    }
    await expect(client.with({ isolation: 'process' }).submit(abort).result()).rejects.toThrow('SIGABRT')
    expect(textsOf(lines)).toEqual(['about to fail', 'about to abort'])
  })

  test('is shown in processes of its own, by run, and by compute', async () => {
    const { client, lines } = await listening()
    const print = (text: string) => console.log(text)
    await client.with({ isolation: 'process' }).submit(print, 'apart').result()
    await client.run(print, 'run')
    const [worker] = t.cluster.workers
    const api = rpc<WorkerApi>(worker!.address)
    const logs = (line: TaskLog) => void lines.push(line)
    await api.compute({ function: print, args: ['computed'], key: 'c1', logs })
    await api.run({ function: print, args: ['ran'], logs })
    await api.run({ function: print, args: ['not asked for'] })
    expect(lines).toMatchObject([
      { text: 'apart' },
      { text: 'run', worker: 'alice' },
      { text: 'computed', key: 'c1', worker: 'alice', level: 'log' },
      { text: 'ran' },
    ])
  })

  test('is printed by the program with the worker and the key before each line', async () => {
    const client = await Client.connect(t.cluster, { logs: true })
    onTestFinished(() => client.close())
    const printed = vi.spyOn(console, 'warn').mockImplementation(() => {})
    await client
      .with({ key: 'two-lines' })
      .submit(() => console.warn('one\ntwo'))
      .result()
    expect(printed.mock.calls).toEqual([['[alice two-lines] one\n[alice two-lines] two']])
    printed.mockRestore()
  })

  test('is in the log of a worker that runs by itself, with the key and its name', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-logs-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const scheduler = new Command(built('cli/heddle.js'), ['scheduler', '--port', '0', '--no-dashboard'], {}, folder)
    const [, address] = await scheduler.says(/^Start scheduler at (\S+:\d+)$/)
    const options = ['--name', 'carol', '--nthreads', '1', '--no-nanny', '--log-format', 'json']
    const worker = new Command(built('cli/heddle.js'), ['worker', address!, ...options], {}, folder)
    onTestFinished(async () => {
      await Promise.all([worker.signal('SIGTERM'), scheduler.signal('SIGTERM')])
    })
    const client = await Client.connect(address!)
    onTestFinished(() => client.close())
    const future = client.submit(() => console.log('said on carol'))
    await future.result()
    await client.run(() => console.log('run on carol'))
    await vi.waitFor(() => expect(worker.stderr).toContain('run on carol'))
    const lines = worker.stderr.split('\n').filter((line) => line.includes('on carol'))
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'info', worker: 'carol', key: future.key, msg: 'said on carol' },
      { level: 'info', worker: 'carol', msg: 'run on carol' },
    ])
  })
})
