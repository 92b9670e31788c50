/**
 * Catches the errors of user code that no outcome carries: an exception in a timer, a rejection that was not handled.
 *
 * The runner decides whose such an error is: the running task's, which it then fails, or late (run.ts). After any other the worker ends, as
 * a Node program would, but its answers leave first and the other side learns of the error and replaces the worker. It also learns
 * when the worker ends by its own decision (`process.exit()` in user code).
 */
import process from 'node:process';
import { watchAsyncContext } from './async-context-watch.ts';
import { keepMicrotaskOwners } from './microtasks.ts';
import { takeHeldErrors } from './refusal.ts';
import type { Runner } from './runner.ts';

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
  keepMicrotaskOwners();
  watchAsyncContext();
  process.on('exit', () => runner.exiting());
  process.on('uncaughtException', (error: unknown) => {
    if (!runner.takesError(error, 'exception')) die(error);
  });
  process.on('unhandledRejection', (reason: unknown) => {
    if (!runner.takesError(reason, 'rejection')) die(reason);
  });
  for (const error of takeHeldErrors()) runner.takesError(error, 'rejection');
}
