// The rows of the table: a fault, and the correct reaction of a pool. `judge` returns undefined if the pool is correct, otherwise the fault in
// one or two words. Further fields of a row:
//   only         the kind of worker that can have the fault       inPython: false   Python cannot have it
//   isFollowed   a good task is given right behind the faulty one, not after its end
//   limit        ms. The call ends the task after this time, by the means of the pool
//   heap         MB. The worker may use this much memory
//   prints       the text of the worker must arrive in the output of the program
//   module       the module of the task; `argument`: its argument; `wait`: ms before the next task

const isError = (error) => error instanceof Error;
const rejects =
  (also = () => undefined) =>
  (outcome) =>
    outcome.ok ? `resolves ${show(outcome.value)}` : isError(outcome.error) ? also(outcome.error) : `rejects with ${show(outcome.error)}`;
const returns = (outcome) => (outcome.ok && outcome.value === 'returned' ? undefined : 'its result is lost');

function show(value) {
  if (value === null || typeof value !== 'object') return typeof value === 'string' ? 'a string' : String(value);
  return Object.keys(value).length === 0 ? '{}' : 'an object';
}

function depthOf(value) {
  let depth = 0;
  for (let at = value; typeof at === 'object' && at !== null; at = at.value) depth += 1;
  return depth;
}

function lostOf(error) {
  const lost = [];
  if (!(error instanceof TypeError)) lost.push('class');
  if (error.code !== 'E_RICH') lost.push('code');
  if (error.details?.status !== 7) lost.push('fields');
  if (error.cause?.message !== 'the cause') lost.push('cause');
  return lost.length === 0 ? undefined : `${lost.join(', ')} lost`;
}

/** The text that a task prints just before its worker ends. */
export const PRINTED = 'printed before the end';

export const faults = [
  { what: '`process.exit(0)`', task: 'exit0', judge: rejects() },
  { what: '`process.exit(7)`', task: 'exit7', judge: rejects() },
  { what: '`SIGKILL`', task: 'sigkill', only: 'process', judge: rejects() },
  { what: '`process.abort()`', task: 'abort', only: 'process', judge: rejects() },
  { what: 'a task that waits behind a `process.exit(7)`', task: 'exit7', isFollowed: true, judge: rejects() },
  { what: 'a text printed just before `process.exit(0)`', task: 'printAndExit', prints: true, wait: 200, judge: rejects() },
  { what: 'out of memory, with 64 MB', task: 'outOfMemory', heap: 64, inPython: false, judge: rejects() },
  { what: 'an endless loop, with a time limit', task: 'endless', limit: 300, inPython: false, judge: rejects() },
  {
    what: '`throw null`',
    task: 'throwNull',
    inPython: false,
    judge: ({ ok, value, error }) =>
      ok ? `resolves ${show(value)}` : error === null || isError(error) ? undefined : `rejects with ${show(error)}`,
  },
  { what: '`throw () => 1`', task: 'throwFunction', inPython: false, judge: rejects() },
  { what: 'an argument that is a function', task: 'fine', argument: () => 1, judge: rejects() },
  { what: 'a result that is a function', task: 'resultFunction', judge: rejects() },
  {
    what: 'an error that holds a function',
    task: 'errorHoldingFunction',
    judge: rejects((error) => (/holds a function/.test(error.message) ? undefined : 'another error')),
  },
  { what: 'a throw 20 ms after the return', task: 'throwLater', wait: 1500, judge: returns },
  { what: 'an unhandled rejection after the return', task: 'rejectLater', inPython: false, wait: 1500, judge: returns },
  {
    what: 'a result 10 000 deep',
    task: 'deep',
    stack: true,
    judge: ({ ok, value, error }) =>
      ok ? (depthOf(value) === 10_000 ? undefined : 'another value') : isError(error) ? undefined : 'rejects with no error',
  },
  {
    what: 'a result that is a `WebAssembly.Module`',
    task: 'wasmModule',
    inPython: false,
    judge: ({ ok, value, error }) =>
      ok
        ? value instanceof WebAssembly.Module
          ? undefined
          : `resolves ${show(value)}`
        : isError(error)
          ? undefined
          : `rejects with ${show(error)}`,
  },
  { what: 'a module that throws when it is imported', task: 'fine', module: 'throws.mjs', judge: rejects() },
  { what: 'a module that calls `process.exit()` when it is imported', task: 'fine', module: 'exits.mjs', judge: rejects() },
  { what: 'class, `code`, fields and cause of an error', task: 'richError', judge: rejects(lostOf) },
];
