// The door: what there is, by name; nothing leaves it unseen.
import * as pool from '@twinpool/pool';
import { expect, test } from 'vitest';

test('the exports [P-NEW-12] [B-208] [EX-2]', () => {
  expect(Object.keys(pool).toSorted()).toEqual(
    [
      'Pool',
      'ThreadPool',
      'WorkerRuntime',
      'defineTask',
      'isAbort',
      'taskRef',
      'transfer',
      'BrokenExecutorError',
      'BrokenProcessPoolError',
      'BrokenThreadPoolError',
      'CancelledError',
      'InitializerError',
      'InvalidStateError',
      'MaybeEncodingError',
      'NestedBootstrapError',
      'NotReadyError',
      'NotSupportedError',
      'OptionsError',
      'PayloadTooLargeError',
      'PoolClosedError',
      'PoolRunningError',
      'PoolTerminatedError',
      'QueueFullError',
      'TaskModuleError',
      'TaskSerializationError',
      'TaskTimeoutError',
      'TaskValidationError',
      'TimeoutError',
      'TwinpoolError',
      'WorkerLostError',
    ].toSorted(),
  );
});
