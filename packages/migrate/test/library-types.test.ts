import * as executor from '@twinpool/executor';
import * as pool from '@twinpool/pool';
import { expect, test } from 'vitest';
import { LIBRARY_FILES } from '../dist/library-types.js';

const declared = LIBRARY_FILES.get('/@twinpool-migrate/twinpool.d.ts') ?? '';

/** Of a function or a class, however it is declared. */
const isDeclared = (name: string) => new RegExp(`\\b(class|function|const) ${name}\\b`).test(declared);

test.each([
  ['pool', pool],
  ['executor', executor],
])('every name of the door of %s is declared', (_, door) => {
  expect(Object.keys(door).filter((name) => !isDeclared(name))).toEqual([]);
});

test.each([
  ['Pool', pool.Pool.prototype],
  ['PoolCalls', Object.getPrototypeOf(pool.Pool.prototype) as object],
  ['Executor', executor.Executor.prototype],
  ['Future', executor.Future.prototype],
])('every method of %s is declared', (_, prototype) => {
  const names = Object.getOwnPropertyNames(prototype).filter((name) => !['constructor', 'startMap'].includes(name));
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(declared))).toEqual([]);
});
