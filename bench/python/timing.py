"""Timing, CPU and memory of this process and those it started; and the loop over the cases of a suite."""
import json
import os
import statistics
import sys
import time

import psutil


def seconds_of(run):
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def median_seconds(run, runs=3, budget=5.0):
    """No run is begun after `budget` seconds."""
    times = []
    while len(times) < runs and sum(times) < budget:
        times.append(seconds_of(run))
    return statistics.median(times)


def latencies(call):
    """Of one call after the other, in ms."""
    for i in range(50):
        call(i)
    ms = sorted(1000 * seconds_of(lambda: call(i)) for i in range(500))  # noqa: B023
    # Nothing is compiled while it runs: the first calls are like the later ones.
    return {'latencyP50': ms[250], 'latencyP99': ms[495], 'latencySteadyP50': ms[250]}


def map_10k(map_and_wait):
    map_and_wait(1000)
    rates, costs, spent = [], [], 0.0
    while len(rates) < 3 and spent < 12:
        before = cpu_seconds()
        seconds = seconds_of(lambda: map_and_wait(10_000))
        costs.append((cpu_seconds() - before) / 10_000 * 1e6)
        rates.append(10_000 / seconds)
        spent += seconds
    return {'map10k': statistics.median(rates), 'map10kCpu': statistics.median(costs)}


def rss(pid=None):
    return psutil.Process(pid or os.getpid()).memory_info().rss


def cpu_seconds():
    me = psutil.Process()
    return sum(sum(p.cpu_times()[:4]) for p in [me, *me.children(recursive=True)])


def wanted_cases():
    """Names of cases on the command line, in small letters."""
    return [part.lower() for arg in sys.argv[1:] if not arg.startswith('--') for part in arg.split(',')]


def run_cases(cases, versions, start):
    """Says after each case what is known by then: what fails, or takes too long, takes nothing with it."""
    only = wanted_cases()
    outcome = {'versions': {**versions, 'python': sys.version.split()[0]}, 'figures': {'start': start}, 'failed': []}
    for case in cases:
        if only and case.__name__.replace('_', '') not in only:
            continue
        try:
            outcome['figures'].update(case())
        except Exception as error:
            outcome['failed'].append(f'{case.__name__}: {error!r}')
        print(json.dumps(outcome), flush=True)
        print(' ', case.__name__, file=sys.stderr, flush=True)
