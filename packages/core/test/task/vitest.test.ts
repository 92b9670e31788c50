// Tests functions of modules that vitest loaded, which Node's loader does not know: the program imports nothing, the worker confirms.
import { basename } from 'node:path';
import { taskFunctionOf } from '@twinpool/core/facade';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as tasks from '../fixtures/task/vite-tasks.ts';
import { Far, fixtures, placeOf } from './programs.ts';

type TaskFunction = ReturnType<typeof taskFunctionOf>;

const file = new URL('vite-tasks.ts', fixtures).href;

let far: Far;
beforeAll(() => {
  far = new Far();
});
afterAll(() => far.end());

async function found(task: unknown): Promise<TaskFunction> {
  const made = taskFunctionOf(task);
  await made.settled;
  return made;
}

describe('exports', () => {
  test.each([
    ['a function', tasks.base, { exportName: 'base' }, ['/a/b'], 'b3'],
    ['an arrow function with import()', tasks.arrow, { exportName: 'arrow' }, [7], '/73'],
    ['an anonymous default', tasks.default, { exportName: 'default' }, [7], 21],
    ['a static method', tasks.Shape.area, { exportName: 'area', confirm: { source: expect.stringContaining('x + offset') } }, [7], 10],
    ['a function with import.meta', tasks.where, { exportName: 'where' }, [], file],
  ])('%s: by file and name', async (_, task, reference, args, value) => {
    const { descriptor } = await found(task);
    expect(descriptor).toMatchObject({ kind: 'module', url: file, ...reference });
    expect((await far.call(descriptor, ...args)).value).toBe(value);
  });

  test('a checked task: the program parses the arguments, the worker validates the result', async () => {
    const made = await found(tasks.area);
    const args = await made.parseArguments?.([2]);
    expect(args).toEqual([2, 4]);
    expect((await far.call(made.descriptor, ...(args ?? []))).value).toBe(11);
  });

  test('a checked task whose handler is imported: by the file that defines the task', async () => {
    const { descriptor } = await found(tasks.shifted);
    expect(descriptor).toMatchObject({ url: file, exportName: '', parsed: true });
    expect((await far.call(descriptor, 5)).value).toBe(7);
  });

  test('a self-contained one: by source', async () => {
    const { descriptor } = await found(tasks.pure);
    expect(descriptor).toMatchObject({ kind: 'source', name: 'pure', base: file });
    expect((await far.call(descriptor, 7)).value).toBe(49);
  });

  test('a function that is not exported after all: TaskModuleError', async () => {
    const { descriptor } = await found(tasks.hiddenOne());
    const { failure } = await far.call(descriptor, 1);
    expect(failure).toMatchObject({ name: 'TaskModuleError' });
    expect(failure?.message).toContain(`\`hidden\` (${placeOf('vite-tasks.ts', 'function hidden')})`);
    expect(failure?.message).toContain('does not export it');
  });

  test('made by a call: refused', async () => {
    const { error } = await found(tasks.twice((x) => x));
    expect(error?.message).toContain('made by vite-tasks.ts:');
    expect(error?.message).toContain('`fn` (vite-tasks.ts:');
  });
});

describe('inline functions of the test file', () => {
  test('self-contained: by source, without types and with a working bare import()', async () => {
    const { descriptor } = await found(async (path: string): Promise<string> => (await import('node:path')).basename(path));
    expect(descriptor).toMatchObject({ kind: 'source', base: import.meta.url });
    const { value, warnings } = await far.call(descriptor, '/a/b');
    expect(value).toBe('b');
    expect(warnings).toEqual([]);
  });

  test('closures: refused, with the written positions and imported names', async () => {
    const factor = 2;
    const { error } = await found((x: number): string => basename(String(x * factor)));
    expect(error).toMatchObject({ name: 'TaskSerializationError' });
    expect(error?.message).toMatch(/`basename` \(vitest\.test\.ts:\d+:\d+\) and `factor` \(vitest\.test\.ts:\d+:\d+\)/);
    expect(error?.message).not.toContain('__vite');
  });

  test('import.meta and relative imports: refused with the written names', async () => {
    expect((await found(() => import.meta.url)).error?.message).toContain('`import.meta` (vitest.test.ts:');
    expect((await found(() => import('../fixtures/task/vite-tasks.ts'))).error?.message).toContain('is relative to a file');
  });
});
