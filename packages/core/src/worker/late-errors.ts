/**
 * Errors of user code that come from no task's outcome: a throw in a timer, a rejection nobody handled.
 *
 * A rejection while an asynchronous task runs is charged to that task. Everything else ends the worker, as it would end a Node
 * program, but after the answers have left and after the other side was told: it then replaces the worker. The same is told whenever the
 * worker ends by its own decision (`process.exit()` in user code).
 */
import process from 'node:process';
import type { Runner } from './run.ts';

export function catchLateErrors(runner: Runner): void {
  // Captured: a task may replace `process.exit` or `globalThis.process`.
  const exit = process.exit.bind(process);
  const die = (error: unknown) => {
    try {
      runner.fatalError(error);
    } finally {
      exit(1);
    }
  };
  process.on('exit', () => runner.exiting());
  process.on('uncaughtException', die);
  process.on('unhandledRejection', (reason: unknown) => {
    if (!runner.unhandledRejection(reason)) die(reason);
  });
}
