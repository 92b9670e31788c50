// Tests taskFunctionOf: one object per function, no throw, and one object for all instances of an inline function in a loop.

import { TaskSerializationError, taskRef } from '@twinpool/core';
import { taskFunctionOf } from '@twinpool/core/facade';
import { describe, expect, test } from 'vitest';
import { fixtures } from './programs.ts';

type TaskFunction = ReturnType<typeof taskFunctionOf>;

const tasks = new URL('esm/tasks.mjs', fixtures);

async function settled(task: unknown): Promise<TaskFunction> {
  const made = taskFunctionOf(task);
  await made.settled;
  return made;
}

describe('quick refusals', () => {
  test.each([
    ['a number', 1, 'got number'],
    ['a string', 'square', 'got string'],
    ['nothing', undefined, 'got undefined'],
    ['null', null, 'got null'],
    ['an object', { call: 1 }, 'got an object ([object Object])'],
    ['a native function', Math.sqrt, 'it is a native function; pass a function that calls it'],
    ['a bound function', ((x: number) => x).bind(undefined), 'it is a bound function; pass a function that calls it, and the bound values'],
    [
      'a bound function without a name',
      (
        () => (x: number) =>
          x
      )()
        .bind(undefined)
        .bind(undefined),
      'This function cannot be sent',
    ],
    ['a proxy', new Proxy((x: number) => x, {}), 'it is a proxy; pass a function that calls it'],
    ['a revoked proxy', revoked(), 'it is a proxy'],
    ['a class', class Shape {}, 'it is a class; pass a function that uses it'],
    [
      'a generator function',
      function* () {
        yield 1;
      },
      'it is a generator function',
    ],
    ['an object that throws', new Proxy({}, { getOwnPropertyDescriptor: () => missing() }), 'looking it up failed'],
  ])('%s', (_, task, message) => {
    const made = taskFunctionOf(task);
    expect(made.state).toBe('refused');
    expect(made.descriptor).toBeUndefined();
    expect(made.error).toBeInstanceOf(TaskSerializationError);
    expect(made.error?.message).toContain(message);
  });

  test('a function whose name cannot be read is not refused', async () => {
    const odd = Object.defineProperty((x: number) => x + 33, 'name', { get: () => missing() });
    expect(await settled(odd)).toMatchObject({ state: 'found', descriptor: { kind: 'source' } });
  });

  function missing(): never {
    throw new Error('missing');
  }

  function revoked(): unknown {
    const { proxy, revoke } = Proxy.revocable(() => 1, {});
    revoke();
    return proxy;
  }
});

describe('references', () => {
  test('are found without a search, and equal ones are one task', () => {
    const first = taskFunctionOf(taskRef(tasks, 'square'));
    expect(first).toMatchObject({ state: 'found', name: 'square', descriptor: { kind: 'module', url: tasks.href, exportName: 'square' } });
    expect(taskFunctionOf(taskRef(tasks.href, 'square'))).toBe(first);
    expect(taskFunctionOf(taskRef(tasks, 'name'))).not.toBe(first);
  });

  test('a static method is named with its class', () => {
    expect(taskFunctionOf(taskRef(tasks, 'Shape.area'))).toMatchObject({
      name: 'Shape.area',
      descriptor: { exportName: 'Shape', member: 'area' },
    });
  });

  test.each(['data:text/javascript,0', 'blob:nodedata:0', 'http://localhost/x.js', 'node:fs', './tasks.js', 'tasks'])(
    '%s is refused',
    (url) => {
      const { state, error } = taskFunctionOf(taskRef(url, 'task'));
      expect(state).toBe('refused');
      expect(error).toBeInstanceOf(TaskSerializationError);
      expect(error?.message).toContain('taskRef');
    },
  );

  test.each(['', '__proto__', 'constructor', 'then', 'Shape.constructor'])('the name %j is refused', (name) => {
    expect(taskFunctionOf(taskRef(tasks, name)).error).toBeInstanceOf(TaskSerializationError);
  });

  test('wrong types are refused, and do not throw', () => {
    expect(taskFunctionOf(taskRef(1 as never, 'task')).error?.message).toContain('expected a URL or a string');
    expect(taskFunctionOf(taskRef(tasks, 1 as never)).error?.message).toContain('expected the name of an export as a string');
  });
});

describe('identity', () => {
  test('the same function is the same task', async () => {
    const double = (x: number): number => x * 2;
    const made = taskFunctionOf(double);
    expect(made.state).toBe('pending');
    expect(taskFunctionOf(double)).toBe(made);
    await made.settled;
    expect(made.state).toBe('found');
    expect(taskFunctionOf(double)).toBe(made);
  });

  test('an inline function in a loop is one task, without a search from the second turn on', async () => {
    const first = await settled((x: number) => x * 3);
    for (let turn = 0; turn < 3; turn++) expect(taskFunctionOf((x: number) => x * 3)).toBe(first);
  });

  test('also while the first one is being searched', async () => {
    const made = Array.from({ length: 100 }, () => taskFunctionOf((x: number) => x * 5 - 1));
    await Promise.all(made.map((one) => one.settled));
    expect(new Set(made.map((one) => one.id)).size).toBe(1);
    expect(made.every((one) => one.state === 'found')).toBe(true);
  });

  test('also if it uses globals, or import()', async () => {
    const make = (): unknown[] => [(x: number) => new Map([[x, x]]), async () => import('node:path')];
    const first = await Promise.all(make().map(settled));
    const second = make().map(taskFunctionOf);
    expect(second.map((one, index) => one === first[index])).toEqual([true, true]);
  });

  test('the same text at two positions is two tasks if a name in it means two things', async () => {
    const first = await settled((fn: () => void) => queueMicrotask(fn));
    const { state, error } = await (async () => {
      const queueMicrotask = (fn: () => void): void => fn();
      return settled((fn: () => void) => queueMicrotask(fn));
    })();
    expect(first.state).toBe('found');
    expect(state).toBe('refused');
    expect(error?.message).toContain('`queueMicrotask`');
  });

  test('closures of one text are refused one by one', async () => {
    const make = (factor: number) => [(x: number) => x * factor, (x: number) => x * factor];
    const made = await Promise.all(make(2).map(settled));
    expect(made.map((one) => one.state)).toEqual(['refused', 'refused']);
  });

  test('ids are small and increase with use', async () => {
    const [a, b] = [await settled((x: number) => x + 101), await settled((x: number) => x + 102)];
    const { id } = a;
    expect(Number.isInteger(id) && id > 0).toBe(true);
    expect(b.id).toBe(id + 1);
  });
});

test('a program that makes functions without end does not keep their sources', async () => {
  const functions: (() => unknown)[] = new Function(`return [${Array.from({ length: 1_100 }, (_, index) => `() => ${index}`)}]`)();
  const made = await Promise.all(functions.map(settled));
  const copyOf = (task: unknown): unknown => new Function(`return ${task}`)();
  expect(taskFunctionOf(copyOf(functions.at(-1)))).toBe(made.at(-1));
  expect(taskFunctionOf(copyOf(functions[0]))).not.toBe(made[0]);
});

test('no global is added', async () => {
  const before = Object.getOwnPropertyNames(globalThis);
  await settled((x: number) => x - 77);
  expect(Object.getOwnPropertyNames(globalThis)).toEqual(before);
});
