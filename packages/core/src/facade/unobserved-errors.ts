/**
 * Warns once, at the orderly end of the program, of failed results that were never looked at.
 *
 *   a handle fails, no caller waits --noteFailure--> counted --noteLook--> not counted
 *                                                       '--nothing is left to do in the program--> one warning
 *
 * Nothing is left to do when 'beforeExit' comes and no worker has still to leave (scheduling/program-end.ts). `process.exit()`, a signal and an uncaught
 * error end the program without it, so nothing is printed then. It keeps the errors of the oldest failures only, and no handle.
 */
import { inspect } from 'node:util';
import { areWorkersLeaving } from '../scheduling/program-end.ts';

/** Errors that are kept. More: the memory of a program that never looks at its results. Fewer: the first error may be of a result that was looked at. */
const MOST_KEPT = 100;

const numbers = new WeakMap<object, number>();
/** In the order in which they failed. */
const errors = new Map<number, unknown>();
let failures = 0;
let last = 0;
/**
 *   quiet --a failure--> listening --the last failure was looked at--> quiet
 *                            '--the warning is given--> warned
 */
let state: 'quiet' | 'listening' | 'warned' = 'quiet';

/** No caller waits for this handle, which has failed. */
export function noteFailure(handle: object, error: unknown): void {
  if (state === 'warned') return;
  failures += 1;
  last += 1;
  numbers.set(handle, last);
  if (errors.size < MOST_KEPT) errors.set(last, error);
  if (state === 'listening') return;
  state = 'listening';
  process.on('beforeExit', warn);
}

/** A caller looks at the outcome of this handle after all. */
export function noteLook(handle: object): void {
  const number = numbers.get(handle);
  if (number === undefined || state !== 'listening') return;
  numbers.delete(handle);
  errors.delete(number);
  failures -= 1;
  if (failures > 0) return;
  state = 'quiet';
  process.off('beforeExit', warn);
}

function warn(): void {
  if (areWorkersLeaving()) return;
  state = 'warned';
  process.off('beforeExit', warn);
  const [error] = errors.values();
  const first = errors.size === 0 ? '' : `; the first: ${shown(error)}`;
  const what = failures === 1 ? '1 failed result was' : `${failures} failed results were`;
  errors.clear();
  process.emitWarning(`twinpool: ${what} never looked at (unobservedErrors)${first}`, {
    type: 'TwinpoolWarning',
    code: 'TWINPOOL_UNOBSERVED',
  });
}

function shown(error: unknown): string {
  try {
    return inspect(error);
  } catch {
    return 'an error that cannot be shown';
  }
}
