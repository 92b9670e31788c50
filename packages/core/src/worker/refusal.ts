/**
 * Refuses to start workers where that would not end: outside of a task in a worker, and in pools of pools that are nested too deep.
 *
 * Code that belongs to no running task runs in every worker: the top level of a task module and everything that it starts (also `main()` of the
 * program itself, long after the import), and preloads. So does the top level of a module that a running task imports. A pool there would start
 * workers that start pools. The worker continues after a refusal: `process.exit()` and uncaught errors of that code would end the program, but in
 * a worker they must not end the worker.
 */
import { writeSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { NestedBootstrapError } from '../errors.ts';
import { depthHere, isInTask, isWorker, ownerHere, taskImportHere, workerState } from './ownership.ts';
import { moduleOfTaskImport } from './task-imports.ts';

/** The deepest nesting of pools in tasks. More is treated as an endless recursion. */
const MOST_DEPTH = 10;

/** Throws NestedBootstrapError where no workers may be started. */
export function refuseNesting(): void {
  const imported = isWorker && isInTask() ? moduleOfTaskImport() : undefined;
  if (isWorker && (!isInTask() || imported !== undefined)) {
    const owner = imported ?? ownerHere();
    const error = new NestedBootstrapError(typeof owner === 'number' ? ofLeftover : ofModule(owner));
    // For a leftover of a task this is an ordinary error.
    if (typeof owner !== 'number') surviveRefusal(error);
    throw error;
  }
  if (depthHere() >= MOST_DEPTH)
    throw new NestedBootstrapError(`pools are nested ${MOST_DEPTH} deep: a task that builds a pool whose tasks build pools does not end`);
}

/** Whether a module or a preload was refused a pool in this worker. */
export function hasRefusedHere(): boolean {
  return workerState.hasRefused;
}

/** Returns the uncaught errors from before the worker's set-up. From now on the caller catches such errors. */
export function takeHeldErrors(): unknown[] {
  process.off('uncaughtException', hold);
  process.off('unhandledRejection', hold);
  process.off('exit', showHeld);
  return workerState.held.splice(0);
}

const ofLeftover =
  'a pool was built, or an executor first used, by code that a task had left behind (a timer, a promise, a listener): ' +
  'do that while the task runs, and await it';

function ofModule(url: string | undefined): string {
  const where = url === undefined ? 'the preload' : `the top level of ${url.startsWith('file:') ? fileURLToPath(url) : url}`;
  return `guard ${where} with \`if (!isWorker)\` (from 'twinpool/worker'): workers run it too, and must not build a pool or use an executor there`;
}

function surviveRefusal(error: NestedBootstrapError): void {
  workerState.refusal ??= error;
  workerState.onRefusal?.(error);
  if (workerState.hasRefused) return;
  workerState.hasRefused = true;
  const { exit } = process;
  // The usual end of `main().catch(…)`.
  process.exit = (code) => {
    if (typeof ownerHere() === 'number' && taskImportHere() === undefined) return exit.call(process, code);
    throw error;
  };
  if (workerState.tasks !== undefined) return;
  process.on('uncaughtException', hold);
  process.on('unhandledRejection', hold);
  process.on('exit', showHeld);
}

/** The preload itself failed, so this worker never starts. */
function showHeld(): void {
  if (workerState.held.length === 0) return;
  process.exitCode = 1;
  for (const error of workerState.held) writeSync(2, `${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}\n`);
}

function hold(error: unknown): void {
  workerState.held.push(error);
}
