/**
 * Finds out which flags Node accepts for a worker thread.
 *
 * A thread refuses the flags of the whole process and those of V8, and the list differs between versions of Node. The constructor of `Worker`
 * checks the flags, then copies `workerData`, then starts the thread. A function as `workerData` cannot be copied, so the constructor always
 * throws, no thread is started, and the code of the error shows whether the flags were accepted. One trial takes about 0.2 ms, and its result is
 * kept for each set of flags.
 */
import { Worker } from 'node:worker_threads';
import { argumentsOf, type Flag, formatNodeOptions } from '../primitives/node-flags.ts';

const results = new Map<string, boolean>();

/** `nodeOptions`: the `NODE_OPTIONS` of the thread. Node accepts one that equals the program's own without a check. */
function isAccepted(execArgv: readonly string[], nodeOptions: string | undefined): boolean {
  const key = JSON.stringify([execArgv, nodeOptions]);
  let result = results.get(key);
  if (result === undefined) {
    result = tryThread(execArgv, nodeOptions);
    results.set(key, result);
  }
  return result;
}

function tryThread(execArgv: readonly string[], nodeOptions: string | undefined): boolean {
  const env = Object.create(null) as Record<string, string>;
  if (nodeOptions !== undefined) env['NODE_OPTIONS'] = nodeOptions;
  // Without a prototype: Node reads no option from a polluted Object.prototype.
  const options = Object.assign(Object.create(null), { eval: true, execArgv: [...execArgv], env, workerData: () => undefined });
  try {
    void new Worker('', options).terminate();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ERR_WORKER_INVALID_EXEC_ARGV';
  }
  return true;
}

/** Returns the flags that Node accepts for a thread, as its `execArgv` (`isOwn`) or in its `NODE_OPTIONS`. */
function accepted(flags: readonly Flag[], isOwn: boolean): readonly Flag[] {
  const areAccepted = (some: readonly Flag[]): boolean =>
    some.length === 0 || (isOwn ? isAccepted(argumentsOf(some), undefined) : isAccepted([], formatNodeOptions(some)));
  if (areAccepted(flags)) return flags;
  const each = flags.filter((flag) => areAccepted([flag]));
  return areAccepted(each) ? each : [];
}

/** Returns those of `flags` that Node accepts in the `execArgv` of a thread. */
export function flagsForThread(flags: readonly Flag[]): readonly Flag[] {
  return accepted(flags, true);
}

/** Returns those of `flags` that Node accepts in a changed `NODE_OPTIONS` of a thread. */
export function nodeOptionsForThread(flags: readonly Flag[]): readonly Flag[] {
  return accepted(flags, false);
}
