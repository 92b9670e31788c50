// Type tests of tasks. Checked by tsc, not run.

import { type CheckedTask, defineTask, type Task, type TaskReference, taskRef } from '@twinpool/core';
import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';

const url = new URL('../fixtures/task/vite-tasks.ts', import.meta.url);
type Tasks = typeof import('../fixtures/task/vite-tasks.ts');

/** As the facades declare it: functions first, references second. */
declare function apply<A extends readonly unknown[], R>(fn: (...args: A) => R, args: A): Promise<Awaited<R>>;
declare function apply<A extends readonly unknown[], R>(fn: TaskReference<(...args: A) => R>, args: A): Promise<Awaited<R>>;

test('taskRef(url, name)', () => {
  const base = taskRef<Tasks['base']>(url, 'base');
  expectTypeOf(base).toEqualTypeOf<TaskReference<(path: string) => string>>();
  expectTypeOf(apply(base, ['/a'])).toEqualTypeOf<Promise<string>>();
  // @ts-expect-error the function takes a string
  void apply(base, [1]);
  expectTypeOf(taskRef<Tasks['arrow']>(url.href, 'arrow')).toEqualTypeOf<TaskReference<(x: number) => Promise<string>>>();
  expectTypeOf(apply(taskRef<Tasks['arrow']>(url, 'arrow'), [1])).toEqualTypeOf<Promise<string>>();
  expectTypeOf(apply(taskRef(url, 'any'), [1, 'x'])).toEqualTypeOf<Promise<unknown>>();
  // @ts-expect-error the name is a string
  taskRef(url, 1);
});

test('taskRef(url): a reference per exported function, nothing else', () => {
  const tasks = taskRef<Tasks>(url);
  expectTypeOf(tasks.base).toEqualTypeOf<TaskReference<(path: string) => string>>();
  expectTypeOf(tasks.default).toEqualTypeOf<TaskReference<(x: number) => number>>();
  expectTypeOf(apply(tasks.area, [2])).toEqualTypeOf<Promise<number>>();
  // @ts-expect-error a class is not a task
  void tasks.Shape;
  // @ts-expect-error there is no such export
  void tasks.nothing;
});

test('defineTask: callers pass the input, the function gets the output', () => {
  const area = defineTask(
    { input: z.tuple([z.number(), z.string().transform(Number).default(4)]), output: z.number().transform(String) },
    (w, h) => {
      expectTypeOf(w).toEqualTypeOf<number>();
      expectTypeOf(h).toEqualTypeOf<number>();
      return w * h;
    },
  );
  expectTypeOf(area).toExtend<CheckedTask<[number, (string | undefined)?], string>>();
  expectTypeOf(area(1, '2')).toEqualTypeOf<Promise<string>>();
  expectTypeOf(apply(area, [1])).toEqualTypeOf<Promise<string>>();
  // @ts-expect-error the first argument is a number
  void area('1');
  // @ts-expect-error the result must be a number
  defineTask({ input: z.tuple([]), output: z.number() }, () => 'x');
  // @ts-expect-error the input is a schema of all arguments
  defineTask({ input: z.number() }, () => 1);
});

test('defineTask without output: the result is the function’s, awaited', () => {
  const plain = defineTask({ input: z.array(z.number()) }, async (...xs) => xs.length);
  expectTypeOf(plain).toExtend<CheckedTask<number[], number>>();
  expectTypeOf(plain(1, 2, 3)).toEqualTypeOf<Promise<number>>();
});

test('Task takes all three', () => {
  expectTypeOf<(x: number) => string>().toExtend<Task<[number], string>>();
  expectTypeOf<(x: number) => Promise<string>>().toExtend<Task<[number], string>>();
  expectTypeOf<TaskReference<(x: number) => string>>().toExtend<Task<[number], string>>();
  expectTypeOf<CheckedTask<[number], string>>().toExtend<Task<[number], string>>();
  expectTypeOf<(x: string) => string>().not.toExtend<Task<[number], string>>();
  expectTypeOf<(a: number, b: string) => void>().toExtend<Task>();
  expectTypeOf<number>().not.toExtend<Task>();
});
