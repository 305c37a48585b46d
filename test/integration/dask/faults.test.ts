import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client } from 'heddle'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { DaskCluster, hasDask, PATIENT, PythonClient, startScheduler } from './python.js'

const HEDDLE = fileURLToPath(new URL('../../../dist/cli/heddle.js', import.meta.url))
/** Processes that start take as long as the machine is busy. */
const LONG = { timeout: 90_000, interval: 50 }

describe.skipIf(!hasDask())('a Dask cluster that loses its nodes', PATIENT, () => {
  const started: ChildProcess[] = []
  let cluster: DaskCluster
  let python: PythonClient

  function heddle(address: string, name: string, ...more: string[]): ChildProcess {
    const args = ['worker', address, '--nthreads=1', '--nworkers=1', `--name=${name}`, ...more]
    const child = spawn(process.execPath, [HEDDLE, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
    started.push(child)
    return child
  }

  const named = (...names: string[]) =>
    vi.waitFor(async () => {
      const found = await python.run('print(*sorted(str(w["name"]) for w in workers().values()))')
      expect(found).toBe(names.sort().join(' '))
    }, LONG)

  beforeAll(async () => {
    cluster = await DaskCluster.start(1, 'processes')
    python = await PythonClient.connect(cluster.address)
  }, 120_000)

  afterAll(async () => {
    await python.close()
    for (const child of started.splice(0)) child.kill('SIGKILL')
    await cluster.close()
  })

  test('moves what a Heddle worker holds that is retired', async () => {
    heddle(cluster.address, 'leaving')
    await named('leaving', 'python-0')
    const printed = await python.run(`
held = client.map(operator.neg, range(10), workers=["leaving"], pure=False)
wait(held)
client.retire_workers([address("leaving")])
print(len(client.has_what()), sum(client.gather(held)), sorted({len(w) for w in client.who_has(held).values()}))`)
    expect(printed).toBe('1 -45 [1]')
    await vi.waitFor(() => expect(started[0]?.exitCode).toBe(0), LONG)
  })

  test('gives a Heddle worker more than it may have in memory', async () => {
    const small = heddle(cluster.address, 'small', '--memory-limit=1GB', '--memory-target=0.05')
    await named('python-0', 'small')
    const printed = await python.run(`
made = [client.submit(np.full, 2_000_000, float(i), workers=["python-0"], pure=False) for i in range(8)]
held = [client.submit(operator.getitem, [each], 0, workers=["small"], pure=False) for each in made]
made = wait(held) and None
firsts = client.map(lambda array: float(array[-1]), held, pure=False)
print(sum(client.gather(firsts)))`)
    expect(printed).toBe('28.0')
    const spilled = 'print(workers()[address("small")]["metrics"]["spilled_bytes"]["disk"] > 30_000_000)'
    await vi.waitFor(async () => expect(await python.run(spilled)).toBe('True'), LONG)
    small.kill('SIGTERM')
    await once(small, 'exit')
  })

  test('computes again what a Heddle worker held that was killed, and what a Python worker held', async () => {
    const victim = heddle(cluster.address, 'victim', '--no-nanny')
    heddle(cluster.address, 'other', '--no-nanny')
    await named('other', 'python-0', 'victim')
    await python.run(`
ours = ["victim", "other"]
futures = client.map(operator.neg, range(20), workers=ours, pure=False)
sums = client.map(operator.add, futures, futures, workers=ours, pure=False)
theirs = client.map(lambda x: x + 1, range(20), pure=False)
mixed = client.map(operator.add, sums, theirs, workers=ours, pure=False)
wait(mixed)`)
    victim.kill('SIGKILL')
    expect(await python.run('print(sum(client.gather(sums)), sum(client.gather(mixed)))')).toBe('-380 -170')
    process.kill(cluster.pids[0] as number, 'SIGKILL')
    heddle(cluster.address, 'third', '--no-nanny')
    await named('other', 'third')
    const squares = await python.run(`
more = client.map(operator.mul, sums, sums, workers=["other", "third"], pure=False)
print(sum(client.gather(more)))`)
    expect(squares).toBe('9880')
  })

  test('gets its Heddle workers back when it is restarted', async () => {
    const steady = heddle(cluster.address, 'steady')
    await named('other', 'steady', 'third')
    await python.run('first = address("steady"); client.restart(timeout=30, wait_for_workers=False)')
    await vi.waitFor(async () => {
      const names = await python.run('print(*(str(w["name"]) for w in workers().values()))')
      expect(names.split(' ')).toContain('steady')
    }, LONG)
    expect(await python.run('print(client.submit(operator.add, 1, 2, workers=["steady"]).result())')).toBe('3')
    expect(await python.run('print(first == address("steady"))')).toBe('False')
    steady.kill('SIGTERM')
    await once(steady, 'exit')
  })
})

describe.skipIf(!hasDask())('a Dask scheduler that is killed', PATIENT, () => {
  test('finds its Heddle workers again when it is back', async () => {
    const scheduler = await startScheduler()
    const { address } = scheduler
    const args = ['worker', address, '--nthreads=1', '--nworkers=1', '--name=steady']
    const worker = spawn(process.execPath, [HEDDLE, ...args], { stdio: 'ignore' })
    try {
      await vi.waitFor(async () => expect(await namesAt(address)).toEqual(['steady']), LONG)
      scheduler.process.kill('SIGKILL')
      await once(scheduler.process, 'exit')
      const next = await startScheduler(Number(new URL(address).port))
      await vi.waitFor(async () => expect(await namesAt(address)).toEqual(['steady']), LONG)
      next.process.kill('SIGTERM')
      await once(next.process, 'exit')
    } finally {
      worker.kill('SIGTERM')
    }
  })
})

async function namesAt(address: string): Promise<(string | number)[]> {
  await using client = await Client.connect(address, { timeout: '5s' })
  return [...(await client.workers()).values()].map(({ name }) => name)
}
