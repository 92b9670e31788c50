// How whole programs with pools in them end, and what they leave behind.
import { isRunning, runProgram, until } from '@twinpool/testkit';
import { test } from '@twinpool/testkit/sample';
import { expect } from 'vitest';

const program = (name: string, execArgv: readonly string[] = []) =>
  runProgram(new URL(`./fixtures/programs/${name}.mjs`, import.meta.url), [], execArgv);

test('test_worker_finalization_via_atexit_handler_of_multiprocessing: a pool that is never closed does not keep a program alive [B-188] [P-LIFE-9] [D-18]', async () => {
  const running = program('idle');
  expect(await running.end()).toEqual({ code: 0, signal: null });
  const [pid] = running.numbers('worker');
  await until(() => !isRunning(pid as number), 'the worker is gone');
  expect(running.errors).toBe('');
});

test('open work keeps the program alive until it is done', async () => {
  const running = program('busy');
  expect([await running.end(), running.output, running.errors]).toEqual([{ code: 0, signal: null }, 'late\n', '']);
});

test('a time limit with a waiting caller fires', async () => {
  const running = program('deadline');
  await running.end();
  expect(running.output).toBe('TimeoutError\nTimeoutError\nwaited\n');
});

test('an iterator that stopped at an error lets the program end', async () => {
  const running = program('paused');
  expect([await running.end(), running.output]).toEqual([{ code: 0, signal: null }, '0\n1\nTypeError\n']);
});

test('test_resource_warning: a running pool that is forgotten is reported, once, and closed; what it accepted finishes [B-179] [P-LIFE-8]', async () => {
  const running = program('forgotten', ['--expose-gc']);
  expect([await running.end(30_000), running.output]).toEqual([{ code: 0, signal: null }, 'ResourceWarning TWINPOOL_UNCLOSED\n49 2\n']);
});

test('test_pool_in_process: in a child process; a task may use a pool of its own [B-192] [P-LIFE-11]', async () => {
  const running = program('nested');
  expect([await running.end(30_000), running.output]).toEqual([{ code: 0, signal: null }, '[ 6, 10 ]\n']);
});

test('test_noforkbomb: a pool at the top level of the tasks’ module does not fork without end [B-201]', async () => {
  const running = program('fork-bomb');
  expect([await running.end(30_000), running.output]).toEqual([{ code: 0, signal: null }, 'TaskModuleError NestedBootstrapError\n']);
});

test('test_pool_in_process, cfimport, pool_in_threads: pools in threads of the program, at once, and at the top level of the entry [B-192] [B-216]', async () => {
  const running = program('in-threads');
  const squares = [
    [1, 4, 9],
    [1, 4, 9],
  ];
  expect([await running.end(30_000), JSON.parse(running.output)]).toEqual([{ code: 0, signal: null }, [squares, squares, [2]]]);
});

test('test_error_on_stdio_flush: what tasks print is there, whole, when the pool has ended [B-197]', async () => {
  const running = program('prints');
  expect([await running.end(30_000), running.errors]).toEqual([{ code: 0, signal: null }, '']);
  await until(() => running.child.stdout?.closed === true, 'the end of the output');
  const lines = running.output.split('\n').filter((line) => /^line \d+ x{100}$/.test(line));
  expect([lines.length, running.output.length]).toEqual([1000, 109_780]);
});

test('test_flags: workers are started with the flags that they need [B-207]', async () => {
  const preload = new URL('./fixtures/mains/preload.mjs', import.meta.url).href;
  const running = program('flags', ['--conditions=custom', '--max-old-space-size=512', '--import', preload, '--no-deprecation']);
  expect([await running.end(30_000), running.errors]).toEqual([{ code: 0, signal: null }, '']);
  const [processes, threads] = running.output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as [string[], boolean]);
  expect(processes).toEqual([['--conditions=custom', '--max-old-space-size=512'], true]);
  expect(threads?.[1]).toBe(true);
});

test('a program that is killed takes its workers with it [D-20]', async () => {
  const running = program('killed');
  await running.printed('\n');
  const pids = running.numbers('workers');
  expect([pids.length, pids.every(isRunning)]).toEqual([2, true]);
  process.kill(running.pid, 'SIGKILL');
  expect(await running.end()).toEqual({ code: null, signal: 'SIGKILL' });
  await until(() => !pids.some(isRunning), 'the workers are gone');
});
