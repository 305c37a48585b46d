import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, LocalCluster } from 'heddle'
import { testCluster } from 'heddle/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isAlive } from '../../src/nanny/alive.js'
import { built, Command } from './command.js'

let folder: string
const open: LocalCluster[] = []

async function start(options: Parameters<typeof LocalCluster.start>[0] = {}): Promise<LocalCluster> {
  const cluster = await LocalCluster.start({ workers: 1, threadsPerWorker: 1, localDirectory: folder, ...options })
  open.push(cluster)
  return cluster
}

/** A program of a user's, which gets LocalCluster and Client; it says `ready PIDS` when it is. */
function program(body: string, options: object = {}): Command {
  const text = `
    const { Client, LocalCluster } = await import(${JSON.stringify(built('index.js'))})
    const options = ${JSON.stringify({ workers: 2, threadsPerWorker: 1, localDirectory: folder, ...options })}
    const cluster = await LocalCluster.start(options)
    console.log('ready', cluster.workers.map(({ pid }) => pid).join(' '))
    ${body}`
  return new Command('--input-type=module', ['--eval', text])
}

async function pidsOf(command: Command): Promise<number[]> {
  return (await command.says(/^ready (.+)$/))[1]!.split(' ').map(Number)
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-cluster-'))
})

afterEach(async () => {
  await Promise.all(open.splice(0).map((cluster) => cluster.close()))
  await expect.poll(() => readdirSync(folder)).toEqual([])
  rmSync(folder, { recursive: true })
})

