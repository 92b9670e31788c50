/** Tests whole programs: when they end, what they leave when they are killed, and that none of them forks without end. */
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { taskRef, WorkerRuntime } from '@twinpool/core';
import { childrenOf, isRunning, makeGate, outcome, type Program, runNode, runProgram, until, within } from '@twinpool/testkit';
import { describe, isWhole, it } from '@twinpool/testkit/sample';
import { place, square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { KINDS, open } from './workplace.ts';

const programs = new URL('../fixtures/programs/', import.meta.url);
const modules = new URL('../fixtures/modules/', import.meta.url);
const run = (file: string, ...args: readonly string[]): Program => runProgram(new URL(file, programs), args);

describe.each(KINDS)('a program with workers: %s', (kind) => {
  it.each(['unused', 'starts at once', 'used', 'rested', 'closed', 'used at its end', 'starts and is used at its end'])(
    'ends when it has nothing to do: %s [F-90]',
    async (how) => {
      const program = run('ends-by-itself.mjs', kind, how);
      expect(await program.end()).toEqual({ code: 0, signal: null });
      expect(program.output).toContain('the end of the program');
      expect(program.errors).toBe('');
      if (kind === 'process') await until(() => program.numbers('workers').every((pid) => !isRunning(pid)), 'its workers are gone');
    },
  );

  it('stays while work is open [F-73] [F-91]', async () => {
    const program = run('waits-for-work.mjs', kind);
    expect(await program.end()).toEqual({ code: 0, signal: null });
    expect(program.output.split('\n').filter(Boolean)).toEqual(['submitted', 'done: first', 'done: second']);
  });

  it('works when it is given by node -e, and is not run again in its workers', async () => {
    const code = `import { open } from '${new URL('workplace.mjs', programs).href}';
      console.log('started');
      const { call, attachment } = open('${kind}', 1);
      console.log(await call((x) => x + 1, 41));
      await attachment.terminate(new Error('over'));`;
    const program = runNode(['--input-type=module', '-e', code], programs);
    expect(await program.end()).toEqual({ code: 0, signal: null });
    expect(program.output).toBe('started\n42\n');
  });

  it('works when it comes on standard input', async () => {
    const code = `import { open } from '${new URL('workplace.mjs', programs).href}';
      console.log('started');
      const { call, attachment } = open('${kind}', 1);
      console.log(await call((x) => x + 1, 41));
      await attachment.terminate(new Error('over'));`;
    const program = runNode(['--input-type=module'], programs, code);
    expect(await program.end()).toEqual({ code: 0, signal: null });
    expect(program.output).toBe('started\n42\n');
  });

  it('starts workers without the inspector it was started with [F-60]', async () => {
    const code = `import { open } from '${new URL('workplace.mjs', programs).href}';
      const { call, attachment } = open('${kind}', 2);
      const urls = await Promise.all([1, 2].map(() => call(async () => (await import('node:inspector')).url() ?? 'none')));
      console.log(urls.join(' '));
      await attachment.terminate(new Error('over'));`;
    const program = runNode(['--inspect=127.0.0.1:0', '--input-type=module', '-e', code], programs);
    expect((await program.end()).code).toBe(0);
    if (kind === 'process') expect(program.output).toBe('none none\n');
    expect(program.errors.match(/Debugger listening/g)).toHaveLength(1);
  });

  it('that is its own task module gets an error, and starts no workers in its workers [F-50]', async () => {
    const program = run('unguarded.mjs', kind);
    expect((await program.end()).code).toBe(0);
    expect(program.output).toContain('ERR_TWINPOOL_NESTED_BOOTSTRAP');
    expect(program.output).toMatch(/isWorker/);
  });

  it('that is its own task module works when its top level is guarded', async () => {
    const program = run('guarded.mjs', kind);
    expect((await program.end()).code).toBe(0);
    expect(program.output).toBe('value: 6\n');
  });

  it('that starts workers in a preload does not fork without end [F-61]', async () => {
    const preload = new URL('preload.mjs', programs).href;
    const program = runNode(['--import', preload, '-e', 'setTimeout(() => {}, 10)'], programs, '', { PRELOAD_KIND: kind });
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, childrenOf(program.pid).length);
    }, 5);
    try {
      expect((await program.end()).code).toBe(0);
    } finally {
      clearInterval(watch);
    }
    expect(program.output).toMatch(/refused: ERR_TWINPOOL_NESTED_BOOTSTRAP|value: preloaded/);
    expect(most).toBeLessThanOrEqual(4);
  });

  it('that runs out of descriptors gets an error, and works again when descriptors are available [F-58]', async () => {
    const program = runNode(['-e', limited('no-descriptors.mjs', kind)], programs);
    expect((await program.end()).code).toBe(0);
    expect(program.output).toContain('hoarded: EMFILE');
    expect(program.output).toMatch(/broken: .* after a while|value: 4/);
    expect(program.output).toContain('healed: 9');
  });

  it.each(['worker', 'function'])('that has no descriptor for its first %s works when it has some [R21]', async (when) => {
    const program = runNode(['-e', limited('no-descriptors-at-first.mjs', kind, when)], programs);
    expect((await program.end()).code).toBe(0);
    expect(program.output).toMatch(/during: (2|ERR_TWINPOOL_TASK_SERIALIZATION|undefined)\nthe same function: 2\nanother one: 6\n/);
  });
});

