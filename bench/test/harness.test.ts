import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startBusy } from '../harness/busy.mjs';
import { extremes, quantity } from '../harness/format.mjs';
import { nodeAt } from '../harness/machine.mjs';
import { nameOf, titleOf } from '../harness/variant.mjs';
import { giveFolder, givenVersions, whereGiven } from '../peers/given.mjs';
import { filled, limitOf } from '../report/limits.mjs';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the name of a result', () => {
  it('has the Node of the contenders if it is another one', () => {
    expect([
      nameOf({ question: 'latency-threads', variant: undefined }),
      titleOf({ question: 'latency-threads', variant: undefined }),
    ]).toEqual(['latency-threads', 'latency-threads']);
    const other = { question: 'latency-threads', variant: 'node24' };
    expect([nameOf(other), titleOf(other)]).toEqual(['latency-threads.node24', 'latency-threads, Node 24']);
  });

  it('has no variant for the Node that runs the benchmark', () => {
    expect(nodeAt(process.execPath)).toEqual({ path: process.execPath, version: process.versions.node, variant: undefined });
  });

  it('refuses a path that is not a Node', () => {
    expect(() => nodeAt('/nowhere/node')).toThrow('--node: expected the path of a Node, got /nowhere/node (ENOENT)');
  });
});

describe('the least and the most of a figure', () => {
  it('have the unit of their median', () => {
    expect(quantity(132_000, 'µs')).toBe('132 ms');
    expect(extremes({ median: 132_000, min: 9_000, max: 1_840_000 }, 'µs')).toBe('9.00 - 1840');
    expect(extremes({ median: 40, min: 39, max: 20_000 }, 'µs')).toBe('39.0 - 20.0 k');
    expect(extremes({ median: 132_000, min: 9_000, max: 184_000 }, '/s', '–')).toBe('9000 – 184 k');
  });
});

describe('a peer that npm does not have', () => {
  it('takes part where its folder is given, with the version of its folder', () => {
    vi.stubEnv('BENCH_KNITTING', undefined);
    vi.stubEnv('BENCH_NESTWORKER', undefined);
    const folder = mkdtempSync(join(tmpdir(), 'given-'));
    try {
      writeFileSync(join(folder, 'package.json'), '{ "version": "1.2.3" }');
      expect(whereGiven({ piscina: 1, knitting: 2 })).toEqual({ piscina: 1 });
      expect(givenVersions()).toEqual({});
      giveFolder('knitting', folder);
      expect(whereGiven({ piscina: 1, knitting: 2, nestworker: 3 })).toEqual({ piscina: 1, knitting: 2 });
      expect(givenVersions()).toEqual({ knitting: '1.2.3' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('limits.json', () => {
  const results = new Map([
    ['q', { metrics: { rate: { unit: '/s' } }, measured: { bare: { rate: { median: 100 } } } }],
    ['q.node24', { metrics: { rate: { unit: '/s' } }, measured: { bare: { rate: { median: 200 } } } }],
  ]);

  it('prefers the sentence and the figures of the same Node', () => {
    const limits = { q: { goal: 'The bare loop reaches {q/bare/rate}.' }, 'q.node26': { goal: 'Another one.' } };
    const said = (variant?: string) => limitOf(limits, { question: 'q', variant }, { text: 'goal' });
    expect(said('node26')).toBe('Another one.');
    expect(filled(said(), results, { variant: undefined })).toBe('The bare loop reaches 100/s.');
    expect(filled(said('node24'), results, { variant: 'node24' })).toBe('The bare loop reaches 200/s.');
  });

  it('says that a figure was not measured', () => {
    expect(filled('{q/absent/rate}', results, { variant: undefined })).toBe('not measured');
  });
});

describe('startBusy', () => {
  const isAlive = (pid: number | undefined) => {
    try {
      return process.kill(pid ?? 0, 0);
    } catch {
      return false;
    }
  };

  it('starts processes, and ends them', async () => {
    const { pids, end } = await startBusy(2);
    expect(pids.map(isAlive)).toEqual([true, true]);
    await end();
    expect(pids.map(isAlive)).toEqual([false, false]);
  });

  it('starts none for 0', async () => {
    const { pids, end } = await startBusy(0);
    expect(pids).toEqual([]);
    await end();
  });
});
