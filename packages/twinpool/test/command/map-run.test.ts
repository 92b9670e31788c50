/** MapRun with workers whose time is counted, not spent: how well it shares records, and how many messages that takes. */
import { describe, expect, it } from 'vitest';
import { type BlockCall, type BlockResult, GIVE_BACK_AFTER } from '../../src/command/block-messages.ts';
import type { MapOptions } from '../../src/command/map-options.ts';
import { MapRun } from '../../src/command/map-run.ts';

const WORKERS = 2;
const OPTIONS: MapOptions = {
  fn: { expression: 'r => r' },
  api: 'pool',
  kind: 'process',
  workers: WORKERS,
  input: '-',
  output: '-',
  format: 'lines',
  isOrdered: true,
  chunksize: undefined,
  taskTimeout: undefined,
  retries: 0,
  hasRetries: false,
  stopsOnError: false,
  skip: 0,
};

interface Ended {
  /** ms from the start to the end of the last block. */
  readonly took: number;
  readonly blocks: number;
  readonly output: string;
}

/** Runs all records on two workers. `cost(n)` is the time of record n in ms; a message costs 0.1 ms. */
async function mapped(count: number, cost: (n: number) => number): Promise<Ended> {
  const waiting: { call: BlockCall; resolve: (result: BlockResult) => void }[] = [];
  const freeAt = Array.from({ length: WORKERS }, () => 0);
  const running: { at: number; result: BlockResult; resolve: (result: BlockResult) => void; worker: number }[] = [];
  const ended = { took: 0, blocks: 0, output: '' };
  let input: Buffer | undefined = Buffer.from(Array.from({ length: count }, (_, n) => `${n}\n`).join(''));
  const run = new MapRun({
    options: OPTIONS,
    workers: WORKERS,
    target: {
      write: (bytes) => {
        ended.output += Buffer.from(bytes).toString();
      },
      fail: (text) => expect.fail(text),
    },
    isFull: () => false,
    read: async () => {
      const chunk = input;
      input = undefined;
      return chunk;
    },
    run: (call) => new Promise((resolve) => waiting.push({ call, resolve })),
  });
  let isOver = false;
  const over = run.run().finally(() => {
    isOver = true;
  });

  function begin(worker: number, now: number): void {
    const next = waiting.shift();
    if (next === undefined) return;
    const { call, resolve } = next;
    let took = 0;
    let done = 0;
    let lines = '';
    while (done < call.count && took <= GIVE_BACK_AFTER) {
      took += cost(call.index + done);
      lines += `${call.index + done}\n`;
      done += 1;
    }
    const at = now + 0.1 + took;
    freeAt[worker] = Number.POSITIVE_INFINITY;
    ended.blocks += 1;
    running.push({ at, worker, resolve, result: { count: done, bytes: Buffer.from(lines), failures: [], done, took } });
  }

  for (let now = 0; ; ) {
    await new Promise(setImmediate);
    if (isOver) break;
    for (const [worker, at] of freeAt.entries()) if (at <= now) begin(worker, now);
    running.sort((a, b) => a.at - b.at);
    const first = running.shift();
    if (first === undefined) continue;
    now = ended.took = freeAt[first.worker] = first.at;
    first.resolve(first.result);
  }
  await over;
  return ended;
}

const fast = 0.002;

describe('twinpool map: the sharing of records', () => {
  it.each<[string, number, (n: number) => number]>([
    ['slow behind fast', 2_030, (n) => (n < 2_000 ? fast : 30)],
    ['a little slower behind fast', 4_000, (n) => (n < 2_000 ? fast : 0.5)],
    ['fast behind slow', 40_100, (n) => (n < 100 ? 30 : fast)],
    ['slow ones in the middle', 20_100, (n) => (n >= 10_000 && n < 10_100 ? 30 : fast)],
    ['one in a hundred is slow', 10_000, (n) => (n % 100 === 50 ? 30 : fast)],
    ['all fast', 40_000, () => fast],
    ['all slow', 100, () => 30],
  ])('%s: both workers are busy to the end, in order', async (_, count, cost) => {
    const { took, output } = await mapped(count, cost);
    const numbers = Array.from({ length: count }, (_each, n) => n);
    expect(output).toBe(numbers.map((n) => `${n}\n`).join(''));
    const work = numbers.reduce((sum, n) => sum + cost(n), 0);
    // One record may run alone at the end, beside the messages.
    expect(took).toBeLessThan((work / WORKERS) * 1.25 + 35);
  });

  it('fast records behind a slow one travel in few blocks again', async () => {
    const { blocks } = await mapped(40_000, (n) => (n === 20_000 ? 30 : fast));
    expect(blocks).toBeLessThan(120);
  });
});
