/**
 * Lists the reasons why code is not translated: the text for the mark and the summary, and the heading of the documentation.
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
  'piscina-option': 'this option of piscina has no counterpart',
  'piscina-member': 'this member of piscina has no counterpart',
  'piscina-file': 'the task file is not known before the program runs',
  'piscina-run-options': 'the options of run() are not written at the call',
  'workerpool-option': 'this option of workerpool has no counterpart',
  'workerpool-member': 'this member of workerpool has no counterpart',
  'workerpool-method': 'the method is chosen at run time',
  'workerpool-pending': 'cancel() and timeout() can be moved only if the call is in the same function',
  'workerpool-script': 'the functions of the script are not known before the program runs',
  'worker-file': 'this part of a worker file has no counterpart',
} as const;

/** @throws RangeError if the reason does not exist. */
export function reasonOf(name: string): Reason {
  const text = (TEXTS as Readonly<Record<string, string>>)[name];
  if (text === undefined) throw new RangeError(`the reason ${name} does not exist`);
  return { name, text, doc: `${PAGE}#${name}` };
}

export const REASONS: readonly Reason[] = Object.keys(TEXTS).map(reasonOf);

/** The comment that marks the code. */
export function markText({ text, doc }: Reason): string {
  return `// ${MARK} ${text}; see ${doc}`;
}
