// Tests loading in a worker: a descriptor becomes a callable task or a TaskModuleError.
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ModuleDescriptor, SourceDescriptor } from '../../src/tasks/definition/task-descriptor.ts';
import { Far, fixtures } from './programs.ts';

let folder: string;
let far: Far;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'twinpool-load-'));
  far = new Far();
});
afterAll(async () => {
  await far.end();
  await rm(folder, { recursive: true });
});

const of = (url: string, exportName: string, more: Partial<ModuleDescriptor> = {}): ModuleDescriptor => ({
  kind: 'module',
  name: exportName,
  url,
  exportName,
  ...more,
});
const fixture = (file: string, exportName: string, more?: Partial<ModuleDescriptor>): ModuleDescriptor =>
  of(new URL(file, fixtures).href, exportName, more);

async function written(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return pathToFileURL(join(folder, name)).href;
}

const inline = (source: string, more: Partial<SourceDescriptor> = {}): SourceDescriptor => ({
  kind: 'source',
  name: 'inline',
  source,
  base: new URL('esm/main.mjs', fixtures).href,
  line: 1,
  column: 1,
  strict: true,
  imports: false,
  identities: [],
  counters: [],
  ...more,
});

describe('modules that cannot be loaded', () => {
  test.each([
    ['is missing', undefined, /Cannot find module/],
    ['has a syntax error', 'export const = 1', /Unexpected token|Unexpected strict mode|Unexpected identifier/],
    ['throws', 'throw new RangeError("at the top")', /at the top/],
  ])('one that %s: TaskModuleError with the cause', async (_, text, message) => {
    const url = text === undefined ? pathToFileURL(join(folder, 'missing.mjs')).href : await written(`${_.replaceAll(' ', '-')}.mjs`, text);
    const { failure } = await far.call(of(url, 'task'));
    expect(failure).toMatchObject({
      name: 'TaskModuleError',
      code: 'ERR_TWINPOOL_TASK_MODULE',
      cause: { message: expect.stringMatching(message) },
    });
    expect(failure?.message).toContain(url);
  });

  test('a failing module is evaluated once for all waiting tasks, is tried again for the next task, and harms no other module [R21]', async () => {
    const url = await written(
      'counting.mjs',
      'globalThis.evaluations = (globalThis.evaluations ?? 0) + 1; await new Promise((done) => setTimeout(done, 200)); throw new Error("no");',
    );
    const other = await written('other.mjs', 'export const evaluations = () => globalThis.evaluations;');
    const evaluations = async () => (await far.call(of(other, 'evaluations'))).value;
    const together = await far.callAll([of(url, 'a'), of(url, 'b'), of(url, 'c')]);
    expect(together.map(({ failure }) => failure?.message)).toEqual(Array(3).fill(expect.stringContaining('no')));
    expect(await evaluations()).toBe(1);
    expect((await far.call(of(url, 'a'))).failure?.message).toContain('no');
    expect(await evaluations()).toBe(2);
  });

  test('a module that always fails is tried less and less often [R21]', async () => {
    const url = await written('always.mjs', 'globalThis.tries = (globalThis.tries ?? 0) + 1; throw new Error("no");');
    const other = await written('tries.mjs', 'export const tries = () => globalThis.tries;');
    const calls = 300;
    for (let i = 0; i < calls; i++) await far.call(of(url, 'a'));
    const { value } = await far.call(of(other, 'tries'));
    expect(value).toBeGreaterThan(1);
    expect(value).toBeLessThan(calls / 3);
  });

  test.each<[string, readonly [string, string?][], readonly [string, string][]]>([
    ['that is missing', [], [['m', 'export const task = () => 1']]],
    ['with a syntax error', [['m', 'export const = 1']], [['m', 'export const task = () => 1']]],
    ['that throws', [['m', 'throw new Error("no")']], [['m', 'export const task = () => 1']]],
    ['that imports one that is missing', [['m', 'export { task } from "./FILE-n.mjs"']], [['n', 'export const task = () => 1']]],
    [
      'that throws as long as a file is missing',
      [['m', 'import { statSync } from "node:fs"; statSync(new URL("./FILE-n.mjs", import.meta.url)); export const task = () => 1']],
      [['n', '']],
    ],
  ])('one %s works when it is put right, also at once [R21]', async (title, before, after) => {
    const file = title.replaceAll(' ', '-');
    const write = (files: readonly (readonly [string, string?])[]) =>
      Promise.all(files.map(([name, text = '']) => written(`${file}-${name}.mjs`, text.replaceAll('FILE', file))));
    const task = of(pathToFileURL(join(folder, `${file}-m.mjs`)).href, 'task');
    await write(before);
    expect((await far.call(task)).failure?.name).toBe('TaskModuleError');
    await write(after);
    expect(await far.call(task)).toMatchObject({ value: 1 });
    expect(await far.call(task)).toMatchObject({ value: 1 });
  });

  test('a file that is corrected after many tries works at once [R21]', async () => {
    const url = await written('mended.mjs', 'throw new Error("no")');
    for (let i = 0; i < 50; i++) await far.call(of(url, 'task'));
    await written('mended.mjs', 'export const task = () => 1');
    expect(await far.call(of(url, 'task'))).toMatchObject({ value: 1 });
  });

  test.each(['data:text/javascript,export const task = () => 1', 'node:fs', 'http://localhost/task.js'])(
    '%s is not a task module',
    async (url) => {
      expect((await far.call(of(url, 'task'))).failure).toMatchObject({
        name: 'TaskModuleError',
        message: expect.stringContaining('is not a file'),
      });
    },
  );
});

