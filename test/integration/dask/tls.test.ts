import {
  Client,
  ConnectError,
  type NDArray,
  py,
  rpc,
  Scheduler,
  type SchedulerApi,
  Worker,
  type WorkerApi,
} from 'heddle'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { certificate, tlsOf } from '../../unit/comm/tls-files.js'
import { heddle } from '../command.js'
import { DaskCluster, hasDask, PATIENT, startScheduler } from './python.js'

const tls = tlsOf('node')
const FLAGS = [
  `--tls-ca-file=${certificate('authority')}`,
  `--tls-cert=${certificate('node')}`,
  `--tls-key=${certificate('node-key')}`,
]

describe.skipIf(!hasDask())('a stock Dask cluster with TLS', PATIENT, () => {
  let cluster: DaskCluster

  beforeAll(async () => {
    cluster = await DaskCluster.start(1, 'tls')
  }, 60_000)

  afterAll(() => cluster?.close())

  async function failure(address: string, options: object): Promise<string> {
    const error = await Client.connect(address, { timeout: '2s', ...options }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Error)
    return (error as Error).message
  }

  test('takes a client that has its certificates, and lets it reach the workers', async () => {
    expect(cluster.address).toMatch(/^tls:/)
    await using client = await Client.connect(cluster.address, { timeout: '20s', tls })
    const placed = await client.scatter(new Float64Array(300_000).fill(2))
    const sum = client.submit(py<(a: unknown) => number>('numpy.sum'), placed)
    expect(await sum.result()).toBe(600_000)
    const doubled = client.submit(py<(a: unknown, b: number) => NDArray>('numpy.multiply'), placed, 2)
    expect((await doubled.result()).get(299_999)).toBe(4)
  })

  test('takes a worker of ours, which serves others and fetches from them', async () => {
    await using client = await Client.connect(cluster.address, { timeout: '20s', tls })
    await using worker = await Worker.start(cluster.address, { nthreads: 1, name: 'typescript', tls })
    expect(worker.address).toMatch(/^tls:/)
    const made = client.with({ workers: 'python-0' }).submit(py<(n: number) => NDArray>('numpy.ones'), 50_000)
    const first = py<(list: unknown[], i: number) => NDArray>('operator.getitem')
    const kept = client.with({ workers: 'typescript' }).submit(first, [made, 1], 0)
    const sum = client.with({ workers: 'python-0' }).submit(py<(a: NDArray) => number>('numpy.sum'), kept)
    expect(await sum.result()).toBe(50_000)
  })

  test('is out of reach for others, who are told why', async () => {
    expect(await failure(cluster.address, {})).toContain('needs certificates: give tls: { ca, cert, key }')
    expect(await failure(cluster.address, { tls: tlsOf('stranger', 'stranger-authority') })).toContain(
      'its certificate is not from the authority in tls.ca',
    )
    expect(await failure(cluster.address, { tls: tlsOf('stranger') })).toContain(
      'our certificate is not from the authority that it knows',
    )
    expect(await failure(cluster.address, { tls: tlsOf('expired') })).toContain('our certificate has expired')
    expect(await failure(cluster.address.replace('tls:', 'tcp:'), {})).toMatch(/speaks TLS/)
  })

  test('is joined from the command line, with the options that Dask has', async () => {
    const scheduler = await startScheduler(0, '--protocol=tls', ...FLAGS)
    const worker = heddle('worker', scheduler.address, '--nworkers=1', '--nthreads=1', '--no-nanny', ...FLAGS)
    await using client = await Client.connect(scheduler.address, { timeout: '20s', tls })
    expect(await client.submit((a: number, b: number) => a + b, 20, 3).result()).toBe(23)
    await using node = rpc<SchedulerApi>(scheduler.address, { tls })
    const [address] = Object.keys(await node.ncores())
    await using ours = rpc<WorkerApi>(address as string, { tls })
    expect(await ours.identity()).toMatchObject({ type: 'Worker' })
    worker.process.kill('SIGTERM')
    expect((await worker.ended).code).toBe(0)
    scheduler.process.kill('SIGTERM')
  })

  test('is not looked for where there is none', async () => {
    const plain = await DaskCluster.start(0)
    const error = Client.connect(plain.address.replace('tcp:', 'tls:'), { timeout: '5s', tls })
    await expect(error).rejects.toThrow(`does not speak TLS. If that is right, use ${plain.address}`)
    await expect(error).rejects.toBeInstanceOf(ConnectError)
    await plain.close()
  })
})

test('a network of ours can be at tls:// addresses, too', async () => {
  await using scheduler = await new Scheduler({ port: 0, tls }).start()
  await using worker = await Worker.start(scheduler.address, { nthreads: 1, tls })
  await using client = await Client.connect(scheduler.address, { tls })
  const sum = client.submit((values: Float64Array) => values.length, await client.scatter(new Float64Array(10_000)))
  expect(await sum.result()).toBe(10_000)
  const again = heddle('replay', sum.key, '--scheduler', scheduler.address, ...FLAGS)
  await again.ended
  expect(again.stdout).toContain('gives 10000')
  await using node = rpc<WorkerApi>(worker.address, { tls })
  expect(await node.identity()).toMatchObject({ type: 'Worker' })
  expect([scheduler.address, worker.address].every((address) => address.startsWith('tls://'))).toBe(true)
}, 30_000)
