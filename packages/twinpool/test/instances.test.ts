/** [R47] An instance arrives without its methods. The error of a task that calls a missing method names the argument. */
import { Pool, ThreadPool } from 'twinpool';
import { afterAll, describe, expect, it } from 'vitest';

class Point {
  readonly x: number;
  constructor(x: number) {
    this.x = x;
  }
  double(): number {
    return 2 * this.x;
  }
}
class Account {
  readonly owner = 'me';
  readonly #balance: number = 5;
  balance(): number {
    return this.#balance;
  }
}

const NOTE = /^ {4}\(.* was an instance of .*\)$/;

describe.each([
  ['threads', ThreadPool],
  ['processes', Pool],
])('[R47] %s', (_, AnyPool) => {
  const pool = new AnyPool(1);
  afterAll(async () => {
    pool.terminate();
    await pool.join();
  });

  const noteIn = (error: unknown) => (error as Error).stack?.split('\n').find((line) => NOTE.test(line)) ?? '';

  it.each<readonly [string, (arg: never) => unknown, unknown, string]>([
    [
      'itself',
      (point: Point) => point.double(),
      new Point(1),
      'argument 1 was an instance of Point: the worker has its own fields, without its methods',
    ],
    ['a field', ({ at }: { at: Point }) => at.double(), { at: new Point(1) }, 'argument 1.at was an instance of Point'],
    ['an item', (points: Point[]) => (points[1] as Point).double(), [{}, new Point(1)], 'argument 1[1] was an instance of Point'],
    ['private fields', (account: Account) => account.balance(), new Account(), 'without its methods and its private fields'],
    ['in an async task', async (point: Point) => point.double(), new Point(1), 'argument 1 was an instance of Point'],
  ])('a missing method is explained: %s', async (_what, task, arg, note) => {
    const error = (await pool.applyAsync(task as (arg: unknown) => unknown, [arg]).exception()) as TypeError;
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/^\S+ is not a function$/);
    expect(noteIn(error)).toMatch(NOTE);
    expect(noteIn(error)).toContain(note);
    expect(Object.keys(error)).toEqual([]);
  });

  it('says which of many arguments, and which item of a map', async () => {
    const second = await pool.applyAsync((_a: number, b: Point) => b.double(), [1, new Point(2)]).exception();
    expect(noteIn(second)).toContain('argument 2 was an instance of Point');
    const mapped = await pool.mapAsync((point: Point) => point.double(), [new Point(1), new Point(2)]).exception();
    expect(noteIn(mapped)).toContain('argument 1 was an instance of Point');
    const streamed = await pool
      .imap((point: Point) => point.double(), [new Point(1)])
      .next()
      .catch((error) => error);
    expect(noteIn(streamed)).toContain('argument 1 was an instance of Point');
  });

  it.each<readonly [string, (arg: never) => unknown, unknown]>([
    ['without an instance', (plain: { double(): number }) => plain.double(), { x: 1 }],
    [
      'of another kind',
      (_point: Point) => {
        throw new RangeError('x is not a function');
      },
      new Point(1),
    ],
    [
      'that is not a miss',
      (_point: Point) => {
        throw new TypeError('wrong');
      },
      new Point(1),
    ],
  ])('an error %s has no note', async (_what, task, arg) => {
    const error = await pool.applyAsync(task as (arg: unknown) => unknown, [arg]).exception();
    expect(noteIn(error)).not.toMatch(NOTE);
  });

  it('the data of an instance arrives, also where it has private fields', async () => {
    expect(await pool.apply((account: Account) => ({ ...account }), [new Account()])).toEqual({ owner: 'me' });
    expect(await pool.apply((point: Point) => point.x, [new Point(3)])).toBe(3);
  });
});