describe('exports', () => {
  test.each(['nothing', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', ''])('%j is not one', async (name) => {
    const { failure } = await far.call(fixture('esm/tasks.mjs', name));
    expect(failure).toMatchObject({ name: 'TaskModuleError', message: expect.stringContaining('is not an export of') });
  });

  test.each(['constructor', '__proto__', 'name2'])('a member %j is not one', async (member) => {
    const { failure } = await far.call(fixture('esm/tasks.mjs', 'Shape', { member }));
    expect(failure?.message).toContain('is not an export of');
  });

  test('a value that is not a function, and a generator function', async () => {
    expect((await far.call(fixture('esm/tasks.mjs', 'table'))).failure?.message).toContain('is not a function but object');
    expect((await far.call(fixture('esm/tasks.mjs', 'count'))).failure?.message).toContain('generator');
  });

  test('static methods are called on their class', async () => {
    expect((await far.call(fixture('esm/tasks.mjs', 'Shape', { member: 'area' }), 2)).value).toBe(11);
  });

  test('CommonJS: by name, default and as a whole', async () => {
    expect((await far.call(fixture('cjs/whole.cjs', 'part'), '/a/b')).value).toBe('/a');
    expect((await far.call(fixture('cjs/whole.cjs', 'default'), '/a/b')).value).toBe('b');
    expect((await far.call(fixture('cjs/whole.cjs', 'module.exports'), '/a/b')).value).toBe('b');
    expect((await far.call(fixture('cjs/tasks.cjs', 'default'), '/a/b')).value).toBe('b1');
    expect((await far.call(fixture('cjs/tasks.cjs', 'getter'), '/a/b')).value).toBe('b2');
  });
});

describe('checked tasks', () => {
  test('by a reference without parsed arguments: the worker validates the arguments', async () => {
    expect((await far.call(fixture('vite-tasks.ts', 'area'), 2)).value).toBe(11);
    expect((await far.call(fixture('vite-tasks.ts', 'area'), 'x')).failure).toMatchObject({ name: 'TaskValidationError' });
  });

  test('parsed arguments go to the function as they are, the result is validated', async () => {
    expect((await far.call(fixture('vite-tasks.ts', 'area', { parsed: true }), 2, 5)).value).toBe(13);
    expect((await far.call(fixture('vite-tasks.ts', 'area', { parsed: true }), 'x', 5)).failure).toMatchObject({
      name: 'TaskValidationError',
      message: expect.stringContaining('The result of area does not fit'),
    });
  });

  test('a task that is not checked in the worker, but in the program: TaskModuleError', async () => {
    const { failure } = await far.call(fixture('esm/tasks.mjs', 'square', { parsed: true }), 2);
    expect(failure).toMatchObject({
      name: 'TaskModuleError',
      message: expect.stringContaining('is a checked task in the program, but not in the worker'),
    });
  });
});

