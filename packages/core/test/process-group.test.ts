/** Which numbers get a signal. Nothing is signalled here: `process.kill` is replaced. */
import process from 'node:process';
import { afterEach, expect, it, vi } from 'vitest';
import { signalGroup } from '../src/lanes/process-group.ts';

afterEach(() => vi.restoreAllMocks());

it.each([1, 0, -1, -5, Number.NaN, 1.5, Number.POSITIVE_INFINITY])('%s is not the number of a worker: nothing gets a signal', (pid) => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  expect(signalGroup(pid, 'SIGKILL')).toBe('gone');
  expect(kill).not.toHaveBeenCalled();
});

it.skipIf(process.platform === 'win32')('the group of a worker gets the signal', () => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  expect(signalGroup(4711, 'SIGTERM')).toBe('sent');
  expect(kill.mock.calls).toEqual([[-4711, 'SIGTERM']]);
});
