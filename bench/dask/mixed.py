"""
Heddle's worker and client beside Dask's own, on one stock scheduler, in one run. Build first.

    .venv-dask/bin/python bench/dask/mixed.py [ROUNDS]     prints one JSON line: medians, and their ratios

noop: tasks a second that a client of Python's gets done by one worker of one thread.
array: seconds in which a worker has fetched an array of 400 MB from another and looked at its shape.
map10k: seconds of map and wait of 10 000 calls of a function of Python's, by a client alone on two workers of Python's.
"""

import json
import operator
import os
import statistics
import subprocess
import sys
import time

import numpy as np
from distributed import Client, wait

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
TASKS, MAPPED, NBYTES = 3000, 10_000, 400_000_000
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
processes = []


def launch(*command, **options):
    process = subprocess.Popen(command, **{**QUIET, **options})
    processes.append(process)
    return process


def scheduler():
    command = [sys.executable, "-m", "dask", "scheduler", "--host=127.0.0.1", "--port=0", "--no-dashboard"]
    process = launch(*command, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "Scheduler at:" in line:
            return line.split()[-1]


def python_worker(address, name):
    command = [sys.executable, "-m", "dask", "worker", address, "--nthreads=1", "--no-nanny", "--no-dashboard"]
    launch(*command, f"--name={name}")


def heddle_worker(address, name):
    options = ["--nworkers=1", "--nthreads=1", "--no-nanny", f"--name={name}"]
    launch("node", f"{ROOT}/dist/cli/heddle.js", "worker", address, *options)


def noop(client, worker):
    begun = time.perf_counter()
    futures = client.map(operator.neg, range(TASKS), workers=[worker], pure=False)
    wait(futures)
    return TASKS / (time.perf_counter() - begun)


def array(client, made_by, fetched_by):
    """`getitem` of a list that holds it: the array is needed, and nothing is done with it."""
    source = client.submit(np.ones, NBYTES // 8, workers=["python-0"], pure=False)
    if made_by != "python-0":
        source = client.submit(operator.getitem, [source], 0, workers=[made_by], pure=False)
    wait(source)
    begun = time.perf_counter()
    fetched = client.submit(len, [source], workers=[fetched_by], pure=False)
    wait(fetched)
    return time.perf_counter() - begun


def map10k(client):
    begun = time.perf_counter()
    wait(client.map(operator.neg, range(MAPPED), workers=["python-0", "python-1"], pure=False))
    return time.perf_counter() - begun


def map10k_of_heddle(address):
    program = f"{ROOT}/bench/dask/map10k.mjs"
    return float(subprocess.run(["node", program, address, str(MAPPED)], check=True, capture_output=True).stdout)


def measure(address):
    with Client(address, timeout=30) as client:
        client.wait_for_workers(3, timeout=60)
        for worker in ("python-0", "heddle"):
            noop(client, worker)
        found = {}
        for _ in range(ROUNDS):
            for name, run in {
                "noop by python": lambda: noop(client, "python-0"),
                "noop by heddle": lambda: noop(client, "heddle"),
                "array python to python": lambda: array(client, "python-0", "python-1"),
                "array python to heddle": lambda: array(client, "python-0", "heddle"),
                "array heddle to python": lambda: array(client, "heddle", "python-1"),
                "map10k by python": lambda: map10k(client),
                "map10k by heddle": lambda: map10k_of_heddle(address),
            }.items():
                found.setdefault(name, []).append(run())
    return {name: statistics.median(values) for name, values in found.items()}


try:
    address = scheduler()
    for name in ("python-0", "python-1"):
        python_worker(address, name)
    heddle_worker(address, "heddle")
    medians = measure(address)
    ratios = {
        "noop": medians["noop by heddle"] / medians["noop by python"],
        "python to heddle": medians["array python to python"] / medians["array python to heddle"],
        "heddle to python": medians["array python to python"] / medians["array heddle to python"],
        "map10k": medians["map10k by python"] / medians["map10k by heddle"],
    }
    rounded = lambda figures: {name: round(value, 3) for name, value in figures.items()}
    print(json.dumps({"medians": rounded(medians), "heddle over python": rounded(ratios)}))
finally:
    for process in processes:
        process.kill()
        process.wait()
