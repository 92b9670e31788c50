/** Tests the start and end of programs with an executor, in addition to CPython's tests (cpython/test_shutdown.test.ts). */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PATIENCE } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { expect } from 'vitest';

const PROGRAM = fileURLToPath(new URL('fixtures/program.mjs', import.meta.url));
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const SELF_SUBMITTING = fileURLToPath(new URL('fixtures/self-submitting.mjs', import.meta.url));

/** The standard output of a program that must end with code 0 and without output on standard error. */
async function run(scenario: string, kind: string, program: string = PROGRAM): Promise<string> {
  const options = { timeout: PATIENCE };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, scenario, kind], options);
  expect(stderr).toBe('');
  return stdout.trim().split('\n').join(' ');
}

describe.each(['process', 'thread'])('%s', (kind) => {
  test('an idle or unused executor does not keep it alive [C-17] [T-9]', async () => {
    expect(await run('idle', kind)).toBe('apple');
    expect(await run('unused', kind)).toBe('nothing');
  });

  test('failures that are never read are silent [C-3]', async () => {
    expect(await run('failed', kind)).toBe('apple');
  });

  test('a module may submit its own function while it is evaluated [D-38] [E-18]', async () => {
    expect(await run(kind, '', SELF_SUBMITTING)).toBe('42');
  });

  test('an executor that a module exports works in the program, and in tasks of that module [R42]', async () => {
    expect(await run(kind, '', fixture('uses-shared.mjs'))).toBe('42');
  });

  test('an executor is refused at its first use while a worker imports its module, and names the guard [R42]', async () => {
    const output = await run(kind, '', fixture('uses-at-import.mjs'));
    expect(output).toBe('NestedBootstrapError true NestedBootstrapError true 42');
  });

  test('nor does an endless map without a reader', async () => {
    expect(await run('lazily', kind)).toBe('0');
  });
});

test('executors in tasks of executors in tasks, and so on: ten deep it is taken for endless [C-19] [D-46]', async () => {
  expect(await run('descend', 'thread')).toBe('10 ERR_TWINPOOL_NESTED_BOOTSTRAP');
}, 30_000);
