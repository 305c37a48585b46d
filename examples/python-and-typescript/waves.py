"""Python's half: a stock Dask cluster, and waves on it under a name that TypeScript knows too."""

import numpy as np
from dask.distributed import Client, LocalCluster, wait


def waves(n):
    t = np.linspace(0, 20 * np.pi, n)
    return np.sin(t) + np.random.default_rng(7).normal(0, 0.3, n)


if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, scheduler_port=8786, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            future = client.submit(waves, 100_000, key="waves")
            wait(future)
            print(f"waves are at {cluster.scheduler_address}; now run main.ts. Enter ends the cluster.", flush=True)
            input()
