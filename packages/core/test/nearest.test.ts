import { describe, expect, it } from 'vitest';
import { nearest, unknownOption } from '../src/facade/index.ts';

describe('the nearest name', () => {
  it.each([
    ['maxworkers', 'maxWorkers'],
    ['max_workers', 'maxWorkers'],
    ['maxWorker', 'maxWorkers'],
    ['mxaWorkers', 'maxWorkers'],
    ['killGrase', 'killGrace'],
    ['evn', 'env'],
    ['--verison', '--version'],
  ])('of %s is %s', (name, expected) => {
    expect(nearest(name, ['env', 'killGrace', 'maxWorkers', '--version', 'name'])).toBe(expected);
  });

  it.each(['', '--', 'colour', 'x', 'w'.repeat(100)])('of %j is none', (name) => {
    expect(nearest(name, ['env', 'killGrace', 'maxWorkers', 'name'])).toBe(undefined);
  });
});

describe('an unknown option', () => {
  const pool = ['processes', 'taskTimeout', 'idleTimeout', 'startTimeout', 'workerData', 'retries'];
  const executor = ['maxWorkers', 'taskTimeout', 'idleTimeout', 'startTimeout', 'workerData', 'retries'];

  it.each([
    ['maxWorkers', pool, 'processes'],
    ['max_workers', pool, 'processes'],
    ['workers', pool, 'processes'],
    ['maxThreads', pool, 'processes'],
    ['processes', executor, 'maxWorkers'],
    ['timeout', executor, 'taskTimeout'],
    ['time_out', executor, 'taskTimeout'],
    ['retry', pool, 'retries'],
    ['idle_timeout', pool, 'idleTimeout'],
  ])('%s, with %j: did you mean %s?', (name, known, expected) => {
    expect(unknownOption(name, known)).toBe(`unknown option; did you mean ${expected}? there are ${known.join(', ')}`);
  });

  it('that is like none is answered with those that there are', () => {
    expect(unknownOption('colour', ['a', 'b'])).toBe('unknown option; there are a, b');
  });
});

describe('unknownOption', () => {
  it.each([
    ['maxWorkers', ['processes', 'minWorkers'], 'processes'],
    ['max_workers', ['processes', 'minWorkers'], 'processes'],
    ['processes', ['maxWorkers', 'initializer'], 'maxWorkers'],
    ['minThreads', ['maxWorkers', 'minWorkers'], 'minWorkers'],
    ['maxWorker', ['maxWorkers', 'minWorkers'], 'maxWorkers'],
    ['maxThread', ['processes', 'minWorkers'], 'processes'],
  ])('%s is another name of one of %j', (name, known, meant) => {
    expect(unknownOption(name, known)).toContain(`did you mean ${meant}?`);
  });
});
