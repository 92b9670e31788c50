/** Tests what the error of a lost task says of the worker and of the task. */
import { expect, it } from 'vitest';
import { WorkerExit } from '../../src/lanes/worker-exit.ts';

const WHO = { id: 3, index: 1, name: 'worker', kind: 'process', pid: 4711, threadId: undefined };

function lost(isVague: boolean): Error {
  const exit = new WorkerExit();
  exit.ended({ exitCode: null, signal: 'SIGKILL' }, 1050);
  return exit.lossError(WHO, 'resize', { since: 1000, isVague }, undefined);
}

it('says how long the task had been running that was lost alone', () => {
  expect(lost(false).message).toMatch(
    /^worker 3 \(process 4711\) was lost while it ran task 'resize', which had begun 50 ms before: .*SIGKILL/,
  );
});

it('says that a task may have started where that is not known', () => {
  expect(lost(true).message).toMatch(/^worker 3 \(process 4711\) was lost with task 'resize', which had or may have started: .*SIGKILL/);
});
