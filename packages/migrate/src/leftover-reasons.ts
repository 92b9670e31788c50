/**
 * Lists the reasons why code is not translated: the text for the mark and the summary, and the heading of the documentation. `{}` in a text stands
 * for the name or place that a reason is about.
 *
 * Invariant: docs/migrating-leftovers.md has one heading per reason, in this order; a test compares them. This file does not know when a
 * reason applies.
 */

export interface Reason {
  readonly name: string;
  readonly text: string;
  /** The page and heading of the documentation. */
  readonly doc: string;
}

/** The beginning of every mark. */
export const MARK = 'twinpool-migrate:';

const PAGE = 'docs/migrating-leftovers.md';

const TEXTS = {
  successful: 'successful() has no counterpart: await the future, or its exception()',
  'next-timeout': 'next(timeout) has no counterpart: an executor has one timeout for the whole map',
  'iterator-throw': 'throw() has no counterpart',
  'unordered-iterator': 'imapUnordered() becomes asCompleted() only if a loop over a list reads it',
  indexed: 'results with their index have no counterpart',
  into: 'results in a typed array have no counterpart',
  'whole-map-handle': 'the handle of a whole map has no counterpart if it is used for more than its result',
  'callback-options': 'callback and errorCallback can be moved only if they are written at the call',
  'callback-error': 'an error of this callback becomes the result in a pool, but a future ignores it',
  'report-index': 'onReport and onProgress count over the whole map, but each future is a separate call',
  'member-as-value': 'a method that is read as a value or chosen at run time cannot be translated',
  'overridden-methods': 'a subclass that overrides methods cannot be translated',
  'join-before-close': 'join() of an open pool has no counterpart',
  'pool-running-error': 'PoolRunningError has no counterpart: shutdown() is both close() and join()',
  'terminated-code': 'the code of PoolTerminatedError has no single counterpart',
  'starmap-input': 'starmap() over an asynchronous or unknown input of rows has no counterpart',
  'future-state': 'cancelled() and running() have no counterpart',
  'done-callback': 'a done-callback of a future that is already done runs at once: an AsyncResult has no counterpart',
  'settled-by-hand': 'a future that is created and settled by hand has no counterpart',
  'map-timeout': 'the timeout of a whole map has no counterpart: next(timeout) has one for each result',
  'several-inputs': 'the results of several inputs one by one have no counterpart: starmap() returns all at once',
  'results-array': 'toArray() has no counterpart if the results are also used in another way',
  'cancel-futures': 'shutdown({ cancelFutures: true }) has no counterpart',
  'shutdown-timeout': 'shutdown({ timeout }) has no counterpart',
  'custom-executor': 'an executor of your own has no counterpart',
  'unknown-arguments': 'spread arguments cannot be distinguished from the options',
  'iterator-method': 'this method of the iterator has no counterpart',
  'handed-on': 'the pool is handed to {}, which is not followed',
  'other-value': 'the place that holds the pool also holds another value: {}',
  exported: 'the pool is exported as {}, and no file that was passed imports it',
  'kept-elsewhere': 'the pool is kept in {}, which is not followed',
  'untyped-read': 'the property {} is read from a value without a type: it may be the pool',
  'untyped-use': 'the pool has no type here: {}',
  'unknown-pool': 'it is not known where the pool {} is made',
  subclass: 'the class {} extends a class of the library: what it adds has no counterpart',
  option: 'the option {} has no counterpart',
  'options-elsewhere': 'the options are not written where the pool is made',
  member: '{} has no counterpart',
  'run-option': 'the option {} of the call has no counterpart',
  'run-options': 'the arguments of {} are not written at the call',
  'result-used': 'the result of {} has no counterpart',
  'used-again': 'the pool is used again after {}: an executor that has ended takes no calls',
  'several-scripts': 'pools with different task files meet here',
  'script-unknown': 'the task file is not known before the program runs: {}',
  'script-missing': 'the task file does not exist: {}',
  'script-outside': 'the task file uses the library, and was not passed: {}',
  'script-export': 'the task file has no function of the name {}',
  'script-promise': 'the export {} of the task file is not a function, but the result of a call',
  'script-functions': 'the functions of the task file are not known: {}',
  'script-of-unknown-pool': 'it is not known which pool runs this file, which uses {}',
  'same-script': 'stays because a pool that shares its task file stays: {}',
  'method-unknown': 'the method is chosen at run time, and may be a function: {}',
  pending: '{}() of a call can be moved only if the call is in the same function',
  'worker-functions': 'the registered functions are not written in one object of this file',
  'worker-place': 'the registration stands between other code',
  'worker-this': 'a registered function uses this',
  'worker-exports': 'the file exports something else already: {}',
  'node-workers': '{} of node:worker_threads belongs to the library in its workers',
  'move-value': 'move() is called inside a larger expression',
  'nested-pool': 'the task file {} imports this module: each worker would start a pool of its own',
  'error-test': 'this tests for an error of the library: {}',
  'library-value': '{} of the library is used in a way that is not followed',
  'library-loaded': 'the module {} is loaded in a way that is not followed',
  'check-failed': 'the rewritten code would have an error: {}',
} as const;

/**
 * Returns a reason. `detail` replaces the `{}` of its text.
 *
 * @throws RangeError if the reason does not exist.
 */
export function reasonOf(name: string, detail = ''): Reason {
  const text = (TEXTS as Readonly<Record<string, string>>)[name];
  if (text === undefined) throw new RangeError(`the reason ${name} does not exist`);
  return { name, text: text.replace('{}', () => detail.replace(/\s+/g, ' ')).trim(), doc: `${PAGE}#${name}` };
}

export const REASONS: readonly Reason[] = Object.keys(TEXTS).map((name) => reasonOf(name));

/** The reasons why code of other libraries stays. The first ones hold for pools and executors, too. */
export const FOREIGN_REASONS: readonly string[] = Object.keys(TEXTS).slice(Object.keys(TEXTS).indexOf('handed-on'));

/** The comment that marks the code. */
export function markText({ text, doc }: Reason): string {
  return `// ${MARK} ${text}; see ${doc}`;
}
