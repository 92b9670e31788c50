/** Part A of the conformance table, the executor: `concurrent.futures`, its futures, executors and functions. One line is one row (rows.ts). */
export const EXECUTOR_ROWS = `
## Future
F-1 | same | cancel() is True while pending or once cancelled, False while running or when done; waiters and callbacks are told | the same: true if and only if it never ran and never will |
F-2 | better | wait() and as_completed() are not told of a cancel() until the executor meets the cancelled task | they are told at once | D-33, W-5
F-3 | same | cancelled(), running() and done() by state | the same | B-46, B-47, B-48
F-4 | better | up to one task more than there are workers is running, and not cancellable, though nothing runs it | little is handed over ahead of need: nothing where tasks were never measured, and nothing that cannot be cancelled where they are long | D-44
F-5 | adapted | result(timeout): the value, the task's error, CancelledError, or TimeoutError; 0 and less look once | the same as a promise, in milliseconds; resultNow() gives it at once, or throws | B-49, B-50, B-51
F-6 | adapted | exception(timeout): the error, or None | the error, or undefined, as a promise; exceptionNow() gives it at once | B-52, B-53
F-7 | same | add_done_callback: in the order added, at once when it is done, twice if added twice | the same |
F-8 | same | in a callback the outcome is there | the same: resultNow(), exceptionNow() and outcome() give it | B-36, B-37
F-9 | same | a callback that raises is logged, and the next one runs | a process warning (TWINPOOL_UNCAUGHT), and the next one runs | B-39, B-43
F-10 | better | a BaseException in a callback kills the executor's thread: what follows hangs | whatever is thrown is caught | D-47
F-11 | same | set_running_or_notify_cancel(): True, False when cancelled, else an error | setRunningOrNotifyCancel(): the same, InvalidStateError in other states |
F-12 | same | set_result and set_exception of a future that is done are InvalidStateError | the same |
F-13 | adapted | set_exception takes anything, and None then counts as a result | anything that is given is what was thrown, undefined too | B-21
F-14 | same | the constructor is public, for tests and adapters | the same | B-44
F-15 | adapted | repr: pending, running, cancelled, finished returned int, finished raised OSError | util.inspect: the same words, JavaScript's types, no address |
F-16 | better | before 3.14 an error that is falsy counts as success | a state says which it is: 0, '' and undefined may be thrown | B-21, D-49
F-17 | adapted | 3.15, private: a snapshot of done, cancelled, result and exception | outcome(): fulfilled, rejected or cancelled, with the value or the reason; undefined before | B-56
F-18 | adapted | None means that there is no exception | undefined means the same; outcome() tells an undefined that was thrown from success |
F-19 | not applicable | Future[int] may be written | types are parameters in TypeScript |
F-20 | same | each question raises the very same object | the same |
F-21 | adapted | it cannot be awaited; asyncio.wrap_future makes it so | it is a promise; an AbortSignal stands for the cancelling from outside | B-211, B-212

## Executor
X-1 | same | the base class has submit (abstract), map on top of it, and shutdown that does nothing | the same, an abstract class |
X-2 | adapted | submit(fn, *args, **kwargs) | submit(fn, ...args); options of a call are given by withOptions, so that none is taken for an argument | B-1, B-2
X-3 | same | broken is told first, then shut down | the same, BrokenExecutorError before ExecutorShutdownError | B-63, B-95
X-4 | adapted | what cannot be called fails the future with TypeError | it fails the future with TaskSerializationError |
X-5 | adapted | map(fn, *iterables, timeout, chunksize, buffersize) | map(fn, ...iterables, { timeout, chunksize, buffersize, … }) | B-3
X-6 | same | all input is read and submitted at the call, unless buffersize; what it raises, map() raises | the same; nothing of it was handed over then |
X-7 | same | several inputs are zipped, the shortest ends them; none at all is empty | the same, and inputs that are left open are closed |
X-8 | adapted | a generator of results, in input order | an async iterator of results, with toArray() | B-3
X-9 | same | the time limit counts from the call, for every next() | the same, in milliseconds; what is there is delivered, however late |
X-10 | same | an error, a time limit or close() cancels what has not started; what runs goes on | the same |
X-11 | adapted | the first error ends the generator; 3.16 lets it go on | onError: 'stop' (default) ends it, 'continue' goes on as 3.16 does; settled() gives outcomes instead | B-4, D-41
X-12 | better | a generator that was started and dropped cancels the rest, one never started does not | only return(), break and disposal cancel; garbage collection decides nothing | D-42
X-13 | better | chunksize is for processes only, where one bad item fails its chunk; threads ignore it, even 0 | for both, checked in both, and each item has its own outcome | B-65
X-14 | same | 3.14: buffersize, an int of 1 or more; one more task for each result taken | the same |
X-15 | better | after shutdown a buffered map is cut short without a word, or loses results | what was accepted is delivered, then ExecutorShutdownError | D-43
X-16 | same | the iterator keeps nothing that it has yielded | the same | B-20
X-17 | adapted | shutdown(wait, cancel_futures), again if one likes; submit is then a RuntimeError, map over nothing still works | shutdown({ wait, cancelFutures, timeout }): a promise; submit and map throw ExecutorShutdownError, map over nothing too | B-95
X-18 | same | wait=False returns at once, and pending tasks are still run; the program waits for them | the same |
X-19 | better | cancel_futures cancels what has not started; wait() on those hangs | they count as done |
X-20 | same | leaving \`with\` is shutdown(wait=True) | leaving \`await using\` is shutdown({ wait: true }) |
X-21 | better | a second shutdown(cancel_futures=True) cancels late, with processes | at once |
X-22 | adapted | an executor cannot be pickled | an executor cannot be sent to a task: TaskSerializationError |
X-23 | adapted | Ctrl-C reaches workers too; what becomes of tasks differs by API | workers have process groups of their own; the program decides | B-195

## ThreadPoolExecutor
T-1 | adapted | (max_workers, thread_name_prefix, initializer, initargs) | one object of options, or the number of workers |
T-2 | adapted | min(32, CPUs + 4) threads by default | cpuCount(): these threads compute in parallel | B-89
T-3 | adapted | 0 or less is a ValueError; 1.5 passes | RangeError for all of them | B-19
T-4 | same | threads are started when work comes and none is idle; they are never given up | the same; with idleTimeout they are given up | B-90, B-91
T-5 | adapted | threads are called prefix_N | threadNamePrefix does the same, and context().workerName tells it; processes are named after the option name | B-106, B-107
T-6 | same | a failing initializer breaks the executor: BrokenThreadPool for what waits and what comes | BrokenThreadPoolError, with the initializer's error as the cause | B-58
T-7 | adapted | SystemExit in a task is the future's error, and the thread lives | process.exit() in a task ends its worker: WorkerLostError for that task, and another worker | B-120
T-8 | same | an executor that is garbage-collected finishes its work | the same | B-104
T-9 | same | the program waits for pending work at its end | the same | B-96
T-10 | not applicable | 3.14: hooks of a worker's context | internal |

## ProcessPoolExecutor
E-1 | adapted | (max_workers, mp_context, initializer, initargs, max_tasks_per_child) | one object of options, or the number of workers; there is one way to start a worker |
E-2 | adapted | CPUs by default, 61 at most on Windows | cpuCount(), 1 024 at most | B-19
E-3 | adapted | max_tasks_per_child: an int of 1 or more, not with fork | a whole number of 1 or more, else OptionsError; for threads too | B-72
E-4 | same | an initializer that cannot be called is a TypeError | OptionsError |
E-5 | same | workers start as work comes (all at once with fork) | one for each task as long as none is idle | B-70
E-6 | not applicable | fork, spawn or forkserver | a Node.js process is always a new one |
E-7 | better | one task more than there are workers is taken in advance, and is not cancellable | see F-4 | D-44
E-8 | same | an argument that cannot be pickled fails its future only | the same | B-115
E-9 | better | an argument that cannot be unpickled in the worker breaks the executor | fails its future only | B-117, B-150
E-10 | better | a result that cannot be unpickled here breaks the executor | fails its future only | B-125, B-126
E-11 | adapted | SystemExit is the future's error, and the process lives | process.exit() ends the worker: WorkerLostError with the code, for that task only | B-120
E-12 | better | one dead worker fails every future and ends the executor for good | its own task fails and the worker is replaced; onWorkerLoss: 'break' is CPython's rule | B-63, D-30
E-13 | same | 3.15: each future has an error of its own that names process and exit code | the same: exitCode, signal, workerId, taskName | B-64, B-67, D-31
E-14 | same | a break leaves cancelled futures alone | the same |
E-15 | better | the error of an initializer is only logged in the worker | it is the cause of BrokenProcessPoolError | D-32
E-16 | same | a worker at its limit is replaced; before 3.15 that could deadlock | it is replaced, and what waits goes on | B-74, B-75, B-79
E-17 | same | 3.14: terminate_workers() and kill_workers() | terminateWorkers() and killWorkers(), promises that resolve when the workers are gone | B-84, B-85, B-86, B-87
E-18 | adapted | a task is an importable function, by its qualified name; no lambdas | an exported function by its module, or one written inline that uses nothing from around it | B-140
E-19 | better | a task that waits for its own executor deadlocks | a task may have an executor of its own; its caller's cannot be sent to it, and the refusal says what to do | D-46
E-20 | same | an executor that is garbage-collected finishes its work, and the program waits for it | the same | B-111, B-96
E-21 | not applicable | a check of the system's semaphores | there are none |
E-22 | adapted | the worker's traceback is __cause__, as a text | the worker's stack is the error's own, and names worker and task | B-66
E-23 | same | workers write to the program's output | the same, unless stdio says otherwise | B-197

## InterpreterPoolExecutor and the classes of errors
IP-1 | adapted | 3.14: one interpreter for each thread | ThreadPoolExecutor is this: each thread has a heap of its own | B-134
IP-2 | adapted | tasks and values cross if they can be shared, else NotShareableError | they cross by structured clone, else TaskSerializationError | B-140, B-141, B-142
IP-3 | adapted | a failing initializer is BrokenInterpreterPool; scripts are refused | BrokenThreadPoolError; an initializer is a task like any other | B-138
IP-4 | same | an interpreter keeps its state from task to task | so does a worker | B-134
EX-1 | adapted | CancelledError and InvalidStateError under Error; BrokenThreadPool and BrokenProcessPool under BrokenExecutor | all under TwinpoolError with a stable code; the two Broken… under BrokenExecutorError |
EX-2 | adapted | multiprocessing has a TimeoutError of its own, and MaybeEncodingError | one TimeoutError for both APIs; MaybeEncodingError | B-184
EX-3 | same | what concurrent.futures exports | the same in camelCase, without InterpreterPoolExecutor | B-208

## wait and asCompleted
W-1 | adapted | wait(fs, timeout, return_when) gives two sets | wait(futures, { timeout, returnWhen }): a promise of { done, notDone } | B-33
W-2 | same | any iterable, duplicates once, of several executors | the same; results of pools too |
W-3 | same | nothing to wait for: at once | the same |
W-4 | same | FIRST_COMPLETED and FIRST_EXCEPTION; a cancellation is no exception | the same | B-28, B-29, B-30, B-31, B-32
W-5 | better | a cancelled future is not done until the executor has met it: wait() hangs | it is done |
W-6 | same | at the time limit it returns what is done | the same; 0 and less look once | B-34
W-7 | adapted | an unknown return_when is a ValueError, unless all are done | RangeError, always |
W-8 | adapted | what is no future is an AttributeError | TypeError |
W-9 | same | more than the one that ended the waiting may be done | the same: what settles in one step counts | B-35
C-AC-1 | adapted | as_completed(fs, timeout): those that are done first, in no order | asCompleted(futures, { timeout }): those that are done first, in the order given | B-22
C-AC-2 | adapted | nothing happens before the first next(), from which the time counts, against the documentation | the time counts from the call, as documented |
C-AC-3 | same | TimeoutError: 2 (of 4) futures unfinished | the same words | B-23, B-26
C-AC-4 | better | cancelled futures do not come before the executor has met them | they come at once | B-22, W-5
C-AC-5 | same | what was yielded is not kept | the same | B-25
C-AC-6 | same | leaving cancels nothing | the same |
C-AC-7 | same | futures may be finished while iterating | the same |
`;
