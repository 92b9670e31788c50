/** Tests what is sent between a program and its workers: values with unusual keys, memory, task names, environments, sizes. */
import { readdirSync, readFileSync } from 'node:fs';
import { failure } from '@twinpool/testkit';
import {
  OptionsError,
  PayloadTooLargeError,
  Pool,
  ProcessPoolExecutor,
  TaskModuleError,
  TaskSerializationError,
  ThreadPool,
  taskRef,
  WorkerLostError,
} from 'twinpool';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const tasksUrl = new URL('../fixtures/security/tasks.mjs', import.meta.url);
const tasks = taskRef(tasksUrl);
const task = (name: string) => taskRef<(...args: readonly unknown[]) => unknown>(tasksUrl, name);
const odd = (): Record<string, unknown> =>
  JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"then":1,"hasOwnProperty":2}') as Record<
    string,
    unknown
  >;
const isPolluted = (): boolean => 'polluted' in {};

describe.each([
  ['process', Pool],
  ['thread', ThreadPool],
] as const)('workers: %s', (kind, Kind) => {
  let pool: Pool;
  beforeAll(() => {
    pool = new Kind({ processes: 1, maxPayloadBytes: 100_000 });
  });
  afterAll(async () => {
    pool.terminate();
    await pool.join();
  });

  it('an argument with keys of prototypes arrives as data', async () => {
    expect(await pool.apply(task('lookAt'), [odd()])).toEqual({
      keys: ['__proto__', 'constructor', 'then', 'hasOwnProperty'],
      isPlain: true,
      isPolluted: false,
    });
    expect(isPolluted()).toBe(false);
  });

  it('a result with keys of prototypes arrives as data', async () => {
    const result = (await pool.apply(task('echo'), [odd()])) as Record<string, unknown>;
    expect(Reflect.ownKeys(result)).toEqual(['__proto__', 'constructor', 'then', 'hasOwnProperty']);
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect(isPolluted()).toBe(false);
  });

  it('an error with keys of prototypes keeps its own prototype', async () => {
    const error = await failure(pool.apply(task('throwWith'), [JSON.stringify(odd()).replace('"then":1', '"status":418')]));
    expect(error).toBeInstanceOf(RangeError);
    expect(Object.getPrototypeOf(error)).toBe(RangeError.prototype);
    expect((error as Error).constructor).toBe(RangeError);
    expect(error).toMatchObject({ message: 'with fields', status: 418 });
    expect('polluted' in (error as object) || isPolluted()).toBe(false);
  });

  it('with a small Buffer goes nothing of the memory around it', async () => {
    const canary = Buffer.from('CANARY-OF-THE-PROGRAM');
    const small = Buffer.from('abc');
    expect(small.buffer.byteLength).toBeGreaterThan(canary.length);
    for (const bytes of [small, new Uint8Array(canary.buffer, canary.byteOffset, 0), Buffer.concat([canary]).subarray(0, 3)]) {
      const { view, backing, text } = (await pool.apply(task('behind'), [bytes])) as { view: number; backing: number; text: string };
      expect(backing).toBe(view);
      expect(text).not.toContain('CANARY-OF-THE-PROGRAM');
    }
  });

  it('with a small Buffer comes nothing of the memory around it', async () => {
    const bytes = (await pool.apply(task('fromPool'), ['CANARY-OF-THE-WORKER'])) as Buffer;
    expect(bytes.toString()).toBe('abc');
    expect(Buffer.from(bytes.buffer).includes('CANARY')).toBe(false);
  });

  it('an argument or a result over maxPayloadBytes is refused, and the worker works on', async () => {
    expect(await failure(pool.apply(task('echo'), ['x'.repeat(200_000)]))).toBeInstanceOf(PayloadTooLargeError);
    expect(await failure(pool.apply((n: number) => 'x'.repeat(n), [200_000]))).toBeInstanceOf(PayloadTooLargeError);
    expect(pool.stats().lostWorkers).toBe(0);
    expect(await pool.apply(task('echo'), ['x'])).toBe('x');
  });

  it.each([
    'data:text/javascript,export const task = () => 1',
    'blob:nodedata:1',
    'http://127.0.0.1/t.mjs',
    'node:fs',
    'fs',
    './tasks.mjs',
    '../tasks.mjs',
  ])('a module that is not a file is refused: %s', async (url) => {
    const error = await failure(pool.apply(taskRef(url, 'task')));
    expect(error).toBeInstanceOf(TaskSerializationError);
    expect((error as Error).message).toMatch(/taskRef/);
  });

  it.each(['__proto__', 'constructor', 'prototype', 'then', 'lookAt.constructor', '__proto__.toString', ''])(
    'an export name that cannot be a task is refused: %s',
    async (name) => {
      expect(await failure(pool.apply(taskRef(tasksUrl, name)))).toBeInstanceOf(TaskSerializationError);
    },
  );

  it.each(['toString', 'hasOwnProperty', 'valueOf', '__defineGetter__', 'еcho', 'echo\u200b', 'lookAt.call'])(
    'a name that the module does not export itself is not a task: %s',
    async (name) => {
      expect(await failure(pool.apply(taskRef(tasksUrl, name)))).toBeInstanceOf(TaskModuleError);
    },
  );

  it('data that looks like a reference is not a task, and neither is a text', async () => {
    const forged = JSON.parse(JSON.stringify({ ...taskRef(tasksUrl, 'echo'), kind: 'module', source: '() => 1' })) as never;
    for (const fake of [forged, '() => 1' as never, ['echo'] as never]) {
      expect(await failure(pool.apply(fake))).toBeInstanceOf(TaskSerializationError);
    }
  });

  it('an error of ours never shows a value', async () => {
    const errors = [
      await failure(pool.apply(task('echo'), [{ password: 'hunter2', method: () => 1 }])),
      await failure(pool.apply((_: string) => process.exit(1), ['hunter2'])),
      await failure(pool.apply(task('nothing'), ['hunter2'])),
    ];
    expect(errors.map((error) => (error as Error).name)).toEqual(['TaskSerializationError', 'WorkerLostError', 'TaskModuleError']);
    for (const error of errors) expect(`${String(error)}${(error as Error).stack}${JSON.stringify(error)}`).not.toContain('hunter2');
    expect(errors[1]).toBeInstanceOf(WorkerLostError);
  });

  it.each([
    ['minimal', 'minimal' as const],
    ['of its own', { ONLY: 'this' }],
  ])('the environment is what was asked for: %s', async (_, env) => {
    process.env['SECURITY_SECRET'] = 'hunter2';
    try {
      await using other = new Kind({ processes: 1, env });
      const found = ((await other.apply(tasks['surroundings'] as never)) as { env: Record<string, string> }).env;
      expect(Object.values(found)).not.toContain('hunter2');
      const names = Object.keys(found).filter((name) => !name.startsWith('TWINPOOL_'));
      if (env === 'minimal') for (const name of names) expect(MINIMAL).toContain(name);
      else expect(names).toEqual(['ONLY']);
    } finally {
      delete process.env['SECURITY_SECRET'];
    }
  });

  it('an option named like a prototype is an unknown option', () => {
    for (const text of ['{"__proto__":{"processes":1}}', '{"constructor":1}']) {
      expect(() => new Kind(JSON.parse(text) as object)).toThrow(OptionsError);
    }
    expect(kind).toBeTypeOf('string');
  });
});

