// How whole programs with pools in them end, and what they leave behind.
import { isRunning, runProgram, until } from '@twinpool/testkit';
import { expect, test } from 'vitest';

const program = (name: string, execArgv: readonly string[] = []) =>
  runProgram(new URL(`./fixtures/programs/${name}.mjs`, import.meta.url), [], execArgv);

test('a pool that nobody closes keeps no program alive, and its workers end with it', async () => {
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

test('a time limit that somebody waits for fires', async () => {
  const running = program('deadline');
  await running.end();
  expect(running.output).toBe('TimeoutError\nTimeoutError\nwaited\n');
});

test('an iterator that stopped at an error lets the program end', async () => {
  const running = program('paused');
  expect([await running.end(), running.output]).toEqual([{ code: 0, signal: null }, '0\n1\nTypeError\n']);
});

test('a running pool that is forgotten is reported and closed; what it accepted finishes', async () => {
  const running = program('forgotten', ['--expose-gc']);
  expect([await running.end(30_000), running.output]).toEqual([{ code: 0, signal: null }, 'ResourceWarning TWINPOOL_UNCLOSED\n49 2\n']);
});

test('a task may use a pool of its own', async () => {
  const running = program('nested');
  expect([await running.end(30_000), running.output]).toEqual([{ code: 0, signal: null }, '[ 6, 10 ]\n']);
});

test('a pool at the top level of the tasks’ module does not fork without end', async () => {
  const running = program('fork-bomb');
  expect([await running.end(30_000), running.output]).toEqual([{ code: 0, signal: null }, 'TaskModuleError NestedBootstrapError\n']);
});
