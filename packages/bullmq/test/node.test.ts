/** `twinpool worker`: its ready line, exit codes, health, logs, drain, and signatures. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProcessPoolExecutor } from '@twinpool/executor';
import { describe, isWhole, it } from '@twinpool/testkit/sample';
import { expect, onTestFinished } from 'vitest';
import * as tasks from './fixtures/cluster-tasks.mjs';
import { command, connect, queueName, sideFile, startNode, TASKS, url } from './nodes.ts';

function makeFile(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-node-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const NOWHERE = 'redis://127.0.0.1:9';

describe.skipIf(url === '' || !isWhole)('twinpool worker', () => {
  it.each<[string, number, () => string[], RegExp]>([
    ['an unknown option', 2, () => ['--qeue', 'x'], /no option --qeue; did you mean --queue\?/],
    ['a missing option', 2, () => ['--queue', 'x'], /--tasks is missing/],
    ['an option given twice', 2, () => ['--queue', 'x', '--queue', 'y'], /--queue is given twice/],
    ['a bad number', 2, () => ['--queue', 'x', '--tasks', TASKS, '--slots', '0'], /--slots: expected a whole number from 1/],
    ['an empty secret', 2, () => ['--queue', 'x', '--tasks', TASKS, '--secret-file', makeFile('secret', '\n')], /is empty/],
    ['tasks that cannot be loaded', 3, () => ['--queue', 'x', '--tasks', makeFile('t.mjs', 'throw new Error("broken")')], /broken/],
    ['tasks without functions', 3, () => ['--queue', 'x', '--tasks', makeFile('t.mjs', 'export const x = 1')], /exports no function/],
    [
      'an engine that is not there',
      4,
      () => ['--queue', 'x', '--tasks', TASKS, '--connection', NOWHERE, '--connect-timeout', '200'],
      /not reached/,
    ],
    ['--check', 0, () => ['--queue', 'x', '--tasks', TASKS, '--connection', url, '--check'], /square/],
  ])('ends with its exit code after %s', async (_what, code, args, message) => {
    const { exited, stderr, stdout } = command(args());
    expect(await exited, stderr()).toBe(code);
    expect(stderr()).toMatch(message);
    expect(stdout()).toBe('');
  });

  it('says that it is ready, serves health and metrics, logs JSON, and drains', async () => {
    const queue = queueName();
    const port = 20_000 + (process.pid % 20_000);
    const node = await startNode(queue, ['--health', `127.0.0.1:${port}`, '--log', 'json', '--kind', 'process']);
    expect(node.ready).toMatchObject({ ready: true, queue, slots: 1, tasks: expect.arrayContaining(['square', 'add']) });
    const get = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return [response.status, await response.text()] as const;
    };
    expect((await get('/healthz'))[0]).toBe(200);
    expect((await get('/readyz'))[0]).toBe(200);
    expect((await get('/else'))[0]).toBe(404);
    const executor = new ProcessPoolExecutor({ runtime: await connect(queue) });
    await executor.submit(tasks.print, 'hello');
    expect((await get('/metrics'))[1]).toMatch(
      /twinpool_slots 1\n[\s\S]*twinpool_running 0\n[\s\S]*twinpool_settled_total 1\n[\s\S]*twinpool_refused_total 0\n/,
    );
    const last = executor.submit(tasks.square, 3);
    expect(await last).toBe(9);
    node.child.kill('SIGTERM');
    expect(await node.exited).toBe(0);
    const lines = node
      .stderr()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; line?: string });
    expect(lines).toContainEqual(expect.objectContaining({ event: 'output', line: 'hello' }));
    expect(lines.at(-1)).toMatchObject({ event: 'ended', handedBack: 0 });
  });

  it('hands back what does not end in time, and another node runs it; a second signal ends it', async () => {
    const queue = queueName();
    const node = await startNode(queue, ['--drain-timeout', '200']);
    const executor = new ProcessPoolExecutor({ runtime: await connect(queue) });
    const file = sideFile();
    const future = executor.submit(tasks.noted, file.path, 7, 1500);
    await file.until(1);
    node.child.kill('SIGTERM');
    const other = startNode(queue);
    expect(await node.exited).toBe(75);
    expect(await future).toBe(49);
    const second = await other;
    const running = executor.submit(tasks.noted, file.path, 8, 60_000);
    running.exception().catch(() => undefined);
    await file.until(3);
    second.child.kill('SIGTERM');
    await second.logged('draining');
    second.child.kill('SIGTERM');
    expect(await second.exited).toBe(137);
  });

  it('runs only jobs that are signed with its secret, and its results only count where they are', async () => {
    const queue = queueName();
    const secret = makeFile('secret', 'a shared secret\n');
    const node = await startNode(queue, ['--secret-file', secret]);
    const signed = new ProcessPoolExecutor({ runtime: await connect(queue, { secret: 'a shared secret' }) });
    expect(await signed.submit(tasks.square, 4)).toBe(16);
    for (const options of [{}, { secret: 'another one' }]) {
      const executor = new ProcessPoolExecutor({ runtime: await connect(queue, options) });
      const error = await executor.submit(tasks.square, 4).exception();
      expect(error).toMatchObject({ message: expect.stringContaining('refused by the node') });
    }
    expect(node.stderr()).toMatch(/refused[\s\S]*not signed[\s\S]*signature is wrong/);
  });
});
