"""What the tasks do; the workers import this."""
import os
import time


def noop(_i):
    return None


def inc(x):
    return x + 1


def add(x, y):
    return x + y


def random_bytes(n):
    """Bytes that lz4 cannot shrink: the period is longer than its window."""
    import numpy as np

    return np.resize(np.frombuffer(os.urandom(4 << 20), dtype='u1'), n)


def spin(_i):
    """A millisecond of work."""
    until = time.perf_counter() + 0.001
    while time.perf_counter() < until:
        pass