/** Runs it where a process may have few descriptors. */
function limited(file: string, ...args: readonly string[]): string {
  const command = `ulimit -n 60; exec "${process.execPath}" "${new URL(file, programs).pathname}" ${args.join(' ')}`;
  return `const { spawnSync } = require('node:child_process');
    const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', ${JSON.stringify(command)}], { encoding: 'utf8', timeout: 30_000 });
    console.log(stdout, stderr); process.exitCode = status ?? 1;`;
}

describe('when a program dies, its worker processes end, too:', () => {
  const deaths = ['idle', 'async', 'loop', 'stopped'].flatMap((busy) => ['SIGKILL', 'exit', 'throw'].map((end) => [busy, end] as const));

  it.each(deaths)('%s workers, %s [F-86] [F-87] [F-88]', async (busy, end) => {
    const gate = makeGate();
    const program = run('dies.mjs', busy, end, gate.path);
    await program.printed('ready');
    const workers = program.numbers('workers');
    expect(workers.length).toBeGreaterThanOrEqual(1);
    if (end === 'SIGKILL') process.kill(program.pid, 'SIGKILL');
    const { code, signal } = await program.end();
    expect(end === 'SIGKILL' ? signal : code).toBe({ SIGKILL: 'SIGKILL', exit: 3, throw: 1 }[end]);
    await until(() => workers.every((pid) => !isRunning(pid)), `the workers ${workers.join(', ')} are gone`);
  });
});

describe('a worker process', () => {
  it('has no descriptors of the program but its own six', async () => {
    const canary = openSync(new URL(import.meta.url), 'r');
    try {
      const work = open('process', 1);
      const { pid } = await work.call(place);
      const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
      expect(links.filter((target) => target.endsWith('programs.test.ts'))).toEqual([]);
      expect(links.filter((target) => target.startsWith('socket:')).length).toBeLessThanOrEqual(6);
    } finally {
      closeSync(canary);
    }
  });

  it('has a group of its own, so that Ctrl-C is the program’s to answer [F-89]', async () => {
    const work = open('process', 1);
    const { pid } = await work.call(place);
    const groupOf = (of: number | string) => readFileSync(`/proc/${of}/stat`, 'utf8').split(') ')[1]?.split(' ')[2];
    expect(groupOf(pid)).toBe(String(pid));
    expect(groupOf(pid)).not.toBe(groupOf('self'));
  });
});

describe.each(KINDS)('pools in pools: %s', (kind) => {
  it('workers started at the top level of a task module are refused, and the refusal says what to do', async () => {
    const work = open(kind, 1);
    const settled = await outcome(work.call(taskRef(new URL('starts-workers.mjs', modules), 'task')));
    expect(settled.ok).toBe(false);
    if (settled.ok) return;
    const chain = [settled.error, (settled.error as Error).cause] as { code?: string; message: string }[];
    expect(chain.map((error) => error?.code)).toContain('ERR_TWINPOOL_NESTED_BOOTSTRAP');
    expect(chain.map((error) => error?.message).join()).toMatch(/isWorker/);
    expect(await outcome(work.call(square, 2))).toEqual({ ok: true, value: 4 });
  });

  it('a runtime at the top level of a task module is refused with its first use there, and serves tasks [R42]', async () => {
    const work = open(kind, 1);
    const use = taskRef<(x: number) => Promise<unknown>>(new URL('lazy-runtime.mjs', modules), 'use');
    expect(await outcome(work.call(use, 41))).toEqual({ ok: true, value: ['ERR_TWINPOOL_NESTED_BOOTSTRAP', 42] });
  });

  it('a task may make and use one of its own', async () => {
    const work = open(kind, 1);
    const nest = taskRef<(kind: string, levels: number) => Promise<{ depth: number }>>(new URL('nested.mjs', modules), 'nest');
    expect(await outcome(work.call(nest, kind, 2))).toEqual({ ok: true, value: { depth: 2 } });
  });

  it.runIf(isWhole)('that nest without end are stopped [F-49]', async () => {
    const work = open(kind, 1);
    const nest = taskRef<(kind: string, levels: number) => Promise<unknown>>(new URL('nested.mjs', modules), 'nest');
    const settled = await outcome(work.call(nest, kind, 50));
    expect(settled.ok ? settled.value : (settled.error as { code: string }).code).toBe('ERR_TWINPOOL_NESTED_BOOTSTRAP');
    expect(await outcome(work.call(square, 2))).toEqual({ ok: true, value: 4 });
  });

  it('a runtime in the program itself is not nested', async () => {
    const runtime = new WorkerRuntime({ kind });
    await within(runtime.close());
    expect(runtime.stats()).toMatchObject({ workers: 0, lostWorkers: 0 });
  });
});
