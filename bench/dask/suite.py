"""dask.distributed: a scheduler process and two single-thread worker processes; this process is the client.

    python suite.py [--tuned] [CASE,CASE]     prints what is known as a JSON line after each case

--tuned turns off what costs Dask most with small tasks: the queue of root tasks, stealing, the profiler, the memory
manager; and takes uvloop. The functions can be imported by the workers, which is Dask's cheap way to ship them.
"""
import itertools
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

SHARED = str(Path(__file__).resolve().parents[1] / 'python')
TUNED = {
    'DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION': 'inf',
    'DASK_DISTRIBUTED__SCHEDULER__WORK_STEALING': 'False',
    'DASK_DISTRIBUTED__SCHEDULER__ACTIVE_MEMORY_MANAGER__START': 'False',
    'DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED': 'False',
    'DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__GIL__ENABLED': 'False',
    'DASK_DISTRIBUTED__ADMIN__EVENT_LOOP': 'uvloop',
}
NODE = """
import sys
from distributed import Scheduler, Worker
from distributed.compatibility import asyncio_run
from distributed.config import get_loop_factory

async def main():
    if len(sys.argv) > 1:
        node = await Worker(sys.argv[1], host='127.0.0.1', nthreads=1, dashboard=False)
    else:
        node = await Scheduler(host='127.0.0.1', port=0, dashboard=False)
    print(node.address, flush=True)
    await node.finished()

asyncio_run(main(), loop_factory=get_loop_factory())
"""
LEAVES, CHAIN, KEPT, NBYTES = 4096, 2000, 50_000, 256 * 2**20

tuned = '--tuned' in sys.argv
if tuned:
    os.environ.update(TUNED)
sys.path.insert(0, SHARED)

begun = time.perf_counter()
processes = []


def launch(*args):
    env = {**os.environ, 'PYTHONPATH': SHARED}
    process = subprocess.Popen(
        [sys.executable, '-c', NODE, *args], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env
    )
    processes.append(process)
    return process


scheduler = launch()
import work  # noqa: E402
from distributed import Client, __version__, wait  # noqa: E402
from timing import latencies, map_10k, median_seconds, rss, run_cases, seconds_of  # noqa: E402

address = scheduler.stdout.readline().strip()
workers = [launch(address) for _ in range(2)]
alice, bob = [worker.stdout.readline().strip() for worker in workers]
client = Client(address)
client.wait_for_workers(2)
assert client.submit(work.inc, 1).result() == 2
start = time.perf_counter() - begun


def map_and_wait(n):
    futures = client.map(work.noop, range(n), pure=False)
    wait(futures)
    return futures


def forgotten():
    while client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)):
        time.sleep(0.05)


def kept():
    map_and_wait(1000)
    forgotten()
    before = rss(scheduler.pid), rss()
    futures = map_and_wait(KEPT)
    assert len(futures) == KEPT
    return {
        'schedulerBytes': (rss(scheduler.pid) - before[0]) / KEPT,
        'clientBytes': (rss() - before[1]) / KEPT,
    }


def map10k():
    return map_10k(map_and_wait)


def latency():
    return latencies(lambda i: client.submit(work.inc, i, pure=False).result())


def chain():
    def run():
        last = client.submit(work.inc, 0, pure=False)
        for _ in range(CHAIN - 1):
            last = client.submit(work.inc, last, pure=False)
        assert last.result() == CHAIN

    return {'chain': CHAIN / median_seconds(run)}


def chain_graph():
    runs = itertools.count()

    def run():
        name = f'x{next(runs)}'
        graph = {(name, 0): (work.inc, 0), **{(name, i): (work.inc, (name, i - 1)) for i in range(1, CHAIN)}}
        assert client.get(graph, (name, CHAIN - 1)) == CHAIN

    return {'chainGraph': CHAIN / median_seconds(run)}


def tree():
    def run():
        level = client.map(work.inc, range(LEAVES), pure=False)
        while len(level) > 1:
            level = [client.submit(work.add, level[i], level[i + 1], pure=False) for i in range(0, len(level), 2)]
        assert level[0].result() == LEAVES * (LEAVES + 1) // 2

    return {'tree': (2 * LEAVES - 1) / median_seconds(run)}


def scatter():
    values, held = list(range(10_000)), []
    scattering = median_seconds(lambda: held.append(client.scatter(values, hash=False)))

    def gather():
        assert client.gather(held[0])[9_999] == 9_999

    return {'scatter': scattering, 'gather': median_seconds(gather)}


def transfer():
    rates = []
    for _ in range(6):
        data = client.submit(work.random_bytes, NBYTES, workers=[alice], pure=False)
        wait(data)
        fetch = lambda: client.submit(len, data, workers=[bob], pure=False).result()  # noqa: B023, E731
        rates.append(NBYTES / seconds_of(fetch) / 1e9)
        del data
        forgotten()
    return {'transferFirst': rates[0], 'transfer': statistics.median(rates[1:])}


def fan_in():
    def run(leaves):
        total = client.submit(sum, client.map(work.inc, range(leaves), pure=False), pure=False)
        assert total.result() == leaves * (leaves + 1) // 2

    return {f'fanIn{n // 1000}k': n / median_seconds(lambda: run(n)) for n in (2000, 10_000)}  # noqa: B023


def all_to_all():
    def run(n):
        first = client.map(work.inc, range(n), pure=False)
        assert client.gather([client.submit(sum, first, pure=False) for _ in range(n)])[-1] == n * (n + 1) // 2

    return {f'allToAll{n}': n * n / median_seconds(lambda: run(n)) for n in (16, 64)}  # noqa: B023


def spin():
    return {'spin': 1 / median_seconds(lambda: wait(client.map(work.spin, range(2000), pure=False)))}


def scatter_bytes():
    data = work.random_bytes(NBYTES)
    return {'scatterBytes': NBYTES / median_seconds(lambda: client.scatter(data, hash=False), runs=5) / 1e9}


CASES = [kept, map10k, latency, chain, chain_graph, tree, scatter, transfer, fan_in, all_to_all, spin, scatter_bytes]
if tuned:
    CASES.remove(kept)  # the same memory, and it takes a minute

try:
    run_cases(CASES, {'dask.distributed': __version__}, start)
finally:
    client.close()
    for process in reversed(processes):
        process.terminate()
        process.wait()
