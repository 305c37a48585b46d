"""How many intermediates are alive at most when Dask's own order is followed: the yardstick of our graph order.

    .venv-bench/bin/python bench/order/dask_order.py > bench/order/graphs.json

Writes the graphs as well, so that the test of our order (test/unit/scheduler/core/ordering-dask.test.ts) needs no Python.
"""
import json

import dask
from dask._task_spec import Task, TaskRef
from dask.order import order


def tree(leaves=64):
    graph = {f'leaf-{i}': [] for i in range(leaves)}
    level, depth = list(graph), 0
    while len(level) > 1:
        above = [f'sum-{depth}-{i}' for i in range(len(level) // 2)]
        for i, key in enumerate(above):
            graph[key] = [level[2 * i], level[2 * i + 1]]
        level, depth = above, depth + 1
    return graph


def all_to_all(n=12):
    graph = {}
    for i in range(n):
        graph[f'load-{i}'] = []
        graph[f'split-{i}'] = [f'load-{i}']
        for j in range(n):
            graph[f'cut-{i}-{j}'] = [f'split-{i}']
    for j in range(n):
        graph[f'merge-{j}'] = [f'cut-{i}-{j}' for i in range(n)]
        graph[f'store-{j}'] = [f'merge-{j}']
    return graph


def stencil(width=24, steps=5):
    graph = {f'cell-0-{i}': [] for i in range(width)}
    for t in range(1, steps + 1):
        for i in range(width):
            graph[f'cell-{t}-{i}'] = [f'cell-{t - 1}-{j}' for j in (i - 1, i, i + 1) if 0 <= j < width]
    return graph


def chains(n=20, length=10):
    graph = {}
    for i in range(n):
        for t in range(length):
            graph[f'step-{i}-{t}'] = [f'step-{i}-{t - 1}'] if t else []
    return graph


def fans(n=16, width=8):
    graph = {}
    for i in range(n):
        graph[f'root-{i}'] = []
        for j in range(width):
            graph[f'part-{i}-{j}'] = [f'root-{i}']
        graph[f'join-{i}'] = [f'part-{i}-{j}' for j in range(width)]
    graph['total'] = [f'join-{i}' for i in range(n)]
    return graph


def dask_graph(graph):
    def task(key, inputs):
        return Task(key, lambda *_: None, *map(TaskRef, inputs)) if inputs else Task(key, lambda: None)

    return {key: task(key, inputs) for key, inputs in graph.items()}


def peak(graph, ordered):
    """Values that were computed and that somebody still needs, at the worst moment; results themselves do not count."""
    waiting = {key: 0 for key in graph}
    for inputs in graph.values():
        for key in inputs:
            waiting[key] += 1
    alive = most = 0
    for key in ordered:
        alive += waiting[key] > 0
        most = max(most, alive)
        for dependency in graph[key]:
            waiting[dependency] -= 1
            alive -= waiting[dependency] == 0
    return most


def main():
    graphs = []
    for make in (tree, all_to_all, stencil, chains, fans):
        graph = make()
        place = order(dask_graph(graph))
        graphs.append({'name': make.__name__, 'peak': peak(graph, sorted(graph, key=place.get)), 'graph': graph})
    print(json.dumps({'dask': dask.__version__, 'graphs': graphs}, separators=(',', ':')))


if __name__ == '__main__':
    main()
