/** The rows that an inline runtime cannot have, by suite and title, each with the reason. */
const NO_EXIT = '`process.exit()` in the calling thread ends the program';
const ONE_TASK = 'an inline runtime runs one task at a time';
const ONE_MODULE = 'the modules of the calling thread are those of the test';
const NO_FLAGS = 'the calling thread is not started with flags';

type Suite =
  | 'executor'
  | 'asCompleted'
  | 'deadlock'
  | 'init'
  | 'interpreters'
  | 'processes'
  | 'ownProcesses'
  | 'shutdown'
  | 'ownShutdown'
  | 'threads';

export const NEEDS_WORKERS: Readonly<Record<Suite, Readonly<Record<string, string>>>> = {
  executor: {},
  asCompleted: {
    'test_no_timeout: futures of tasks, whose order is that of their ends [B-22] [C-AC-1]': ONE_TASK,
  },
  deadlock: {
    'test_exit_at_task_unpickle: only that task is lost [B-116] [E-9]': NO_EXIT,
    'test_exit_during_func_exec_on_worker [B-120] [E-11] [T-7] [C-16]': NO_EXIT,
    'test_crash_during_result_pickle_on_worker, test_exit_during_result_pickle_on_worker [B-122] [B-123]': NO_EXIT,
    'test_shutdown_deadlock: a worker that dies after shutdown() [B-127] [D-36]': NO_EXIT,
    'test_crash_big_data: large arguments, and workers that die [B-129] [D-36]': NO_EXIT,
  },
  init: {},
  interpreters: {
    'test_init_with___main___global: what it sets stays in the worker, and there only [B-134] [IP-4]': ONE_MODULE,
  },
  processes: {
    'test_idle_process_reuse_multiple: no more workers than tasks at once [B-71] [E-5]': ONE_TASK,
    "test_killed_child, onWorkerLoss 'break': everything open fails, and the executor is broken [B-63] [E-12] [C-16]": NO_EXIT,
    'test_broken_process_pool_traceback, test_traceback_when_child_process_terminates_abruptly [B-64] [B-67] [E-13] [E-14] [D-31]': NO_EXIT,
    'test_force_shutdown_workers_dead_workers: of a broken executor [B-85]': NO_EXIT,
  },
  ownProcesses: {
    'test_python_finalization_error: workers that cannot be started at all [B-80] [D-36]': NO_FLAGS,
  },
  shutdown: {},
  ownShutdown: {
    'test_thread_names_assigned [B-106] [T-5]': NO_EXIT,
  },
  threads: {},
};