describe.each([{ inproc: false }, { inproc: true }])('a local cluster ($inproc)', ({ inproc }) => {
  test('is empty after a restart, and goes on', async () => {
    const cluster = await start({ inproc, workers: 2 })
    await using client = await Client.connect(cluster)
    const one = client.submit(() => new Uint8Array(5000))
    await client.wait([one])
    expect(await client.restart()).toHaveLength(2)
    await expect(one.result()).rejects.toMatchObject({ code: 'HEDDLE_CANCELLED' })
    expect((await client.whoHas()).size).toBe(0)
    expect(await client.submit((x: number) => x + 1, 1).result()).toBe(2)
  })

  test('runs what a client submits', async () => {
    const cluster = await start({ inproc })
    const client = await Client.connect(cluster.address)
    expect(await client.submit((x: number) => x + 1, 1).result()).toBe(2)
    await client.close()
  })

  test('has named workers with addresses', async () => {
    const cluster = await start({ inproc, workers: ['alice', 'bob'] })
    expect(cluster.workers.map(({ name }) => name)).toEqual(['alice', 'bob'])
    for (const { address } of cluster.workers) expect(address).toMatch(/^(tcp|inproc):\/\//)
    expect(cluster.schedulerAddress).toBe(cluster.address)
  })

  test('grows and shrinks to a number of workers', async () => {
    const cluster = await start({ inproc })
    await cluster.scale(3)
    expect(cluster.workers.map(({ name }) => name)).toEqual(['w1', 'w2', 'w3'])
    await cluster.scale(1)
    expect(cluster.workers.map(({ name }) => name)).toEqual(['w1'])
  })

  test('is closed twice as well as once, and refuses what comes after', async () => {
    const cluster = await start({ inproc })
    await cluster.close()
    await cluster.close()
    expect(cluster.workers).toEqual([])
    await expect(cluster.scale(2)).rejects.toMatchObject({ code: 'HEDDLE_CLOSED' })
  })
})

describe('the processes of a local cluster', () => {
  test('none is left after close', async () => {
    const cluster = await start({ workers: 2 })
    const pids = cluster.workers.map(({ pid }) => pid)
    expect(pids.every(isAlive)).toBe(true)
    await cluster.close()
    expect(pids.some(isAlive)).toBe(false)
  })

  test('a killed worker is started again under its name', async () => {
    const cluster = await start({ workers: ['alice'] })
    const [before] = cluster.workers
    await cluster.kill('alice')
    expect(isAlive(before!.pid)).toBe(false)
    await expect.poll(() => cluster.workers[0]?.name).toBe('alice')
    expect(cluster.workers[0]!.pid).not.toBe(before!.pid)
    await expect(cluster.kill('nobody')).rejects.toThrow(
      "no worker of this cluster is called 'nobody'; there are: alice",
    )
  })

  test('a restart cancels what there is and starts the processes of all workers anew, under their names', async () => {
    const cluster = await start({ workers: ['alice', 'bob'] })
    await using client = await Client.connect(cluster)
    const before = cluster.workers.map(({ pid }) => pid)
    const endless = client.submit(() => {
      for (;;);
    })
    await expect.poll(async () => (await client.explain(endless)).state).toBe('processing')
    const there = await client.restart()
    await expect(endless.result()).rejects.toThrow(/restarted/)
    expect(before.some(isAlive)).toBe(false)
    expect(there).toHaveLength(2)
    await expect.poll(() => cluster.workers.map(({ name }) => name).sort()).toEqual(['alice', 'bob'])
    expect([...(await client.workers()).values()].map(({ name }) => name).sort()).toEqual(['alice', 'bob'])
    expect(await client.submit((x: number) => x + 1, 1).result()).toBe(2)
  })

  test('of workers that do not come back after a restart the names are given', async () => {
    const cluster = await start({ workers: ['alice', 'bob'] })
    await using client = await Client.connect(cluster)
    // Before it can hear of it, it is frozen.
    const alice = cluster.workers.find(({ name }) => name === 'alice')!
    process.kill(alice.pid, 'SIGSTOP')
    const late = client.restart({ timeout: '3s' })
    await expect(late).rejects.toMatchObject({
      code: 'HEDDLE_WAIT_TIMEOUT',
      message: expect.stringContaining(': alice.'),
    })
    expect(await client.submit((x: number) => x + 1, 1).result()).toBe(2)
    process.kill(alice.pid, 'SIGCONT')
    await expect.poll(async () => (await client.workers()).size, { timeout: 10_000 }).toBe(2)
  })

  test('a task that kills its workers fails with an error that says how they died', async () => {
    const cluster = await start({ workers: 2 })
    const client = await Client.connect(cluster)
    const deadly = client.submit(() => process.kill(process.pid, 'SIGKILL'))
    await expect(deadly.result()).rejects.toMatchObject({
      code: 'HEDDLE_KILLED_WORKER',
      message: expect.stringMatching(/ended 4 workers: .* was killed by SIGKILL; memory before the end: /),
    })
    await client.close()
  })

  test('none is left when the program is killed', async () => {
    const command = program('setInterval(() => {}, 1000)')
    const pids = await pidsOf(command)
    await command.signal('SIGKILL')
    await expect.poll(() => pids.some(isAlive)).toBe(false)
  })

  test.each([{ inproc: false }, { inproc: true }])(
    'a program that forgets to close ends by itself with code 0, and leaves nothing ($inproc)',
    async (options) => {
      const text = `
      const client = await Client.connect(cluster.address)
      console.log('result', await client.submit((x) => x + 1, 1).result())`
      const command = program(text, options)
      const pids = await pidsOf(command)
      await command.says(/^result 2$/)
      expect(await command.ended).toMatchObject({ code: 0, signal: null })
      await expect.poll(() => pids.some(isAlive)).toBe(false)
    },
  )

  test('Ctrl-C, which reaches every process of the terminal, leaves nothing', async () => {
    const command = program('setInterval(() => {}, 1000)')
    const pids = await pidsOf(command)
    for (const pid of pids) process.kill(pid, 'SIGINT')
    expect(pids.every(isAlive)).toBe(true)
    await command.signal('SIGINT')
    await expect.poll(() => pids.some(isAlive)).toBe(false)
  })

  test('Ctrl-C says what becomes of the tasks, and the program ends as it would have', async () => {
    const command = program(`
      const client = await Client.connect(cluster)
      const [first] = client.map((x) => x, [1])
      await first.result()
      const second = client.submit((x) => x, 2)
      while (!second.done()) await new Promise((resolve) => setTimeout(resolve, 5))
      const futures = client.map(() => new Promise(() => {}), Array.from({ length: 10 }))
      while ((await client.explain(futures[1])).state !== 'processing');
      console.log('running')
      await client.gather(futures)`)
    const pids = await pidsOf(command)
    await command.says(/^running$/)
    expect(await command.signal('SIGINT')).toMatchObject({ signal: 'SIGINT' })
    expect(command.stderr).toBe(
      'Interrupted: 2 tasks were running, 8 waiting; all were cancelled. (1 result was not fetched.)\n',
    )
    await expect.poll(() => pids.some(isAlive)).toBe(false)
  })

  test('Ctrl-C says nothing where there is nothing to say, or where the program listens itself', async () => {
    const idle = program('const client = await Client.connect(cluster); console.log("up"); setInterval(() => {}, 1000)')
    await idle.says(/^up$/)
    expect(await idle.signal('SIGINT')).toMatchObject({ signal: 'SIGINT' })
    expect(idle.stderr).toBe('')
    const own = program(`
      const client = await Client.connect(cluster)
      const future = client.submit(() => new Promise(() => {}))
      process.on('SIGINT', () => { console.log('my own'); process.exit(3) })
      console.log('up')
      await future.result()`)
    await own.says(/^up$/)
    expect(await own.signal('SIGINT')).toMatchObject({ code: 3 })
    expect([own.stdout.trim().split('\n').at(-1), own.stderr]).toEqual(['my own', ''])
  })

  test('a port that is in use is named, and nothing is left', async () => {
    const cluster = await start()
    const schedulerPort = Number(new URL(cluster.address).port)
    await expect(start({ schedulerPort })).rejects.toThrow(String(schedulerPort))
  })
})

describe('testCluster', () => {
  test('gives a client and named workers that can be killed, and checks that nothing is left', async () => {
    const t = await testCluster({ workers: ['alice', 'bob'] })
    const { pid } = t.worker('bob')
    await t.worker('bob').kill()
    await t.until(() => t.cluster.workers.some((worker) => worker.name === 'bob' && worker.pid !== pid))
    expect(await t.client.submit((x: number) => x * 2, 21).result()).toBe(42)
    expect(() => t.worker('carol')).toThrow("no worker is called 'carol' now; there are: alice, bob")
    await t.close()
  })
})
