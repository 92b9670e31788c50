/**
 * Whose arguments a schema validates while it runs, so that a call that the schema itself makes is not held up by the call that it validates.
 *
 * While an asynchronous schema runs that is known by AsyncLocalStorage, which makes every promise of the program slower on Node 20: it is enabled
 * only until a schema has shown that it is synchronous. Knows neither schemas nor jobs.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

const storage = new AsyncLocalStorage<object>();
/** Functions whose schema was synchronous when it ran last. */
const synchronous = new WeakSet<object>();
/** Validations whose schema has not answered. */
let open = 0;
/** The job for which a schema runs at this moment. */
let running: object | undefined;

/** Runs `validate`, the schema of `fn`, for `job`. */
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

/** The job whose schema makes this call, if one does. */
export function validatingJob<T extends object>(): T | undefined {
  return open === 0 ? undefined : ((running ?? storage.getStore()) as T | undefined);
}

function ended(): void {
  open -= 1;
  if (open === 0) storage.disable();
}
