/**
 * Why something is left as it is: the words of the mark in the code and of the list, and where the docs say more.
 *
 * Every reason has a heading of its own in docs/migrating-leftovers.md; a test compares the two.
 */

export interface Reason {
  readonly name: string;
  readonly text: string;
  /** The page and its heading. */
  readonly doc: string;
}

/** What a mark begins with. */
export const MARK = 'twinpool-migrate:';

const PAGE = 'docs/migrating-leftovers.md';

const TEXTS = {
  successful: 'successful() has no counterpart: a future tells by await, or by exception()',
  'next-timeout': 'next(timeout) has no counterpart: the results of an executor have one time limit for all',
  'iterator-throw': 'throw() has no counterpart',
  'unordered-iterator': 'imapUnordered() becomes asCompleted() only where a loop over a list reads it',
  'whole-map-handle': 'the handle of a whole map has no counterpart where more is asked of it than its result once',
  'callback-options': 'callback and errorCallback can be moved only where they are written at the call',
  'callback-error': 'an error of this callback would become the result, and a future swallows it',
  'report-index': 'onReport and onProgress count over the whole map, and each future is a call of its own',
  'member-as-value': 'a method that is taken from its object or chosen at run time cannot be followed',
  'overridden-methods': 'a subclass that overrides methods decides what they mean',
  'join-before-close': 'join() of an open pool has no counterpart',
  'pool-running-error': 'PoolRunningError has no counterpart: shutdown() is both close() and join()',
  'terminated-code': 'the code of PoolTerminatedError has no single counterpart',
  'starmap-input': 'starmap() over an asynchronous or unknown input of rows has no counterpart',
  'future-state': 'cancelled() and running() have no counterpart',
  'done-callback': 'a done-callback of a future that is done runs at once, which a result has no counterpart for',
  'settled-by-hand': 'a future that is made and settled by hand has no counterpart',
  'map-timeout': 'the timeout of a whole map has no counterpart: next(timeout) has one for each result',
  'several-inputs': 'the results of several inputs one by one have no counterpart: starmap() has all at once',
  'results-array': 'toArray() of results that are used otherwise too has no counterpart',
  'cancel-futures': 'shutdown({ cancelFutures: true }) has no counterpart',
  'shutdown-timeout': 'shutdown({ timeout }) has no counterpart',
  'custom-executor': 'an executor of your own has no counterpart',
  'unknown-arguments': 'arguments that are spread cannot be told apart from the options',
  'iterator-method': 'this method of the iterator has no counterpart',
  'piscina-option': 'this option of piscina has no counterpart',
  'piscina-member': 'this member of piscina has no counterpart',
  'piscina-file': 'the file of the tasks is not known before the program runs',
  'piscina-run-options': 'the options of run() are not written at the call',
  'workerpool-option': 'this option of workerpool has no counterpart',
  'workerpool-member': 'this member of workerpool has no counterpart',
  'workerpool-method': 'the method is chosen at run time',
  'workerpool-pending': 'cancel() and timeout() can be moved only where the call is seen',
  'workerpool-script': 'the functions of the script are not known before the program runs',
  'worker-file': 'this part of a worker file has no counterpart',
} as const;

/** Throws for a reason that there is none of. */
export function reasonOf(name: string): Reason {
  const text = (TEXTS as Readonly<Record<string, string>>)[name];
  if (text === undefined) throw new RangeError(`there is no reason ${name}`);
  return { name, text, doc: `${PAGE}#${name}` };
}

export const REASONS: readonly Reason[] = Object.keys(TEXTS).map(reasonOf);

/** The comment in the code. */
export function markText({ text, doc }: Reason): string {
  return `// ${MARK} ${text}; see ${doc}`;
}
