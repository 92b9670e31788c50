"""CPython's side of the questions that name it: the same orders and answers as harness/child.mjs, the same work and the same sizes."""

import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import Pool
from time import perf_counter

WORKERS = 2
# Seconds a round goes on for, as in harness/measures.mjs.
LEAST = 0.5


def increment(x):
    return x + 1


def add(x, y):
    return x + y


def pool_map(pool, count, chunksize=None):
    return pool.map(increment, range(count), chunksize)


def pool_map_one(pool, count):
    return pool_map(pool, count, 1)


def pool_imap(pool, count):
    return list(pool.imap(increment, range(count)))


def pool_imap_chunked(pool, count):
    # The size of a chunk in the example of the documentation of multiprocessing (mp_pool.py).
    return list(pool.imap(increment, range(count), count // 8))


def pool_imap_unordered(pool, count):
    return sorted(pool.imap_unordered(increment, range(count)))


def pool_apply_async(pool, count):
    return [result.get() for result in [pool.apply_async(increment, (i,)) for i in range(count)]]


def pool_starmap(pool, count):
    return pool.starmap(add, [(i, 1) for i in range(count)])


def executor_submit(executor, count):
    return [future.result() for future in [executor.submit(increment, i) for i in range(count)]]


def executor_map(executor, count):
    return list(executor.map(increment, range(count)))


METHODS = {
    "imap": (pool_imap, Pool),
    "imapChunked": (pool_imap_chunked, Pool),
    "imapBatches": (pool_imap_chunked, Pool),
    "imapUnordered": (pool_imap_unordered, Pool),
    "applyAsync": (pool_apply_async, Pool),
    "starmap": (pool_starmap, Pool),
    "executorMap": (executor_map, ProcessPoolExecutor),
}
OPEN = {"pool": Pool, "processes": ProcessPoolExecutor, "threads": ThreadPoolExecutor}


def rate(method, pool, count):
    seconds = 0.0
    times = 0
    while seconds < LEAST:
        started = perf_counter()
        results = method(pool, count)
        seconds += perf_counter() - started
        times += 1
        if results != list(range(1, count + 1)):
            raise ValueError("wrong results")
    return times * count / seconds


def main():
    name, kind, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    # One measured method gives `rate`, `methods` gives a figure for each of them.
    measured = METHODS if name == "methods" else {"rate": (globals()[name], OPEN[kind])}
    pools = {opener: opener(WORKERS) for _, opener in measured.values()}

    def answer(message):
        os.write(3, (json.dumps(message) + "\n").encode())

    for method, opener in measured.values():
        method(pools[opener], 100)
    answer({"ready": True})
    for order in sys.stdin:
        if order.strip() not in ("warm", "round"):
            break
        size = max(1, count // 10) if order.strip() == "warm" else count
        answer({"metrics": {metric: rate(method, pools[opener], size) for metric, (method, opener) in measured.items()}})
    # The workers die with the process group.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
