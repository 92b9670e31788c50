"""Tries one feature in one pool of CPython: python3 python.py pool|futures KEY LOG. Writes the observation as JSON to descriptor 3."""

import json
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

# The input of `lazy` ends here, so that a pool that reads it first comes to an end.
MOST = 50_000
SETTING = None


def double(x):
    return x * 2


def base(path):
    return os.path.basename(path)


def busy(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def note(log):
    with open(log, "a", encoding="utf-8") as file:
        file.write("ran\n")


def identity(_):
    return os.getpid()


def setup(value):
    global SETTING
    SETTING = value


def setting_of(_):
    return SETTING


class Counted:
    def __init__(self):
        self.pulled = 0

    def __iter__(self):
        while self.pulled < MOST:
            self.pulled += 1
            yield self.pulled


def ran(log):
    with open(log, encoding="utf-8") as file:
        return file.read() != ""


def first_of(results, counted):
    for value in results:
        if value == 4:
            return counted.pulled
    return None


def of_pool(key, _log):
    if key == "recycle":
        pool = multiprocessing.Pool(1, maxtasksperchild=2)
        return [pool.apply(identity, (0,)) for _ in range(4)]
    if key == "setup":
        return multiprocessing.Pool(1, setup, ("a setting",)).apply(setting_of, (0,))
    pool = multiprocessing.Pool(1)
    if key == "inline":
        return pool.apply(lambda x: x * 2, (21,))
    if key == "imported":
        return pool.apply(base, ("/a/b/c",))
    if key == "map":
        return pool.map(double, [1, 2, 3, 4])
    if key == "lazy":
        counted = Counted()
        results = pool.imap(double, counted)
        end = time.monotonic() + 3
        while counted.pulled < MOST and time.monotonic() < end:
            time.sleep(0.05)
        return first_of(results, counted)
    return pool.apply(double, (1,))


def of_futures(key, log):
    if key == "recycle":
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(1, mp_context=context, max_tasks_per_child=2)
        return [pool.submit(identity, 0).result() for _ in range(4)]
    if key == "setup":
        return ProcessPoolExecutor(1, initializer=setup, initargs=("a setting",)).submit(setting_of, 0).result()
    pool = ProcessPoolExecutor(1)
    if key == "inline":
        return pool.submit(lambda x: x * 2, 21).result()
    if key == "imported":
        return pool.submit(base, "/a/b/c").result()
    if key == "map":
        return list(pool.map(double, [1, 2, 3, 4]))
    if key == "lazy":
        counted = Counted()
        return first_of(pool.map(double, counted), counted)
    if key == "cancelWaiting":
        running = pool.submit(busy, 0.3)
        time.sleep(0.1)
        waiting = pool.submit(note, log)
        time.sleep(0.05)
        cancelled = waiting.cancel()
        running.result()
        time.sleep(0.1)
        return {"outcome": "rejected" if cancelled else "fulfilled", "ran": ran(log)}
    return pool.submit(double, 1).result()


def main():
    kind, key, log = sys.argv[1:]
    open(log, "w", encoding="utf-8").close()
    try:
        found = {"value": (of_pool if kind == "pool" else of_futures)(key, log)}
    except Exception as error:
        found = {"error": type(error).__name__}
    os.write(3, json.dumps(found).encode())


if __name__ == "__main__":
    main()
