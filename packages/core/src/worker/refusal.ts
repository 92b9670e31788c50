/**
 * Refuses to start workers where that would not end: outside of a task in a worker, and in pools of pools that are nested too deep.
 *
 * Code of a worker that belongs to no running task is code that every worker runs: the top level of a task module and all that it starts
 * (also `main()` of the program itself, long after the import), and preloads. A pool there would start workers that start pools. After a
 * refusal the worker goes on: that code's `process.exit()` and its uncaught errors end the program, and this is not the program.
 */
import { writeSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { NestedBootstrapError } from '../errors.ts';
import { depthHere, isInTask, isWorker, ownerHere, workerState } from './ownership.ts';

/** A pool in a task of a pool in a task: deeper than this it is taken for a recursion that does not end. */
const MOST_DEPTH = 10;

/** Throws NestedBootstrapError where no workers may be started. */
export function refuseNesting(): void {
  if (isWorker && !isInTask()) {
    const owner = ownerHere();
    const error = new NestedBootstrapError(typeof owner === 'number' ? ofLeftover : ofModule(owner));
    // A leftover of a task is an error like any other.
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

/** Uncaught errors from before the worker was set up; from now on the caller catches them. */
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
  if (workerState.hasRefused) return;
  workerState.hasRefused = true;
  const { exit } = process;
  // The usual end of `main().catch(…)`.
  process.exit = (code) => {
    if (typeof ownerHere() === 'number') return exit.call(process, code);
    throw error;
  };
  if (workerState.tasks !== undefined) return;
  process.on('uncaughtException', hold);
  process.on('unhandledRejection', hold);
  process.on('exit', showHeld);
}

/** The preload itself failed, so that this worker never starts. */
function showHeld(): void {
  if (workerState.held.length === 0) return;
  process.exitCode = 1;
  for (const error of workerState.held) writeSync(2, `${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}\n`);
}

function hold(error: unknown): void {
  workerState.held.push(error);
}
