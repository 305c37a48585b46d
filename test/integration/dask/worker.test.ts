import { Client, py, Worker } from 'heddle'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DaskCluster, hasDask, PATIENT, PythonClient } from './python.js'

describe.skipIf(!hasDask())('a worker in a stock Dask cluster', PATIENT, () => {
  let cluster: DaskCluster
  let worker: Worker
  let client: PythonClient

  beforeAll(async () => {
    cluster = await DaskCluster.start(1)
    worker = await Worker.start(cluster.address, { name: 'heddle', nthreads: 2 })
    client = await PythonClient.connect(cluster.address)
  }, 60_000)

  afterAll(async () => {
    await client?.close()
    await worker?.close()
    await cluster?.close()
  })

  test('computes what it knows of Python, and gives and takes data', async () => {
    const printed = await client.run(`
three = client.submit(operator.add, 1, 2, workers=["heddle"])
there = client.submit(operator.mul, three, 10, workers=["python-0"])
back = client.submit(operator.sub, there, 0.5, workers=["heddle"])
print(three.result(), there.result(), back.result(), back.type.__name__)
big = client.submit(np.arange, 100_000, workers=["python-0"])
kept = client.submit(operator.getitem, [big, 1], 0, workers=["heddle"])
print(client.submit(np.sum, kept, workers=["python-0"]).result(), kept.result().dtype)
floats = client.submit(np.linspace, 0, 1, 5, workers=["python-0"])
print(repr(client.submit(np.sum, client.submit(np.add, floats, 1, workers=["heddle"]), workers=["heddle"]).result()))
`)
    expect(printed.split('\n')).toEqual(['3 30 29.5 float', '4999950000 int64', 'np.float64(7.5)'])
  })

  test('gives a Python client the exceptions that Python would', async () => {
    const printed = await client.run(`
failed = client.submit(operator.truediv, 1, 0, workers=["heddle"])
try:
    client.submit(operator.add, failed, 1, workers=["python-0"]).result()
except ZeroDivisionError as error:
    print(error)
`)
    expect(printed).toBe('division by zero')
  })

  test('hands back what only Python can run, wherever its inputs are', async () => {
    const printed = await client.run(`
futures = client.map(lambda x: x + 1, range(60), pure=False)
print(sum(client.gather(futures)))
one = client.submit(operator.neg, 1, workers=["heddle"])
print(client.submit(lambda x: x * 2, one).result(timeout=20))
class Counter:
    count = 5
actors = [client.submit(Counter, actor=True, pure=False) for _ in range(6)]
print(sum(actor.result(timeout=20).count for actor in actors))
`)
    expect(printed.split('\n')).toEqual(['1830', '-2', '30'])
  })

  test('says at once that it cannot run Python that only it may run', async () => {
    const printed = await client.run(`
for function, arguments in (lambda: 1, []), (operator.getitem, [np.arange(3), 1]):
    try:
        client.submit(function, *arguments, workers=["heddle"]).result(timeout=20)
    except NotImplementedError as error:
        print("no worker of Python’s" in str(error))
`)
    expect(printed).toBe('True\nTrue')
  })

  test('takes part in scatter, replicate and everything that is asked of all workers', async () => {
    const printed = await client.run(`
data = client.scatter({"a": [1, 2]}, workers=["heddle"])["a"]
client.replicate([data])
print(sorted(len(v) for v in client.who_has([data]).values()))
here = client.scatter(np.ones(5000), workers=["python-0"])
# It may still be called paused by what it has handed back.
while len(client.who_has([here])[here.key]) < 2:
    client.replicate([here], workers=[address("heddle")], n=2)
client.get_versions(check=True)
client.profile(); client.get_worker_logs(); client.call_stack(); client.nthreads()
print(client.run(lambda: 5, on_error="return")[address("python-0")])
`)
    expect(printed.split('\n')).toEqual(['[2]', '5'])
  })

  test('leaves shuffles to the workers of Python', async () => {
    const printed = await client.run(`
import dask, dask.array
with dask.config.set({"array.rechunk.method": "p2p"}):
    columns = dask.array.arange(40_000, chunks=2000).reshape((200, 200)).rechunk((10, 200)).rechunk((200, 10))
    print(int(columns.sum().compute()), int(columns[:, 7].sum().compute()))
`)
    expect(printed).toBe('799980000 3981400')
  })

  test('is in the task stream and in the figures of the dashboard as workers of Python are', async () => {
    const printed = await client.run(`
import pickle
from distributed import get_task_stream
with get_task_stream(client) as stream:
    wait(client.map(operator.neg, range(5), workers=["heddle"], pure=False))
print({(task["worker"] == address("heddle"), task["startstops"][0]["action"], pickle.loads(task["type"])) for task in stream.data})
ours, theirs = (workers()[address(name)]["metrics"] for name in ("heddle", "python-0"))
print(ours["memory"] > 10_000_000, ours["num_fds"] > 0, set(theirs) - set(ours))
`)
    expect(printed.split('\n')).toEqual(["{(True, 'compute', <class 'int'>)}", 'True True set()'])
  })

  test('is a worker of a client of ours, too', async () => {
    await using ours = await Client.connect(cluster.address)
    const add = py<(a: number, b: number) => number>('operator.add')
    expect(
      await ours
        .with({ workers: ['heddle'] })
        .submit(add, 1, 2)
        .result(),
    ).toBe(3)
    expect((await ours.workers()).get(worker.address)).toMatchObject({ name: 'heddle', nthreads: 2 })
  })
})
