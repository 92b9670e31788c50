/**
 * Catches errors of user code outside of a call: an exception in a timer, a rejection without a handler.
 *
 * stray-errors.ts decides to which task the error belongs. If it belongs to the running task, that task fails. After an error that belongs to no
 * task the worker ends, as a Node program would: it first sends its answers and the error, and the program replaces the worker. The program is also
 * notified when user code ends the worker with `process.exit()`.
 */
import process from 'node:process';
import { watchAsyncContext } from './async-context-watch.ts';
import { keepMicrotaskOwners } from './microtasks.ts';
import { takeHeldErrors } from './refusal.ts';
import type { StrayErrors } from './stray-errors.ts';
import { watchTaskImports } from './task-imports.ts';

export function catchLateErrors(errors: StrayErrors): void {
  // Captured: a task may replace `process.exit` or `globalThis.process`.
  const exit = process.exit.bind(process);
  const die = (error: unknown) => {
    try {
      errors.fatal(error);
    } finally {
      exit(1);
    }
  };
  keepMicrotaskOwners();
  watchAsyncContext();
  watchTaskImports();
  process.on('exit', () => errors.exiting());
  process.on('uncaughtException', (error: unknown) => {
    if (!errors.takes(error, 'exception')) die(error);
  });
  process.on('unhandledRejection', (reason: unknown) => {
    if (!errors.takes(reason, 'rejection')) die(reason);
  });
  for (const error of takeHeldErrors()) errors.takes(error, 'rejection');
}
