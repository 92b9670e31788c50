/**
 * Catches errors of user code outside of a call: an exception in a timer, a rejection without a handler.
 *
 * The runner decides to which task the error belongs (runner.ts). If it belongs to the running task, that task fails. After an error that belongs to no
 * task the worker ends, as a Node program would: it first sends its answers and the error, and the program replaces the worker. The program is also
 * notified when user code ends the worker with `process.exit()`.
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
