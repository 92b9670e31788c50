/**
 * Calls the option `perWorker` before a worker starts, and checks what it returns.
 *
 * It is code of the user: it runs in the async context in which the runtime was made. What it throws, and an OptionsError for a bad result, is the reason
 * why that worker does not start. This file does not know how a worker is started.
 */
import { OptionsError } from '../errors.ts';
import type { Scope } from '../primitives/user-code.ts';
import { checkOptions } from './check-options.ts';
import { NEEDS_REAL_WORKERS, optionsOfRealWorkers } from './inline-default.ts';
import type { PerWorkerOptions, WorkerIdentity, WorkerOptions } from './options.ts';
import type { ResolvedWorkers } from './resolve-options.ts';
import { programFaults } from './worker-environment.ts';

export function optionsOfWorker(
  perWorker: NonNullable<WorkerOptions['perWorker']>,
  worker: WorkerIdentity,
  { kind, standsIn }: Pick<ResolvedWorkers, 'kind' | 'standsIn'>,
  scope: Scope,
): PerWorkerOptions {
  const given: unknown = scope.runInAsyncScope(() => perWorker(worker));
  if (given === undefined) return Object.create(null) as PerWorkerOptions;
  if (typeof given === 'object' && given !== null && 'then' in given) {
    // The error says what is wrong. A rejection of the promise is not reported a second time.
    Promise.resolve(given as PromiseLike<unknown>).catch(() => undefined);
    const message = 'expected an object of options, got a promise: it is called synchronously';
    throw new OptionsError(`perWorker: ${message}`, [{ path: 'perWorker', message }]);
  }
  return checkOptions(
    'perWorker',
    given,
    ({ perWorker: shape }) => shape,
    (own, report) => {
      if (kind !== 'inline' && kind !== 'cluster') for (const [path, message] of programFaults(kind, own)) report(path, message);
      else if (!standsIn) for (const key of optionsOfRealWorkers(own)) report(key, NEEDS_REAL_WORKERS);
    },
  );
}