const MINIMAL = 'PATH HOME USER LOGNAME SHELL TMPDIR TMP TEMP TZ LANG LC_ALL NODE_ENV SystemRoot NODE_V8_COVERAGE'.split(' ');

it('text becomes code in one file only', () => {
  const packages = new URL('../../../', import.meta.url);
  const holding: string[] = [];
  for (const name of ['core', 'pool', 'executor', 'adapters', 'twinpool']) {
    const source = new URL(`${name}/src/`, packages);
    for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      const text = readFileSync(new URL(file, source), 'utf8').replace(/^\s*(\/\*[\s\S]*?\*\/|\/\/.*$)/gm, '');
      // However `vm` is loaded: by `import`, `require`, or what `createRequire` gave.
      if (/(?<![\w.])Function\(|\beval\(|['"`](node:)?vm['"`]/.test(text)) holding.push(`${name}/${file}`);
    }
  }
  // The expression of `twinpool map -e` is typed by the user of the command.
  expect(holding).toEqual(['core/tasks/loading/compile-inline.ts', 'twinpool/command/function-place.ts']);
});

it('a worker process that sends source, or any message that is not its own to send, is not believed', async () => {
  await using executor = new ProcessPoolExecutor(1);
  const forge = async (): Promise<string> => {
    const { writeSync } = await import('node:fs');
    const { serialize } = await import('node:v8');
    const payload = serialize([2, 99, { kind: 'source', source: '() => globalThis.process.exit(1)' }]);
    const header = Buffer.from([0x57, 0x74, 1, 0, 0, 0, 0, 0]);
    header.writeUInt32LE(payload.length, 4);
    writeSync(4, Buffer.concat([header, payload]));
    return 'sent';
  };
  const future = executor.submit(forge);
  await future.exception();
  expect(executor.stats().protocolAnomalies).toBeGreaterThan(0);
  expect(await executor.submit((x: number) => x + 1, 1)).toBe(2);
});
