/** The rows that an inline runtime cannot have, by file and title, each with the reason. */
const NO_END = 'synchronous code in the calling thread cannot be ended';
const NO_EXIT = '`process.exit()` in the calling thread ends the program';
const ONE_TASK = 'an inline runtime runs one task at a time';

export const NEEDS_WORKERS: Readonly<
  Record<'TestPool' | 'neighbours' | 'workers' | 'defects' | 'context', Readonly<Record<string, string>>>
> = {
  TestPool: {},
  neighbours: {
    '_TestSubclassingProcess.test_sys_exit: the error names the exit code, and the pool continues [B-200] [D-2] [R-14]': NO_EXIT,
    '_TestAtExit.test_atexit: handlers of `exit` run in a worker that ends in order [B-205]': NO_EXIT,
  },
  workers: {
    'test_terminate: what runs is ended, threads too [P-LIFE-13] [D-22]': NO_END,
  },
  defects: {
    'terminate from a callback, from another’s callback, and while it is joined [D-6] [D-7]': ONE_TASK,
    'a task can be given a time, after which its worker is ended and replaced [D-21]': NO_END,
  },
  context: {},
};
