/**
 * Asks Node which flags a worker thread may have as its own.
 *
 * A thread refuses the flags of the whole process and those of V8, and the list differs between versions of Node. The constructor of `Worker`
 * checks the flags, then copies `workerData`, then starts the thread: a function as `workerData` cannot be copied, so the constructor
 * throws in any case, and its error tells whether the flags were accepted. No thread is started. A question takes about 0.2 ms and is
 * asked once for each set of flags.
 */
import { Worker } from 'node:worker_threads';
import { argumentsOf, type Flag, formatNodeOptions } from './node-flags.ts';

const answers = new Map<string, boolean>();

/** `nodeOptions`: the `NODE_OPTIONS` that the thread gets; one that equals the program's own is accepted whatever it holds. */
function isAccepted(execArgv: readonly string[], nodeOptions: string | undefined): boolean {
  const question = JSON.stringify([execArgv, nodeOptions]);
  let answer = answers.get(question);
  if (answer === undefined) {
    answer = ask(execArgv, nodeOptions);
    answers.set(question, answer);
  }
  return answer;
}

function ask(execArgv: readonly string[], nodeOptions: string | undefined): boolean {
  const env = Object.create(null) as Record<string, string>;
  if (nodeOptions !== undefined) env['NODE_OPTIONS'] = nodeOptions;
  // Without a prototype: nothing is read from a polluted Object.prototype.
  const options = Object.assign(Object.create(null), { eval: true, execArgv: [...execArgv], env, workerData: () => undefined });
  try {
    void new Worker('', options).terminate();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ERR_WORKER_INVALID_EXEC_ARGV';
  }
  return true;
}

/** The flags that a thread may have, of its own (`isOwn`) or in its `NODE_OPTIONS`. */
function accepted(flags: readonly Flag[], isOwn: boolean): readonly Flag[] {
  const ask = (some: readonly Flag[]): boolean =>
    some.length === 0 || (isOwn ? isAccepted(argumentsOf(some), undefined) : isAccepted([], formatNodeOptions(some)));
  if (ask(flags)) return flags;
  const each = flags.filter((flag) => ask([flag]));
  return ask(each) ? each : [];
}

/** Of these flags, those that a thread may have as its own. */
export function flagsForThread(flags: readonly Flag[]): readonly Flag[] {
  return accepted(flags, true);
}

/** Of the flags of a changed `NODE_OPTIONS`, those that a thread may have there. */
export function nodeOptionsForThread(flags: readonly Flag[]): readonly Flag[] {
  return accepted(flags, false);
}
