/**
 * The output of finished tasks is delivered completely, however the pool and the program end and whatever reads it. Runs a sample, or the whole
 * table with MATRIX=all.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { runProgram, until, within } from '@twinpool/testkit';
import { describe, isLong, isWhole, it } from '@twinpool/testkit/sample';
import { expect, onTestFinished } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../fixtures/output/prints.mjs', import.meta.url));
/** A bound that only detects hangs, ms. */
const HANG = 30_000;
/** Larger than what any pipe holds. */
const MEGABYTE = '1000000';
const TASKS = 4;

const KINDS = ['process', 'thread'];
const WAYS = [
  'close, join',
  'close and join while they run',
  'shutdown',
  'use',
  'dispose',
  'terminate',
  'killWorkers',
  'maxTasksPerChild',
  'idleTimeout',
  'process.exit',
  'natural end',
  'process.exit in the task',
  'a throw',
];
/** In the sample, too, with each kind. */
const SAMPLE = new Set(['close, join', 'use', 'terminate', 'maxTasksPerChild', 'process.exit', 'process.exit in the task']);

const lines = TASKS * Array.from({ length: 300 }, (_, i) => `task 1 line ${i}\n`).join('').length;
const AMOUNTS: readonly (readonly [amount: string, output: number, errors: number])[] = [
  [MEGABYTE, TASKS * 1_000_000, 0],
  ['lines', lines, 0],
  ['both', TASKS * 100_000, TASKS * 100_000],
];

interface Run {
  readonly child: ChildProcess;
  readonly said: () => string;
}

function start(args: readonly string[], stdout: 'pipe' | number = 'pipe', command: readonly string[] = [process.execPath, PROGRAM]): Run {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS$|TEST$)/.test(name)));
  const child = spawn(command[0] as string, [...command.slice(1), ...args], { env, stdio: ['ignore', stdout, 'pipe', 'pipe'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let said = '';
  (child.stdio[3] as Readable).setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return { child, said: () => said };
}

/** Resolves with how the program ended when it has, and all that its output was is read. */
function end(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  return within(new Promise((resolve) => child.once('close', (...how) => resolve(how))), HANG, 'the program');
}

/** Reads all; `slow`: begins when the pipe has long been full, and then pauses after each part. */
function read(stream: Readable, slow: boolean): () => Buffer {
  const parts: Buffer[] = [];
  const begin = (): void => {
    stream.on('data', (part: Buffer) => {
      parts.push(part);
      if (!slow) return;
      stream.pause();
      setTimeout(() => stream.resume(), 1);
    });
  };
  if (slow) setTimeout(begin, 200);
  else begin();
  return () => Buffer.concat(parts);
}

async function expectAll(kind: string, way: string, amount: (typeof AMOUNTS)[number], slow: boolean): Promise<void> {
  const { child, said } = start([kind, way, amount[0]]);
  const output = read(child.stdout as Readable, slow);
  const errors = read(child.stderr as Readable, slow);
  expect(await end(child)).toEqual([0, null]);
  expect([output().length, errors().length, said()]).toEqual([amount[1], amount[2], 'ended\n']);
}

describe.each(KINDS)('the output of tasks: %s [R7]', (kind) => {
  const cells = WAYS.flatMap((way) => AMOUNTS.flatMap((amount) => [true, false].map((slow) => ({ way, amount, slow })))).filter(
    ({ way, amount, slow }) => isLong || (isWhole ? slow === (amount[0] !== 'lines') : SAMPLE.has(way) && amount[0] === MEGABYTE && slow),
  );

  it.each(cells.map((cell) => [cell.way, cell.amount[0], cell.slow ? 'slow' : 'fast', cell] as const))(
    '%s, %s, a %s reader: all of it',
    (_way, _amount, _reader, { way, amount, slow }) => expectAll(kind, way, amount, slow),
    HANG,
  );

  it.runIf(isWhole)('50 MB', () => expectAll(kind, 'process.exit', ['50000000', TASKS * 50_000_000, 0], false), HANG);

  it('a result does not come before what its task printed', async () => {
    const { child } = start([kind, 'in order']);
    const output = read(child.stdout as Readable, true);
    expect(await end(child)).toEqual([0, null]);
    const text = output().toString();
    const places = Array.from({ length: 60 }, (_, i) => [text.indexOf(`\ntask ${i}\n`), text.indexOf(`\nresult ${i}\n`)] as const);
    expect(places.filter(([task, result]) => task < 0 || result < task)).toEqual([]);
  });

  it('what a task prints to a corked stream is not held back until after its result', async () => {
    const { child } = start([kind, 'corked']);
    const output = read(child.stdout as Readable, false);
    expect(await end(child)).toEqual([0, null]);
    expect(output().toString()).toBe('corked\n');
  });

  it.each(['both', MEGABYTE])('a reader that goes away ends neither workers nor program: %s', async (amount) => {
    const { child, said } = start([kind, 'use', amount]);
    const errors = read(child.stderr as Readable, false);
    child.stdout?.once('data', () => child.stdout?.destroy());
    expect(await end(child)).toEqual([0, null]);
    expect([errors().toString().replaceAll('e'.repeat(999), '').trim(), said()]).toEqual(['', 'ended\n']);
  });

  it('a reader that never reads does not hold up terminate and join', async () => {
    const { child, said } = start([kind, 'terminate, unread', MEGABYTE]);
    await until(() => child.exitCode !== null, 'the program ends', HANG);
    await until(() => said().endsWith('\n'), 'what it said is read', HANG);
    expect(said()).toBe(`${Array(TASKS).fill('ERR_TWINPOOL_POOL_TERMINATED').join()}\n`);
  });

  it('into a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'twinpool-output-'));
    const path = join(folder, 'output');
    const file = openSync(path, 'w');
    try {
      const { child } = start([kind, 'process.exit', MEGABYTE], file);
      expect(await end(child)).toEqual([0, null]);
      expect(readFileSync(path).length).toBe(TASKS * 1_000_000);
    } finally {
      closeSync(file);
      rmSync(folder, { recursive: true });
    }
  });

  it.runIf(existsSync('/usr/bin/script'))('into a terminal', async () => {
    const command = [process.execPath, PROGRAM, kind, 'process.exit', 'lines'].map((part) => `'${part}'`).join(' ');
    const { child } = start([], 'pipe', ['/usr/bin/script', '-qec', command, '/dev/null']);
    const output = read(child.stdout as Readable, true);
    expect(await end(child)).toEqual([0, null]);
    expect(
      output()
        .toString()
        .replaceAll('\r', '')
        .match(/^task \d line \d+$/gm),
    ).toHaveLength(TASKS * 300);
  });
});

it('a pipe as output does not keep a worker from following symbolic links, as those of pnpm [R7]', async () => {
  const program = runProgram(new URL('../fixtures/output/links.mjs', import.meta.url));
  expect(await program.end(HANG)).toEqual({ code: 0, signal: null });
  expect([program.output, program.errors]).toEqual(['real\n', '']);
});
