"""dask.distributed: a scheduler process and two single-thread worker processes; this process is the client.

    python suite.py [--tuned] [CASE,CASE]     prints what is known as a JSON line after each case

--tuned turns off what costs Dask most with small tasks: the queue of root tasks, stealing, the profiler, the memory
manager; and takes uvloop. The functions can be imported by the workers, which is Dask's cheap way to ship them.
"""
import json
import os
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
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
only = [part for arg in sys.argv[1:] if not arg.startswith('--') for part in arg.split(',')]
if tuned:
    os.environ.update(TUNED)
sys.path.insert(0, HERE)

begun = time.perf_counter()
processes = []


def launch(*args):
    env = {**os.environ, 'PYTHONPATH': HERE}
    process = subprocess.Popen(
        [sys.executable, '-c', NODE, *args], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env
    )
    processes.append(process)
    return process


scheduler = launch()
import psutil  # noqa: E402
from distributed import Client, __version__, wait  # noqa: E402

import work  # noqa: E402

address = scheduler.stdout.readline().strip()
workers = [launch(address) for _ in range(2)]
alice, bob = [worker.stdout.readline().strip() for worker in workers]
client = Client(address)
client.wait_for_workers(2)
assert client.submit(work.inc, 1).result() == 2
start = time.perf_counter() - begun


def seconds_of(run):
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def median_seconds(run, runs=3, budget=5.0):
    times = []
    while len(times) < runs and sum(times) < budget:
        times.append(seconds_of(run))
    return statistics.median(times)


def rss(pid):
    return psutil.Process(pid).memory_info().rss


def cpu_seconds():
    me = psutil.Process()
    return sum(sum(p.cpu_times()[:4]) for p in [me, *me.children(recursive=True)])


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
    before = rss(scheduler.pid), rss(os.getpid())
    futures = map_and_wait(KEPT)
    assert len(futures) == KEPT
    return {
        'schedulerBytes': (rss(scheduler.pid) - before[0]) / KEPT,
        'clientBytes': (rss(os.getpid()) - before[1]) / KEPT,
    }


def map10k():
    map_and_wait(1000)
    rates, costs = [], []
    for _ in range(3):
        before = cpu_seconds()
        time_taken = seconds_of(lambda: map_and_wait(10_000))
        costs.append((cpu_seconds() - before) / 10_000 * 1e6)
        rates.append(10_000 / time_taken)
        if sum(10_000 / r for r in rates) > 12:
            break
    return {'map10k': statistics.median(rates), 'map10kCpu': statistics.median(costs)}


def latency():
    call = lambda i: client.submit(work.inc, i, pure=False).result()  # noqa: E731
    for i in range(50):
        call(i)
    ms = sorted(1000 * seconds_of(lambda: call(i)) for i in range(500))
    return {'latencyP50': ms[250], 'latencyP99': ms[495]}


def chain():
    def run():
        last = client.submit(work.inc, 0, pure=False)
        for _ in range(CHAIN - 1):
            last = client.submit(work.inc, last, pure=False)
        assert last.result() == CHAIN

    return {'chain': CHAIN / median_seconds(run)}


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


CASES = [kept, map10k, latency, chain, tree, scatter, transfer, fan_in, all_to_all, spin, scatter_bytes]
if tuned:
    CASES.remove(kept)  # the same memory, and it takes a minute

try:
    outcome = {
        'versions': {'dask.distributed': __version__, 'python': sys.version.split()[0]},
        'figures': {'start': start},
        'failed': [],
    }
    for case in CASES:
        if only and case.__name__.replace('_', '') not in [name.lower() for name in only]:
            continue
        try:
            outcome['figures'].update(case())
        except Exception as error:
            outcome['failed'].append(f'{case.__name__}: {error!r}')
        print(json.dumps(outcome), flush=True)
        print(' ', case.__name__, file=sys.stderr, flush=True)
finally:
    client.close()
    for process in reversed(processes):
        process.terminate()
        process.wait()
