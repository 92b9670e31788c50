/**
 * Knows for which job a schema runs, so that a call which the schema itself makes does not wait for the call that it validates.
 *
 *   runValidationFor(job, fn, validate) --> schema runs --> a call of the schema: validatingJob() returns the job
 *
 * Invariant: AsyncLocalStorage is enabled only while a schema runs that is asynchronous, or was never run: on Node 20 it makes every promise of the
 * program slower.
 * This file does not know schemas and jobs.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

const storage = new AsyncLocalStorage<object>();
/** Functions whose schema was synchronous in its last run. */
const synchronous = new WeakSet<object>();
/** The number of validations that are running. */
let open = 0;
/** The job whose schema is on the stack. */
let running: object | undefined;

/** Runs `validate`, which calls the schema of `fn`, for `job`. */
export function runValidationFor<T>(job: object, fn: object, validate: () => T): T {
  const before = running;
  running = job;
  open += 1;
  let result: T | undefined;
  try {
    result = synchronous.has(fn) ? validate() : storage.run(job, validate);
    return result;
  } finally {
    running = before;
    if (result instanceof Promise) {
      synchronous.delete(fn);
      result.then(ended, ended);
    } else if (synchronous.has(fn)) open -= 1;
    else {
      synchronous.add(fn);
      ended();
    }
  }
}

/** Returns the job whose schema makes this call, `undefined` for any other call. */
export function validatingJob<T extends object>(): T | undefined {
  return open === 0 ? undefined : ((running ?? storage.getStore()) as T | undefined);
}

function ended(): void {
  open -= 1;
  if (open === 0) storage.disable();
}
