// The tasks, after the worker program of twinpool was compiled, as in each of its workers.
import { readFileSync } from 'node:fs';
import { Script } from 'node:vm';

new Script(readFileSync(new URL('./worker/twinpool-worker.cjs', import.meta.resolve('@twinpool/core')), 'utf8'));

export * from './tasks.mjs';
