/**
 * The tests of the facades that are not run on a cluster, by file and title, each with the reason. All others of these files are, unchanged.
 *
 * packages/bullmq/test/conformance/setup.ts skips the tests of this list, and fails where a file has no test of a title; scripts/make-conformance.mjs
 * writes the list into docs/conformance.md.
 */
const INLINE = 'an inline function is refused: functions travel as names of the `tasks` module';
const NOT_EXPORTED =
  'only exports of the `tasks` module run on nodes; a reference to another module is refused with `TaskSerializationError`';
const RETRIES = '`retries` may be given without `onWorkerLoss`: tasks of a lost node run again by default';
const WORKERS = 'the nodes start workers, before a program comes and after it has ended: `stats().workers` counts their slots';
const THREE = 'the test needs more workers than the two nodes have';
const ONE_PLACE = 'one place of a facade is not one worker: each of its tasks runs on any node';
const NUMBERS = 'each node numbers its own workers, so a number is not one worker; packages/bullmq/test has a test of `maxTasksPerChild`';
const NAMES = 'workers have the names that their node gives them';
const LOST = 'a node replaces workers that it has lost: `stats().lostWorkers` does not count them';
const LEFT = 'the test looks for processes that are left; the nodes are';
const OPTION = 'the option shapes local workers, and belongs to the node';

type Reasons = Readonly<Record<string, string>>;

/** Files are paths from `packages/`. Titles are as they are reported, without those of their suites. */
export const clusterDifferences: Readonly<Record<string, Reasons>> = {
  'executor/test/map.test.ts': {
    '{ retries: 1 } is an OptionsError [X-5] [X-13] [X-14]': RETRIES,
  },
  'executor/test/submit.test.ts': {
    'an exported function, a static method, a reference, a checked task [C-10] [E-18]': NOT_EXPORTED,
    'whatever is wrong with the function is the outcome [X-4] [C-10] [C-24]': NOT_EXPORTED,
    'what is refused': RETRIES,
  },
  'executor/test/cpython/test_deadlock.test.ts': {
    'test_exit_at_task_unpickle: only that task is lost [B-116] [E-9]': NOT_EXPORTED,
    'test_error_at_task_unpickle: fails that task only, and costs no worker [B-117] [E-9] [D-36]': NOT_EXPORTED,
  },
  'executor/test/cpython/test_process_pool.test.ts': {
    'test_ressources_gced_in_workers: arguments are released after the task [B-68]': ONE_PLACE,
    'test_max_tasks_per_child, test_max_tasks_per_child_pending_tasks_gh115634: exactly that number of calls [B-72] [B-74] [E-16] [D-35]':
      NUMBERS,
    'test_idle_process_reuse_one, test_idle_thread_reuse: one after the other in one worker [B-70] [B-91] [B-149] [E-5] [T-4]': WORKERS,
    'test_broken_process_pool_traceback, test_traceback_when_child_process_terminates_abruptly [B-64] [B-67] [E-13] [E-14] [D-31]': NAMES,
    'test_python_finalization_error: workers that cannot be started at all [B-80] [D-36]': OPTION,
    'test_gc_during_max_tasks_worker_exit_gh152967: a dropped executor does what it was given, and its workers go [B-75] [B-76] [D-35]':
      LEFT,
  },
  'executor/test/cpython/test_shutdown.test.ts': {
    'test_threads_terminate, test_processes_terminate, test_context_manager_shutdown [B-102] [B-103] [B-109] [B-110] [X-20] [C-11]': THREE,
    'test_del_shutdown: an unreachable executor finishes its work silently, and its workers end [B-104] [B-111] [T-8] [E-20] [C-18]': LEFT,
    'test_thread_names_assigned [B-106] [T-5]': NAMES,
    'test_thread_names_default [B-107] [T-5]': NAMES,
    'threadNamePrefix shapes workers [B-106] [T-5]': NAMES,
  },
  'executor/test/cpython/test_thread_pool.test.ts': {
    "test_default_workers: 'ProcessPoolExecutor on a cluster' [B-89] [T-1] [T-2] [E-1] [E-2]":
      'without `maxWorkers` an executor uses all places of its runtime',
  },
  'pool/test/apply.test.ts': {
    'takes functions written inline, by source': INLINE,
    'what cannot be a task is the outcome, as is what cannot be found or sent [P-APP-3] [P-APP-4]': NOT_EXPORTED,
  },
  'pool/test/lifecycle.test.ts': {
    'maxTasksPerChild counts calls, exactly [P-NEW-9] [P-NEW-10] [D-15]': NUMBERS,
    'disposal after close, join or terminate is fine': WORKERS,
    'each worker is a worker of its own': THREE,
  },
  'pool/test/options.test.ts': {
    'fails what it ran, and nothing else [P-LIFE-10] [D-1]': LOST,
    'retries without onWorkerLoss is refused, for pools, views and calls': RETRIES,
  },
  'pool/test/outcomes.test.ts': {
    'the first error by time rejects at once; what was not handed over never runs [D-14] [P-MAP-7]': INLINE,
    'join within a time: rejects when it is over, the work goes on, and it can be joined again [D-16] [P-LIFE-4]': WORKERS,
  },
  'pool/test/own-values.test.ts': {
    'what an argument has twice arrives as one object': INLINE,
  },
  'pool/test/cpython/_test_multiprocessing.workers.test.ts': {
    'test_pool_worker_lifetime [B-185] [P-NEW-9] [P-NEW-10] [D-15]': NUMBERS,
    'test_release_unused_processes: one that cannot start ends no other; when none can, see lifecycle.test.ts [B-190]': LEFT,
    'MiscTestCase.test_large_pool [B-193] [D-23]': THREE,
    'test_terminate: what runs is ended, threads too [P-LIFE-13] [D-22]': LEFT,
  },
};
