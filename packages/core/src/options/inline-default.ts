/**
 * Says whether facades without a runtime run their tasks in the calling thread (`TWINPOOL_INLINE=1`), and which options need workers that are not there.
 *
 * The environment is read for each facade: a test may change it.
 */
import process from 'node:process';
import { OptionsError } from '../errors.ts';
import type { OwnOptions } from './check-options.ts';

const VARIABLE = 'TWINPOOL_INLINE';

/** Options that a thread or a process is started with, and the value that says the same as leaving the option out. */
const OF_THREADS_AND_PROCESSES: Readonly<Record<string, unknown>> = {
  env: 'inherit',
  argv: undefined,
  execArgv: undefined,
  cwd: undefined,
  execPath: undefined,
  bufferDir: undefined,
  bufferLimit: undefined,
  resourceLimits: undefined,
  maxMemoryPerChild: undefined,
  stdio: 'inherit',
  inspect: false,
};

/** Throws OptionsError for another value than 1, 0 and nothing. */
export function isInlineByEnvironment(): boolean {
  const given = Object.hasOwn(process.env, VARIABLE) ? process.env[VARIABLE] : '';
  if (given === '1') return true;
  if (given === '' || given === '0') return false;
  const message = `expected 1 to run the tasks of all pools and executors in the calling thread, or 0, got '${given}'`;
  throw new OptionsError(`the environment variable ${VARIABLE}: ${message}`, [{ path: VARIABLE, message }]);
}

/** Returns the names of the options that a worker in the calling thread cannot honour. */
export function optionsOfRealWorkers(own: OwnOptions): string[] {
  return Object.keys(OF_THREADS_AND_PROCESSES).filter((key) => own[key] !== undefined && own[key] !== OF_THREADS_AND_PROCESSES[key]);
}

/** Returns the options without those. */
export function withoutRealWorkers(own: OwnOptions): OwnOptions {
  const rest = Object.assign(Object.create(null) as OwnOptions, own);
  for (const key of optionsOfRealWorkers(own)) delete rest[key];
  return rest;
}

export const NEEDS_REAL_WORKERS = 'needs a thread or a process: an inline runtime runs tasks in the calling thread';
