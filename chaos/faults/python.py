"""Runs one fault in one pool of CPython, and judges the task and the next task, as fault.mjs does. Writes one line of JSON to descriptor 3.

Usage: python3 python.py pool|futures TASK NEEDS LOG    (NEEDS: fields of a row of faults.mjs; LOG: a file with one line per call of the task)
"""

import json
import os
import signal
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as FuturesTimeout
from multiprocessing import Pool
from multiprocessing import TimeoutError as PoolTimeout

PATIENCE = 8 * float(os.environ.get("TWINPOOL_DELAY_FACTOR", "1"))


def called(log):
    with open(log, "a", encoding="utf-8") as file:
        file.write("called\n")


def fine(value):
    return value + 1


def exit0(log):
    called(log)
    sys.exit(0)


def exit7(log):
    called(log)
    sys.exit(7)


def sigkill(log):
    called(log)
    os.kill(os.getpid(), signal.SIGKILL)


def abort(log):
    called(log)
    os.abort()


def printAndExit(log):
    called(log)
    print("printed before the end")
    sys.exit(0)


def resultFunction(log):
    called(log)
    return lambda: 1


def errorHoldingFunction(log):
    called(log)
    error = ValueError("holds a function")
    error.fn = lambda: 1
    raise error


def throwLater(log):
    called(log)

    def later():
        raise ValueError("raised after the task had ended")

    threading.Timer(0.02, later).start()
    return "returned"


def deep(log):
    called(log)
    value = "bottom"
    for _ in range(10_000):
        value = [value]
    return value


def richError(log):
    called(log)
    error = TypeError("rich")
    error.code = "E_RICH"
    error.details = {"status": 7}
    raise error from ValueError("the cause")


class AtImport:
    """What it is unpickled by runs in the worker, as a module of tasks does."""

    def __init__(self, code):
        self.code = code

    def __reduce__(self):
        return exec, (self.code,)


ARGUMENTS = {
    "function": lambda: 1,
    "throws": AtImport("raise ValueError('this module refuses to load')"),
    "exits": AtImport("import sys; sys.exit(3)"),
}

PENDING = object()


def settled(get):
    """`(ok, value or error)`, or PENDING."""
    try:
        return True, get(PATIENCE)
    except (PoolTimeout, FuturesTimeout):
        return PENDING
    except BaseException as error:  # what a worker raises may be a SystemExit
        return False, error


def wrong(task, outcome):
    """What is wrong with an outcome, in one or two words."""
    ok, value = outcome
    if task == "throwLater":
        return None if ok and value == "returned" else "its result is lost"
    if task == "deep" and ok:
        depth = 0
        while isinstance(value, list):
            value = value[0]
            depth += 1
        return None if depth == 10_000 else "another value"
    if ok:
        return "a result instead of an error"
    if task == "errorHoldingFunction":
        return None if "holds a function" in str(value) else "another error"
    if task == "richError":
        lost = [
            name
            for name, is_lost in {
                "class": not isinstance(value, TypeError),
                "code": getattr(value, "code", None) != "E_RICH",
                "fields": getattr(value, "details", {}).get("status") != 7,
                "cause": str(value.__cause__) != "the cause",
            }.items()
            if is_lost
        ]
        return ", ".join(lost) + " lost" if lost else None
    return None


def main():
    kind, task, needs, log = sys.argv[1:]
    row = json.loads(needs)
    open(log, "w", encoding="utf-8").close()
    module = row.get("module")
    argument = "function" if row.get("isFunction") else module
    if kind == "pool":
        pool = Pool(1)
        run = lambda name, value: pool.apply_async(globals()[name], (value,)).get
    else:
        pool = ProcessPoolExecutor(1)
        run = lambda name, value: pool.submit(globals()[name], value).result

    def call(name, value):
        try:
            return run(name, value)
        except Exception as error:  # a broken executor
            return lambda timeout, error=error: (_ for _ in ()).throw(error)

    if module is None:
        settled(call("fine", 1))
    running = call(task, log if argument is None else ARGUMENTS[argument])
    behind = call("fine", 1) if row.get("isFollowed") else None
    outcome = settled(running)
    time.sleep(row.get("wait", 0) / 1000)
    following = settled(behind or call("fine", 1))
    with open(log, encoding="utf-8") as file:
        runs = len(file.readlines())
    parts = []
    if outcome is PENDING:
        parts.append("H!" if following is PENDING else "H")
    else:
        fault = wrong(task, outcome)
        if fault is not None:
            parts.append(f"W {fault}")
        if following is PENDING:
            parts.append("next H")
    if runs > 1:
        parts.append(f"R{runs}")
    if following is not PENDING and following != (True, 2):
        parts.append("n+")
    os.write(3, json.dumps({"verdict": ", ".join(parts) or "ok"}).encode())
    # A pool that keeps its program alive must not delay the table.
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
