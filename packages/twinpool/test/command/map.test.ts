import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, it } from '@twinpool/testkit/sample';
import { expect } from 'vitest';
import { command, endOf, failuresIn, map, numbers, scratchFolder, skipIn, started, TASKS } from './run-command.ts';

const lines = (...values: unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');

describe('twinpool map: the function', () => {
  it('takes a path, a file: URL, a package and an expression', async () => {
    const folder = scratchFolder();
    mkdirSync(join(folder, 'node_modules/doubler'), { recursive: true });
    writeFileSync(join(folder, 'node_modules/doubler/package.json'), '{"name":"doubler","exports":{"import":"./main.mjs"}}');
    writeFileSync(join(folder, 'node_modules/doubler/main.mjs'), 'export const twice = (r) => r.n * 2;');
    writeFileSync(join(folder, 'compiled.cjs'), 'exports.__esModule = true; exports.default = (r) => r.n; exports.inc = (r) => r.n + 1;');
    const run = (...args: string[]) => map(args, '{"n":3}\n', { cwd: folder });
    const ends = await Promise.all([
      run(TASKS),
      run(`${pathToFileURL(TASKS).href}#square`),
      run('doubler#twice'),
      run('compiled.cjs'),
      run('./compiled.cjs#inc'),
      run(`${TASKS}#later`, '--api', 'executor'),
      run('-e', "async (r) => (await import('node:path')).basename('a/' + r.n)"),
    ]);
    expect(ends.map(({ output }) => JSON.parse(output))).toEqual([{ n: 6 }, 9, 6, 3, 4, 3, '3']);
    expect(ends.every(({ code }) => code === 0)).toBe(true);
  });

  it('prints to the standard error, and its results are JSON', async () => {
    const { code, output, errors } = await map(
      ['-e', 'r => { console.log("task", r); return [undefined, NaN, new Date(0), null][r]; }'],
      '0\n1\n2\n3\n',
    );
    expect([code, output]).toEqual([0, lines(null, null, new Date(0), null)]);
    expect(errors).toMatch(/task 0\n[\s\S]*task 3\n/);
    expect(skipIn(errors)).toBe(4);
  });

  it('runs on processes, in order', async () => {
    const { code, output } = await command(['map', TASKS, '--workers', '2'], { input: numbers(20_000) });
    expect(code).toBe(0);
    expect(output).toBe(lines(...Array.from({ length: 20_000 }, (_, n) => ({ n: 2 * n }))));
  });

  it('slow records behind fast ones are shared by the workers', async () => {
    const folder = scratchFolder();
    // The first records wait until both workers run: the start of a worker takes any time.
    const expression = `async (r) => {
      const { readdirSync, writeFileSync } = process.getBuiltinModule?.('fs') ?? (await import('node:fs'));
      const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      const folder = ${JSON.stringify(folder)};
      if (r.n < 4) writeFileSync(folder + '/' + process.pid, '');
      while (r.n < 4 && readdirSync(folder).length < 2) await pause(5);
      if (r.n >= 2_000) await pause(30);
      return [r.n, process.pid];
    }`;
    const { output } = await command(['map', '-e', expression, '--workers', '2'], { input: numbers(2_030) });
    const found = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as [number, number]);
    expect(found.map(([n]) => n)).toEqual(Array.from({ length: 2_030 }, (_, n) => n));
    expect(new Set(found.slice(2_000).map(([, pid]) => pid)).size).toBe(2);
  });

  it('--unordered has every index once', async () => {
    const { output, errors } = await map(['-e', 'r => r.n', '--unordered'], numbers(3_000));
    const found = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { index: number; value: number });
    expect(found.every(({ index, value }) => index === value)).toBe(true);
    expect(new Set(found.map(({ index }) => index)).size).toBe(3_000);
    expect(skipIn(errors)).toBeUndefined();
  });
});

