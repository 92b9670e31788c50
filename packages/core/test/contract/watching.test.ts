/** Tests the reaper, which watches worker processes from outside the program, and the end of idle workers. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { block, childrenOf, isRunning, makeGate, type Program, runProgram, until } from '@twinpool/testkit';
import { describe, isWhole, it } from '@twinpool/testkit/sample';
import { square } from '@twinpool/testkit/tasks';
import { expect, onTestFinished } from 'vitest';
import { reaperEnds, watchOver } from '../../src/lanes/orphan-reaper.ts';
import { KINDS, open, Terminated } from './workplace.ts';

const programs = new URL('../fixtures/programs/', import.meta.url);
const WITHOUT_SHELL = ['--import', new URL('without-shell.mjs', programs).href];
const SHELLS = [
  ['with /bin/sh', []],
  ['without /bin/sh', WITHOUT_SHELL],
] as const;
const BOUND = 30_000;
const run = (file: string, args: readonly string[], execArgv: readonly string[] = []): Program =>
  runProgram(new URL(file, programs), args, execArgv);
const stateOf = (pid: number): string | undefined => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.[0];
  } catch {
    return undefined;
  }
};
/** The program has started the reaper and, as its event loop has turned since, has told it the workers. Without a shell it starts late. */
async function reaperKnows(program: Program, workers: number): Promise<void> {
  await until(() => childrenOf(program.pid).length > workers, 'the reaper runs', BOUND);
  process.kill(program.pid, 'SIGUSR2');
  await program.printed('turned', BOUND);
}
/** Includes zombies. */
const everyChild = (): string[] =>
  readdirSync('/proc/self/task').flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, 'latin1').split(' ').filter(Boolean));

describe.each(SHELLS)('%s', (_title, execArgv) => {
  it.each(['idle', 'async', 'loop', 'stopped'])('%s workers do not outlive a program that is killed [R14]', async (busy) => {
    const gate = makeGate();
    const program = run('dies.mjs', [busy, 'SIGKILL', gate.path], execArgv);
    await program.printed('ready', BOUND);
    const workers = program.numbers('workers');
    expect(workers.length).toBeGreaterThanOrEqual(1);
    await reaperKnows(program, workers.length);
    // The reaper that was started last reads all its messages before it sees the end of the pipe.
    process.kill(program.pid, 'SIGKILL');
    await program.end();
    await until(() => workers.every((pid) => !isRunning(pid)), `the workers ${workers.join(', ')} are gone`, BOUND);
  });

  it.runIf(isWhole)('workers stop with the program and continue with it, and no time limit counts that time [R25]', async () => {
    const gate = makeGate();
    const program = run('is-stopped.mjs', [gate.path, '3000'], execArgv);
    await program.printed('ready', BOUND);
    const [worker] = program.numbers('workers') as [number];
    await gate.entered(1);
    await reaperKnows(program, 1);
    process.kill(program.pid, 'SIGSTOP');
    await until(() => stateOf(worker) === 'T', 'the worker is stopped', BOUND);
    // Longer than the task's limit.
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    expect(stateOf(worker)).toBe('T');
    process.kill(program.pid, 'SIGCONT');
    await until(() => stateOf(worker) !== 'T', 'the worker continues', BOUND);
    gate.open();
    expect(await program.end(BOUND)).toEqual({ code: 0, signal: null });
    expect(program.output).toContain('value: in time');
    expect(isRunning(worker)).toBe(false);
  });

  it('what runs on when the program continues is ended by its limit [R25]', async () => {
    const gate = makeGate();
    const program = run('is-stopped.mjs', [gate.path, '1000'], execArgv);
    await program.printed('ready', BOUND);
    const [worker] = program.numbers('workers') as [number];
    await gate.entered(1);
    await reaperKnows(program, 1);
    process.kill(program.pid, 'SIGSTOP');
    await until(() => stateOf(worker) === 'T', 'the worker is stopped', BOUND);
    process.kill(program.pid, 'SIGCONT');
    expect(await program.end(BOUND)).toEqual({ code: 0, signal: null });
    expect(program.output).toContain('error: TaskTimeoutError');
  });
});

describe('an idle worker exits in an orderly way, so that its exit listeners run:', () => {
  const ends = ['terminate', 'close', 'nothing to do', 'exit', 'SIGKILL'];
  // Threads are in the program: they have no time when it has none.
  const cases = KINDS.flatMap((kind) => (kind === 'process' ? ends : ends.slice(0, 3)).map((end) => [kind, end] as const));
  it.each(cases)('%s, %s [R24]', async (kind, end) => {
    const gate = makeGate();
    const program = run('leaves-marks.mjs', [kind, end, gate.path]);
    const { code, signal } = await program.end(BOUND);
    expect(end === 'SIGKILL' ? signal : code).toBe(end === 'SIGKILL' ? 'SIGKILL' : 0);
    // Where there is time, it has left before the program has ended.
    if (end !== 'exit' && end !== 'SIGKILL') expect(gate.labels()).toEqual(['left']);
    else await until(() => gate.labels().join() === 'left', 'the mark of its end', BOUND);
    expect(program.errors).toBe('');
  });

  it('and one that does not leave is ended after killGrace [R24]', async () => {
    const work = open('process', { processes: 1, killGrace: 100 });
    const pid = await work.call(() => {
      process.on('exit', () => {
        for (;;);
      });
      return process.pid;
    });
    await work.attachment.terminate(new Terminated('terminated'));
    expect(isRunning(pid)).toBe(false);
  });
});

describe('nothing is left of what watches,', () => {
  it.each(['terminate', 'close'])('not even to be waited for: %s [R43]', async (how) => {
    const before = everyChild();
    const work = open('process', 2);
    await Promise.all([1, 2, 3].map((x) => work.call(square, x)));
    if (how === 'close') {
      work.attachment.close();
      await work.attachment.leave();
    } else await work.attachment.terminate(new Terminated('terminated'));
    expect(everyChild().filter((pid) => !before.includes(pid))).toEqual([]);
  });
});

describe('the limit of its end', () => {
  it('is not judged before its end was read: a program that was blocked meanwhile', async () => {
    const before = everyChild();
    const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    const gone = new Promise((resolve) => child.once('exit', resolve));
    const watching = watchOver({ pid: child.pid as number, grace: 0, isBusy: () => false });
    child.kill();
    await gone;
    watching();
    // Longer than its end may take.
    block(1_500);
    await reaperEnds();
    expect(everyChild().filter((pid) => !before.includes(pid))).toEqual([]);
  });
});

describe.runIf(process.getuid?.() === 0)('a program that gives up its rights', () => {
  it.each([
    ['idle', 'a reaper'],
    ['busy', 'a reaper'],
    ['idle', 'no reaper'],
    ['busy', 'no reaper'],
  ])('ends its workers all the same: %s, %s [R26]', async (busy, reaper) => {
    const gate = makeGate();
    const program = run('gives-up-rights.mjs', [busy, reaper, gate.path]);
    await program.printed('workers', BOUND);
    const [worker] = program.numbers('workers') as [number];
    onTestFinished(() => {
      if (isRunning(worker)) process.kill(worker, 'SIGKILL');
    });
    await program.printed('told', BOUND);
    if (reaper === 'a reaper' || busy === 'idle') expect(isRunning(worker)).toBe(false);
    expect(await program.end(BOUND)).toEqual({ code: 0, signal: null });
    gate.open();
    await until(() => !isRunning(worker), 'the worker is gone', BOUND);
  });
});
