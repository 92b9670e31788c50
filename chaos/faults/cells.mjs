// The rows of the table: a fault, and the correct reaction of a pool. `judge` returns undefined if the pool is correct, otherwise the fault in
// one or two words.

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

export const cells = [
  { what: '`process.exit(0)`', task: 'exit0', judge: rejects() },
  { what: '`process.exit(7)`', task: 'exit7', judge: rejects() },
  { what: '`SIGKILL`', task: 'sigkill', only: 'process', judge: rejects() },
  { what: '`process.abort()`', task: 'abort', only: 'process', judge: rejects() },
  {
    what: '`throw null`',
    task: 'throwNull',
    judge: ({ ok, value, error }) =>
      ok ? `resolves ${show(value)}` : error === null || isError(error) ? undefined : `rejects with ${show(error)}`,
  },
  { what: '`throw () => 1`', task: 'throwFunction', judge: rejects() },
  { what: 'a result that is a function', task: 'resultFunction', judge: rejects() },
  {
    what: 'an error that holds a function',
    task: 'errorHoldingFunction',
    judge: rejects((error) => (/holds a function/.test(error.message) ? undefined : 'another error')),
  },
  { what: 'a throw 20 ms after the return', task: 'throwLater', wait: 80, judge: returns },
  { what: 'an unhandled rejection after the return', task: 'rejectLater', wait: 80, judge: returns },
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
  { what: 'class, `code`, fields and cause of an error', task: 'richError', judge: rejects(lostOf) },
];
