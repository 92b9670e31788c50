/** Bounds the time of a module's import, and builds the error for one that takes longer. */
import { TaskModuleError } from '../errors.ts';
import { NativePromise, whenSettled } from '../primitives/promises.ts';
import { clearTimer, setTimer } from '../primitives/time.ts';

/** The longest delay that Node's timers take, ms. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Rejects after `ms`: an import that never settles would block its worker and its caller without end. */
export function withinTime<T>(loading: Promise<T>, ms: number, name: string): Promise<T> {
  if (ms > LONGEST_TIMER) return loading;
  return new NativePromise((resolve, reject) => {
    const timer = setTimer(
      () =>
        reject(
          new TaskModuleError(
            `the module of task '${name}' was not loaded within startTimeout (${ms} ms): is there an await that never ends?`,
          ),
        ),
      ms,
    );
    void whenSettled(
      loading,
      (value) => {
        clearTimer(timer);
        resolve(value);
      },
      (error) => {
        clearTimer(timer);
        reject(error);
      },
    );
  });
}