describe('TypeScript', () => {
  const tasks = `
    import { helper } from './helper.js';
    enum Color { Red = 1, Green }
    export const task = (x: number): number => helper(x) + Color.Green;
    export const ref = () => import.meta.url;`;

  test('modules load, also those that Node alone cannot load: enum, ./x.js for x.ts', async () => {
    const url = await written('tasks.ts', tasks);
    await written('helper.ts', 'export const helper = (x: number): number => x * 10;');
    expect((await far.call(of(url, 'task'), 4)).value).toBe(42);
    expect((await far.call(of(url, 'task'), 5)).value).toBe(52);
  });

  test('.tsx and .cts', async () => {
    const tsx = await written('view.tsx', 'export const task = (x: number): number => x + 1;');
    const cts = await written('common.cts', 'exports.task = (x: number): number => x + 2;');
    expect((await far.call(of(tsx, 'task'), 4)).value).toBe(5);
    expect((await far.call(of(cts, 'task'), 4)).value).toBe(6);
  });

  test('a missing import is named in the error', async () => {
    const url = await written('broken.ts', `import { x } from './nowhere.js'; export const task = (): number => x;`);
    expect((await far.call(of(url, 'task'))).failure?.message).toContain('nowhere');
  });
});

describe('confirmation', () => {
  const confirm = (name: string, source: string): Pick<ModuleDescriptor, 'confirm'> => ({
    confirm: { name, source, position: 'tasks.mjs:1:1' },
  });

  test('the export of that name, if it is not clearly another function', async () => {
    expect((await far.call(fixture('esm/tasks.mjs', 'square', confirm('square', 'function square(x){return(x*x)}')), 3)).value).toBe(9);
    const other = await far.call(
      fixture('esm/tasks.mjs', 'square', confirm('square', 'function square(side) { return area(side).of("square") }')),
      3,
    );
    expect(other.failure).toMatchObject({ name: 'TaskModuleError', message: expect.stringContaining('is another function') });
  });

  test('without a name: the one export with that source', async () => {
    const source = 'async area(x) { return x * this.sides + offset }';
    expect((await far.call(fixture('esm/tasks.mjs', '', confirm('', source)), 2)).value).toBe(11);
    const two = await written('two.mjs', 'export const a = (x) => x + 1; export const b = (x) => x + 1;');
    expect((await far.call(of(two, '', confirm('', '(x)=>x+1')), 2)).failure?.message).toContain('2 exports of');
  });
});

describe('inline functions', () => {
  test('see the globals of the worker and nothing else', async () => {
    const source = '(() => [typeof require, typeof Script, typeof descriptor, typeof Buffer])';
    expect((await far.call(inline(source))).value).toEqual(['undefined', 'undefined', 'undefined', 'function']);
  });

  test('a bare import() resolves from their file, with its conditions; Node gives no warning', async () => {
    await copyFile(new URL('esm/tasks.mjs', fixtures), join(folder, 'near.mjs'));
    const source = "(async () => typeof (await import('zod')).z)";
    expect(await far.call(inline(source, { imports: true }))).toMatchObject({ value: 'object', warnings: [] });
    expect((await far.call(inline(source, { imports: true, base: pathToFileURL(join(folder, 'x.mjs')).href }))).failure?.message).toContain(
      'zod',
    );
    expect((await far.call(inline("(async () => (await import('node:path')).sep)", { imports: true }))).value).toBe('/');
  });

  test('a source that is not a function, or not code: TaskModuleError', async () => {
    expect((await far.call(inline('(1)'))).failure).toMatchObject({
      name: 'TaskModuleError',
      message: 'The source of the task `inline` is not a function but number; export the function',
    });
    expect((await far.call(inline('(=>)'))).failure).toMatchObject({ name: 'TaskModuleError', cause: { name: 'SyntaxError' } });
  });

  test('their errors name the file, line and column where they are written', async () => {
    const { failure } = await far.call(inline('(() => { throw new Error("x") })', { line: 40, column: 5 }));
    expect(failure?.stack).toContain('main.mjs:40:19)');
  });
});
