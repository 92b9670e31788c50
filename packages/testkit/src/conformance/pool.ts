/** The rows about `multiprocessing.Pool` that have no test, each with the reason. */
export const notApplicable: Readonly<Record<string, string>> = {
  'P-NEW-11': 'multiprocessing.dummy is a module of substitutes; ThreadPool is imported by its own name',
  'R-10': 'JavaScript makes the defaults of arguments anew at each call',
  'R-16': 'types are parameters in TypeScript; nothing of it is there at run time',
  'I-9': 'how an iterator learns its length inside; that it ends is shown by I-3',
  'B-191': 'a pool hosted by a manager: there are no managers; pools share workers by a WorkerRuntime',
  'B-198': 'the daemon flag of a Process: workers always end with their program',
  'B-199': 'the fork server: a Node.js process always is a new one',
  'B-204': 'EINTR in pipes of Python: Node.js deals with it',
  'B-206': 'the order of util.Finalize: internal to multiprocessing',
  'B-217': 'users of the API in other parts of CPython, which are not about pools',
};
