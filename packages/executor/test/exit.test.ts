/** How a program with an executor ends: B8, with whole programs. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('fixtures/program.mjs', import.meta.url));

/** Standard output of a program that has to end by itself, with code 0 and without a word on standard error. */
async function run(scenario: string, kind: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [PROGRAM, scenario, kind], { timeout: 15_000 });
  expect(stderr).toBe('');
  return stdout.trim().split('\n').join(' ');
}

describe.each(['process', 'thread'])('%s', (kind) => {
  test('test_interpreter_shutdown, test_del_shutdown: pending work keeps the program alive', async () => {
    expect(await run('pending', kind)).toBe('apple');
    expect(await run('waiting', kind)).toBe('apple apple apple apple');
  });

  test('test_hang_gh83386: shutdown({ wait: false }), and the end of the program', async () => {
    expect(await run('shutdownWithoutWait', kind)).toBe('apple');
  });

  test('test_cancel_futures_wait_false', async () => {
    expect(await run('cancelWithoutWait', kind)).toMatch(/^(apple( apple)?)?$/);
  });

  test('an idle or unused executor does not keep it alive', async () => {
    expect(await run('idle', kind)).toBe('apple');
    expect(await run('unused', kind)).toBe('nothing');
  });

  test('C-3 failures that nobody asks for are silent', async () => {
    expect(await run('failed', kind)).toBe('apple');
  });

  test('nor does an endless map that nobody reads any further', async () => {
    expect(await run('lazily', kind)).toBe('0');
  });
});
