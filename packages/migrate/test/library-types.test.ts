import * as executor from '@twinpool/executor';
import * as pool from '@twinpool/pool';
import { expect, test } from 'vitest';
import { LIBRARY_FILES } from '../src/library-types.ts';

const declared = LIBRARY_FILES.get('/@twinpool-migrate/twinpool.d.ts') ?? '';

/** Whether the declarations contain a class, function or constant of this name. */
const isDeclared = (name: string) => new RegExp(`\\b(class|function|const) ${name}\\b`).test(declared);

test.each([
  ['pool', pool],
  ['executor', executor],
])('every export of %s is declared', (_, entryPoint) => {
  expect(Object.keys(entryPoint).filter((name) => !isDeclared(name))).toEqual([]);
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
