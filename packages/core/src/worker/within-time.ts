/** The bound of a module's import. Decides what is said of one that takes longer. */
import { TaskModuleError } from '../errors.ts';

/** The longest delay that Node's timers take, ms. */
const LONGEST_TIMER = 2 ** 31 - 1;
// Captured: a task may replace what it finds on the global object.
const startTimer = setTimeout;
const stopTimer = clearTimeout;

/** An import that never settles would keep its worker, and whoever waits for the task, for ever. */
export function withinTime<T>(loading: Promise<T>, ms: number, name: string): Promise<T> {
  if (ms > LONGEST_TIMER) return loading;
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_resolve, reject) => {
    timer = startTimer(
      () =>
        reject(
          new TaskModuleError(
            `the module of task '${name}' was not loaded within startTimeout (${ms} ms): is there an await that never ends?`,
          ),
        ),
      ms,
    );
  });
  return Promise.race([loading, late]).finally(() => stopTimer(timer));
}
