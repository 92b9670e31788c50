// Tests defineTask: which values are validated and when, with any Standard Schema.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { TaskValidationError } from '../../src/errors.ts';
import { type ArgumentsSchema, callParsed, checkedParts, defineTask, parseArguments } from '../../src/tasks/definition/checked-task.ts';
import type { StandardSchema } from '../../src/tasks/definition/standard-schema.ts';

const area = defineTask({ input: z.tuple([z.number(), z.number().default(4)]), output: z.number().max(100) }, (w, h) => w * h);

describe('called directly', () => {
  test('the function gets the parsed arguments', async () => {
    expect(await area(2, 3)).toBe(6);
    expect(await area(2)).toBe(8);
  });

  test('wrong arguments and results: TaskValidationError with the issues', async () => {
    await expect(area('2' as never)).rejects.toThrow(TaskValidationError);
    await expect(area('2' as never)).rejects.toMatchObject({
      message: expect.stringContaining('The arguments of the task do not fit: [0]: '),
      issues: [{ message: expect.any(String), path: [0] }],
    });
    await expect(area(20, 20)).rejects.toMatchObject({ message: expect.stringContaining('The result of the task does not fit: ') });
  });

  test('a thrown error passes as it is', async () => {
    const failing = defineTask({ input: z.tuple([]) }, () => {
      throw new RangeError('no');
    });
    await expect(failing()).rejects.toThrow(new RangeError('no'));
  });
});

describe('checkedParts', () => {
  test('returns parts only for checked tasks', () => {
    expect(checkedParts(area)).toBeDefined();
    expect(checkedParts(() => 1)).toBeUndefined();
    expect(checkedParts(Object.create(area))).toBeUndefined();
    expect(checkedParts(undefined)).toBeUndefined();
  });

  const partsOf = (task: unknown): NonNullable<ReturnType<typeof checkedParts>> => {
    const parts = checkedParts(task);
    if (parts === undefined) throw new Error('not a checked task');
    return parts;
  };

  test('a synchronous schema returns a value, an asynchronous one a promise', async () => {
    const length = defineTask({ input: z.tuple([z.string().transform(async (text) => text.length)]) }, (n) => n);
    expect(parseArguments(partsOf(area), [2], 'area')).toEqual([2, 4]);
    expect(() => parseArguments(partsOf(area), ['x'], 'area')).toThrow('The arguments of area do not fit');
    const parsed = parseArguments(partsOf(length), ['abc'], 'length');
    expect(parsed).toBeInstanceOf(Promise);
    expect(await parsed).toEqual([3]);
  });

  test('parsed arguments are not parsed again, the result is validated', async () => {
    const seconds = defineTask({ input: z.tuple([z.string().transform(Number)]), output: z.number() }, async (n) => n / 1000);
    expect(await callParsed(partsOf(seconds), [1500], 'seconds')).toBe(1.5);
    await expect(callParsed(partsOf(seconds), ['x'], 'seconds')).rejects.toThrow('The result of seconds does not fit');
    expect(() => callParsed(partsOf(area), [50, 50], 'area')).toThrow(TaskValidationError);
  });
});

test('every Standard Schema works; only message and path of its issues are kept', async () => {
  const even: StandardSchema<[number], [number]> = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => {
        const [first] = value as [number];
        if (first % 2 === 0) return { value: [first] };
        return {
          issues: [{ message: 'odd', path: [{ key: 0 }, Symbol('x')], extra: () => 1 } as { message: string; path: PropertyKey[] }],
        };
      },
    },
  };
  const half = defineTask({ input: even }, (n) => n / 2);
  expect(await half(4)).toBe(2);
  await expect(half(3)).rejects.toMatchObject({ issues: [{ message: 'odd', path: [0, 'Symbol(x)'] }] });
});

test('an input schema that returns no array gives an error with the reason', async () => {
  const odd = defineTask({ input: z.any() as unknown as ArgumentsSchema }, () => 1);
  const wrong = defineTask({ input: z.unknown().transform(() => 1) as unknown as ArgumentsSchema }, () => 1);
  expect(await odd()).toBe(1);
  await expect(wrong()).rejects.toThrow('expected the input schema to return an array of arguments');
});

test('wrong definitions throw at once', () => {
  expect(() => defineTask({ input: {} as never }, () => 1)).toThrow(TypeError);
  expect(() => defineTask({ input: z.tuple([]), output: 1 as never }, () => 1)).toThrow(TypeError);
  expect(() => defineTask({ input: z.tuple([]) }, 1 as never)).toThrow(TypeError);
});
