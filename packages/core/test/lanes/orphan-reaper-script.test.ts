/** The shell's program of the orphan reaper, with a `sleep` so long that one which is left behind hangs the test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { SHELL_SCRIPT } from '../../src/lanes/orphan-reaper-script.ts';

const CHANGES = 300;

it.skipIf(process.platform === 'win32')('ends at once, at whatever moment the list of workers changes', async () => {
  const script = SHELL_SCRIPT.replace(/^( *)sleep [\d.]+ &/m, '$1sleep 3600 &');
  expect(script).not.toBe(SHELL_SCRIPT);
  const shell = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'] });
  shell.stdout.resume();
  // No such process: nothing is signalled but the loop that looks.
  const pid = 2 ** 22 + 1;
  for (let change = 0; change < CHANGES; change++) shell.stdin.write(`+ ${pid} 500\n- ${pid}\n`);
  shell.stdin.end();
  expect(await once(shell, 'close')).toEqual([0, null]);
});