describe('twinpool map: the input', () => {
  it('JSON Lines: byte order mark, CRLF, white space, no final newline', async () => {
    const { code, output, errors } = await map(['-e', 'r => r', '--on-error', 'skip'], '\ufeff1\r\n\r\n \t \n2\nnope\n"\u00e9"');
    expect([code, output]).toEqual([1, lines(1, 2, '\u00e9')]);
    expect(failuresIn(errors)).toEqual([
      { index: 2, error: { name: 'SyntaxError', message: expect.stringContaining('line 5 is not JSON') } },
    ]);
  });

  it('--lines: empty lines, a CR that ends nothing, bytes that are not UTF-8', async () => {
    const bytes = Buffer.from('\ufeffa\r\n\nb\rc\n \u00ff\r', 'utf8');
    bytes[bytes.length - 3] = 0xff;
    const { output } = await map(['-e', 'r => r', '--lines'], bytes);
    expect(output).toBe(lines('a', '', 'b\rc', ' \ufffd\ufffd\r'));
  });

  it('--csv: quotes, newlines, white space, bad rows', async () => {
    const text = '\ufeffa,b\r\n1,"x, ""y""\r\nz"\r\n\r\n  2 , 3\n4\n5,6,7\n"q"x,1\n8,"9"';
    const { code, output, errors } = await map(['-e', 'r => r', '--csv', '--on-error', 'skip'], text);
    expect([code, output]).toEqual([1, lines({ a: '1', b: 'x, "y"\r\nz' }, { a: '  2 ', b: ' 3' }, { a: '8', b: '9' })]);
    expect(failuresIn(errors).map(({ index, error }) => [index, error.message])).toEqual([
      [2, 'line 6: expected 2 fields as in the header, got 1 field'],
      [3, 'line 7: expected 2 fields as in the header, got 3 fields'],
      [4, 'line 8 is not a row of CSV: Invalid Closing Quote: got "x"'],
    ]);
  });

  it('may be empty', async () => {
    const ends = await Promise.all([map(['-e', 'r => r']), map(['-e', 'r => r', '--csv']), map(['-e', 'r => r', '--csv'], 'a,b\n')]);
    expect(ends.map(({ code, output }) => [code, output])).toEqual([
      [0, ''],
      [0, ''],
      [0, ''],
    ]);
  });
});

