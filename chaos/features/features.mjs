// The rows of the table of features: what a pool is asked for, and the judgement of what its program observed. A program of a pool is
// `<pool>.mjs`: for each key that the pool has something for, a function that uses it. `judge` returns `yes`, or what happens instead.

const isYes = (expected) => (value) => (JSON.stringify(value) === JSON.stringify(expected) ? 'yes' : `gives ${JSON.stringify(value)}`);

export const features = [
  { key: 'inline', what: 'an inline function is the task', judge: isYes(42) },
  { key: 'imported', what: 'an imported function is the task, and uses an import of its module', judge: isYes('c') },
  { key: 'map', what: 'a list in, the results in its order', judge: isYes([2, 4, 6, 8]) },
  {
    key: 'lazy',
    what: 'an endless input is read as its results are taken',
    judge: (pulled) => (pulled <= 5000 ? 'yes' : 'reads the whole input first'),
  },
  {
    key: 'cancelWaiting',
    what: 'a waiting task is cancelled and never runs',
    judge: ({ outcome, ran }) => (ran ? 'it runs' : outcome === 'rejected' ? 'yes' : `it is ${outcome}`),
  },
  {
    key: 'limit',
    what: 'a time limit of a task does not count its waiting',
    judge: (outcome) => (outcome === 'fulfilled' ? 'yes' : 'counts the waiting'),
  },
  { key: 'priority', what: 'an urgent task overtakes waiting ones', judge: isYes('high low') },
  { key: 'bounded', what: 'the number of waiting tasks is bounded', judge: (outcome) => (outcome === 'rejected' ? 'yes' : 'accepts more') },
  {
    key: 'together',
    what: 'ten asynchronous tasks run together in one worker',
    judge: (ms) => (ms < 2500 ? 'yes' : 'one after the other'),
  },
  { key: 'setup', what: 'code at the start of a worker, with a value of the program', judge: isYes('a setting') },
  { key: 'teardown', what: 'code at the end of a worker', judge: isYes('ended') },
  {
    key: 'recycle',
    what: 'a new worker after two tasks',
    judge: ([a, b, c, d]) => (a === b && c === d && b !== c ? 'yes' : a !== b ? 'after each task' : 'the same worker'),
  },
  { key: 'move', what: 'a buffer is moved to a thread', judge: isYes({ length: 1024, here: 0 }) },
  { key: 'progress', what: 'messages of a task while it runs', judge: isYes([1, 2]) },
  { key: 'retry', what: 'a task whose worker was lost runs again, if that is wanted', judge: isYes('done') },
  {
    key: 'ends',
    what: 'the program ends while an idle pool is open',
    // ms that the program has to end.
    endsWithin: 2000,
    judge: (value) => (value === 2 ? 'yes' : `gives ${value}`),
  },
];

export const columns = ['twinpool', 'piscina', 'tinypool', 'workerpool', 'jest-worker', 'poolifier', 'Python Pool', 'Python futures'];
