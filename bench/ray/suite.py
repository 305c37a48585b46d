"""Ray: a local cluster of two slots, with the processes that it always has; this process is the driver.

    python suite.py [CASE,CASE]     prints what is known as a JSON line after each case

Workers of one machine share Ray's store, so that nothing moves between them: there is no figure for transfers.
"""
import os
import sys
import time
from pathlib import Path

SHARED = str(Path(__file__).resolve().parents[1] / 'python')
sys.path.insert(0, SHARED)
os.environ.update(PYTHONPATH=SHARED, RAY_USAGE_STATS_ENABLED='0', RAY_DEDUP_LOGS='0')
LEAVES, CHAIN = 4096, 2000

begun = time.perf_counter()
import ray  # noqa: E402
import work  # noqa: E402

ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level='ERROR')
noop, inc, add, spin_once = (ray.remote(f) for f in (work.noop, work.inc, work.add, work.spin))
total = ray.remote(lambda *values: sum(values))
assert ray.get(inc.remote(1)) == 2
start = time.perf_counter() - begun

from timing import latencies, map_10k, median_seconds, run_cases  # noqa: E402


def map_and_wait(n):
    refs = [noop.remote(i) for i in range(n)]
    ray.wait(refs, num_returns=n)
    return refs


def map10k():
    return map_10k(map_and_wait)


def latency():
    return latencies(lambda i: ray.get(inc.remote(i)))


def chain():
    def run():
        last = inc.remote(0)
        for _ in range(CHAIN - 1):
            last = inc.remote(last)
        assert ray.get(last) == CHAIN

    return {'chain': CHAIN / median_seconds(run)}


def tree():
    def run():
        level = [inc.remote(i) for i in range(LEAVES)]
        while len(level) > 1:
            level = [add.remote(level[i], level[i + 1]) for i in range(0, len(level), 2)]
        assert ray.get(level[0]) == LEAVES * (LEAVES + 1) // 2

    return {'tree': (2 * LEAVES - 1) / median_seconds(run)}


def scatter():
    held = []
    scattering = median_seconds(lambda: held.append([ray.put(i) for i in range(10_000)]))

    def gather():
        assert ray.get(held[0])[9_999] == 9_999

    return {'scatter': scattering, 'gather': median_seconds(gather)}


def fan_in():
    def run():
        leaves = [inc.remote(i) for i in range(2000)]
        assert ray.get(total.remote(*leaves)) == 2000 * 2001 // 2

    return {'fanIn2k': 2000 / median_seconds(run)}


def all_to_all():
    def run(n):
        first = [inc.remote(i) for i in range(n)]
        assert ray.get([total.remote(*first) for _ in range(n)])[-1] == n * (n + 1) // 2

    return {f'allToAll{n}': n * n / median_seconds(lambda: run(n)) for n in (16, 64)}  # noqa: B023


def spin():
    return {'spin': 1 / median_seconds(lambda: ray.wait([spin_once.remote(i) for i in range(2000)], num_returns=2000))}


try:
    cases = [map10k, latency, chain, tree, scatter, fan_in, all_to_all, spin]
    run_cases(cases, {'ray': ray.__version__}, start)
finally:
    ray.shutdown()
