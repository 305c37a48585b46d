"""
A stock Dask cluster: a scheduler and workers of one thread each. Prints the scheduler's address; ends with its stdin.
With `processes` the workers are processes of their own, and their ids stand behind the address. With `tls FOLDER` all of
it is at tls:// addresses, with the certificates there.
"""

import asyncio
import subprocess
import sys

# Dask 2025.4 uses it for tables, and counts on others to have imported it, as dask.dataframe does.
import pyarrow.fs  # noqa: F401
from distributed import Scheduler, Security, Worker


def end_of_stdin():
    return asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def with_workers(scheduler, n_workers):
    security = scheduler.security
    workers = [Worker(scheduler.address, nthreads=1, name=f"python-{i}", security=security) for i in range(n_workers)]
    await asyncio.gather(*workers)
    print(scheduler.address, flush=True)
    await end_of_stdin()
    await asyncio.gather(*(worker.close() for worker in workers))


async def with_processes(scheduler, n_workers):
    command = [sys.executable, "-m", "dask", "worker", scheduler.address]
    options = ["--nthreads=1", "--no-nanny", "--no-dashboard"]
    children = [subprocess.Popen([*command, *options, f"--name=python-{i}"]) for i in range(n_workers)]
    while len(scheduler.workers) < n_workers:
        await asyncio.sleep(0.05)
    print(scheduler.address, *(child.pid for child in children), flush=True)
    await end_of_stdin()
    for child in children:
        child.kill()
        child.wait()


def security_of(folder):
    files = {"ca_file": "authority.pem"}
    for role in ("scheduler", "worker", "client"):
        files |= {f"{role}_cert": "node.pem", f"{role}_key": "node-key.pem"}
    return Security(require_encryption=True, **{f"tls_{name}": f"{folder}/{file}" for name, file in files.items()})


async def main(n_workers, how="threads", folder=None):
    secure = {"security": security_of(folder), "protocol": "tls"} if how == "tls" else {}
    async with Scheduler(host="127.0.0.1", port=0, dashboard=False, **secure) as scheduler:
        await (with_processes if how == "processes" else with_workers)(scheduler, n_workers)


asyncio.run(main(int(sys.argv[1]), *sys.argv[2:]))
