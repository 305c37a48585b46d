"""A stock Dask cluster: a scheduler and workers of one thread each. Prints the scheduler's address; ends with its stdin."""

import asyncio
import sys

from distributed import Scheduler, Worker


async def main(n_workers):
    async with Scheduler(host="127.0.0.1", port=0, dashboard=False) as scheduler:
        workers = [Worker(scheduler.address, nthreads=1, name=f"python-{i}") for i in range(n_workers)]
        await asyncio.gather(*workers)
        print(scheduler.address, flush=True)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, sys.stdin.read)
        await asyncio.gather(*(worker.close() for worker in workers))


asyncio.run(main(int(sys.argv[1])))