describe('twinpool map: failed records', () => {
  const thrower = (what: string): string => `r => { if (r.n === 70) ${what}; return r.n; }`;
  const rest = (count: number): string => lines(...Array.from({ length: count }, (_, n) => n).filter((n) => n !== 70));

  it.each([
    ['throw new RangeError("bad")', { name: 'RangeError', message: 'bad' }],
    ['throw Object.assign(new Error("x"), { code: "E_X" })', { name: 'Error', message: 'x', code: 'E_X' }],
    ['throw { a: 1 }', { a: 1 }],
    ['return 1n', { name: 'TypeError', message: 'Do not know how to serialize a BigInt' }],
  ])('%s', async (what, error) => {
    const { code, output, errors } = await map(['-e', thrower(what), '--on-error', 'skip'], numbers(100));
    expect([code, output, failuresIn(errors), skipIn(errors)]).toEqual([1, rest(100), [{ index: 70, error }], 100]);
  });

  it('stops at the first one, in order', async () => {
    const { code, output, errors } = await map(['-e', thrower('throw new Error("bad")')], numbers(5_000));
    expect([code, output, skipIn(errors)]).toEqual([1, rest(71), 70]);
    expect(failuresIn(errors).map(({ index }) => index)).toEqual([70]);
  });

  it.each([
    ['exit', 'process.exit(3)'],
    ['abort', 'process.abort()'],
    ['kill', 'process.kill(process.pid, "SIGKILL")'],
  ])('a lost worker is one failed record, and no other record runs twice: %s', async (_name, what) => {
    const log = join(scratchFolder(), 'log');
    const expression = `async (r) => { const { appendFileSync } = await import('node:fs'); appendFileSync(${JSON.stringify(log)}, \`\${r.n} \`); if (r.n === 70) ${what}; return r.n; }`;
    const { code, output, errors } = await command(['map', '-e', expression, '--on-error', 'skip', '--workers', '1', '--chunksize', '40'], {
      input: numbers(100),
    });
    expect([code, output]).toEqual([1, rest(100)]);
    expect(failuresIn(errors)).toMatchObject([{ index: 70, error: { name: 'WorkerLostError', code: 'ERR_TWINPOOL_WORKER_LOST' } }]);
    const ran = readFileSync(log, 'utf8').trim().split(' ').map(Number);
    expect(ran.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  it('a worker that is ended without notice loses one record', async () => {
    const end = 'process.binding("process_methods")._kill(process.pid, 9)';
    const flags = ['--no-deprecation'];
    const args = ['map', '-e', thrower(end), '--on-error', 'skip', '--workers', '1', '--chunksize', '40'];
    const { output, errors } = await command(args, { input: numbers(100), flags });
    expect([output, failuresIn(errors).map(({ index }) => index)]).toEqual([rest(100), [70]]);
  });

  it('--task-timeout and --retries hold for one record', async () => {
    const folder = scratchFolder();
    const once = `r => { if (r.n === 70 && !process.getBuiltinModule('node:fs').existsSync('seen')) { process.getBuiltinModule('node:fs').writeFileSync('seen', ''); process.exit(1); } return r.n; }`;
    const [timeout, retried] = await Promise.all([
      map(['-e', thrower('for (;;)'), '--on-error', 'skip', '--task-timeout', '300'], numbers(100)),
      command(['map', '-e', once, '--retries', '1', '--workers', '1'], { input: numbers(100), cwd: folder }),
    ]);
    expect([timeout.output, failuresIn(timeout.errors)]).toMatchObject([
      rest(100),
      [{ index: 70, error: { code: 'ERR_TWINPOOL_TASK_TIMEOUT' } }],
    ]);
    expect([retried.code, retried.output]).toEqual([0, lines(...Array.from({ length: 100 }, (_, n) => n))]);
  });
});

describe('twinpool map: files', () => {
  it('--skip leaves records out and appends', async () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, 'in'), numbers(10));
    writeFileSync(join(folder, 'out'), 'old\n');
    const files = ['--input', 'in', '--output', 'out'];
    const run = (...args: string[]) => map(['-e', 'r => { if (r.n < 4) throw 0; return r.n; }', ...files, ...args], '', { cwd: folder });
    const appended = await run('--skip', '8');
    expect([readFileSync(join(folder, 'out'), 'utf8'), skipIn(appended.errors)]).toEqual(['old\n8\n9\n', 10]);
    expect(skipIn((await run('--skip', '20')).errors)).toBe(20);
    const replaced = await run();
    expect([readFileSync(join(folder, 'out'), 'utf8'), skipIn(replaced.errors)]).toEqual(['', 0]);
  });

  it('a reader that goes away ends it with 141', async () => {
    const child = started(['map', TASKS, '--kind', 'thread', '--workers', '1']);
    const end = endOf(child);
    child.stdin.write(numbers(10));
    child.stdout.once('data', () => {
      child.stdout.destroy();
      child.stdin.write(numbers(100_000));
    });
    expect((await end).code).toBe(141);
  });

  it('a standard error that was closed is ignored', async () => {
    const child = started([
      'map',
      '-e',
      'r => { if (r.n % 2) throw 0; return r.n; }',
      '--on-error',
      'skip',
      '--kind',
      'thread',
      '--workers',
      '1',
    ]);
    child.stderr.destroy();
    child.stdin.end(numbers(2_000));
    const { code, output } = await endOf(child);
    expect([code, output.split('\n').length]).toEqual([1, 1_001]);
  });
});
