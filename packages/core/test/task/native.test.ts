// Tests the lookup of functions in programs that Node loads without a tool: each row of the contract's table.
import { describe, test } from '@twinpool/testkit/sample';
import { beforeAll, expect } from 'vitest';
import { fixtures, type Outcome, outcomesOf, placeOf } from './programs.ts';

const url = (file: string): string => new URL(file, fixtures).href;
const inMain = (snippet: string): string => placeOf('esm/main.mjs', snippet);
const inTasks = (snippet: string): string => placeOf('esm/tasks.mjs', snippet);
const lineOf = (file: string, snippet: string): string => placeOf(file, snippet).replace(/:\d+$/, '');
let of: (label: string) => Outcome;

describe('ES modules', () => {
  beforeAll(async () => {
    of = await outcomesOf(['esm/main.mjs']);
  });

  test.each([
    ['exported', { exportName: 'square' }, 16],
    ['default', { exportName: 'default' }, 7],
    ['async', { exportName: 'name' }, 'b.txt'],
    ['static', { exportName: 'Shape', member: 'area' }, 11],
    ['static field', { exportName: 'Shape', member: 'double' }, 7],
    ['renamed', { exportName: 'shown' }, 7],
    ['of an object', { exportName: 'table', member: 'row' }, 1],
    ['without a name', { exportName: 'picked' }, 12],
  ])('%s: by reference', (label, reference, value) => {
    const { first, state, descriptor, ...outcome } = of(label);
    expect([first, state]).toEqual(['pending', 'found']);
    expect(descriptor).toMatchObject({ kind: 'module', url: url('esm/tasks.mjs'), ...reference });
    expect(descriptor.confirm).toBeUndefined();
    expect(outcome.value).toBe(value);
  });

  test('a known function is found at once, under the same id', () => {
    expect(of('exported again').first).toBe('found');
    expect(of('exported again').id).toBe(of('exported').id);
  });

  test('the defining module wins over a re-export', () => {
    expect(of('re-exported').descriptor).toMatchObject({ url: url('esm/tasks.mjs'), exportName: 'square' });
    expect(of('re-exported default').descriptor).toMatchObject({ url: url('esm/tasks.mjs'), exportName: 'default' });
  });

  test('a query is part of the URL', () => {
    expect(of('query').descriptor).toMatchObject({ url: url('esm/tasks.mjs?again=1'), exportName: 'default' });
  });

  test('the name in messages is the export, the method, or the source position', () => {
    expect(of('exported').name).toBe('square');
    expect(of('static').name).toBe('Shape.area');
    expect(of('default').name).toBe(`<anonymous ${lineOf('esm/tasks.mjs', 'export default')}>`);
    expect(of('inline').name).toBe(`<anonymous ${lineOf('esm/main.mjs', '(x) => x ** 2')}>`);
  });

  test.each([
    [
      'memoized',
      `made by ${lineOf('esm/wrap.mjs', 'return (x) => {')}; export a plain function that calls it, use \`defineTask\`, or \`taskRef\``,
      'fn',
    ],
    ['named wrapper', `made by ${lineOf('esm/wrap.mjs', 'function wrapper')}; export a plain function`, 'fn'],
    ['decorated', `made by ${lineOf('esm/wrap.mjs', 'function replaced')}; export a plain function`, 'original'],
    ['promisified', 'made by Node (node:internal/util:', '`taskRef`'],
  ])('%s: refused, made by a call', (label, message, free) => {
    expect(of(label)).toMatchObject({
      state: 'refused',
      error: { name: 'TaskSerializationError', code: 'ERR_TWINPOOL_TASK_SERIALIZATION' },
    });
    expect(of(label).error.message).toContain(message);
    expect(of(label).error.message).toContain(free);
  });

  test.each([
    ['self-contained from a call', 5],
    ['inline', 9],
    ['inline async', 3],
    ['named inline', 120],
    ['inline with arguments', 2],
    ['method', 9],
    ['computed method', 12],
    ['getter', 5],
    ['typeof unknown', 'undefinednumber'],
    ['import()', true],
    ['computed import()', '/'],
    ['this of its own', true],
    ['names kept', 2],
    ['counted', 7],
  ])('%s: by source', (label, value) => {
    const { descriptor, ...outcome } = of(label);
    expect(descriptor.kind).toBe('source');
    expect(outcome.value).toBe(value);
    expect(outcome.warnings).toEqual([]);
  });

  test.each([
    [
      'not exported',
      [
        `\`basename\` (${inTasks('basename(path) + offset')})`,
        `\`offset\` (${inTasks('offset;\n}\n//')})`,
        'export it (the function), or pass the values as arguments',
      ],
    ],
    [
      'closure',
      [
        inMain('(x) => {\n        const scaled'),
        `\`factor\` (${inMain('factor;\n        return')})`,
        `\`tasks\` (${inMain('tasks.square(scaled)')})`,
      ],
    ],
    ['shadowed', [`\`setTimeout\` (${inMain('setTimeout(x)')}; not the global of that name)`]],
    ['typeof closure', [`\`factor\` (${inMain('factor],')})`, 'pass the value as an argument']],
    ['assignment', [`\`undeclared\` (${inMain('undeclared')})`]],
    ['recursive', [`\`fibonacci\` (${inMain('fibonacci(n - 1)')})`, 'function fibonacci(']],
    ['this', [`\`this\` (${inMain('this;')})`]],
    ['this of an arrow function', [`\`this\` (${inMain('this],')})`]],
    ['super', [`\`super\` (${inMain('super.toString')})`]],
    ['private name', [`\`#x\` (${inMain('#x;')})`]],
    ['import.meta', [`\`import.meta\` (${inMain('import.meta.url]')})`]],
    ['relative import()', [`\`import('./tasks.mjs')\` (${inMain("import('./tasks.mjs')")})`, 'relative']],
    ['require', [`\`require\` (${inMain("require('node:fs')")})`, 'or load the module with `await import(…)`']],
    ['helper', [`\`__awaiter\` (${inMain('__awaiter')})`, 'compile for ES2022 or later']],
    ['tslib', [`\`tslib_1\` (${inMain('tslib_1')})`, 'compile for ES2022 or later']],
    ['generator', ['generator']],
  ])('%s: refused, with place and advice', (label, parts) => {
    expect(of(label)).toMatchObject({ state: 'refused', error: { name: 'TaskSerializationError' } });
    for (const part of parts) expect(of(label).error.message).toContain(part);
  });

  test('a computed relative import() fails with the reason when it runs', () => {
    expect(of('computed relative import()').failure).toMatchObject({
      name: 'TypeError',
      message: expect.stringContaining('relative import()'),
    });
  });

  test('an error of an inline function has the line and column where it is written', () => {
    expect(of('throws').failure).toMatchObject({ name: 'RangeError', message: 'no 1' });
    expect(of('throws').failure.stack).toContain(`${inMain('new RangeError')})`);
  });
});

describe('CommonJS', () => {
  beforeAll(async () => {
    of = await outcomesOf(['cjs/main.cjs']);
  });

  test.each([
    ['named', 'cjs/tasks.cjs', { exportName: 'base' }, 'btasks.cjs'],
    ['static', 'cjs/tasks.cjs', { exportName: 'Shape', member: 'area' }, 3],
    ['exports.default', 'cjs/tasks.cjs', { exportName: 'default' }, 'b1'],
    ['getter', 'cjs/tasks.cjs', { exportName: 'getter' }, 'b2'],
    ['module.exports', 'cjs/whole.cjs', { exportName: 'module.exports' }, 'b'],
    ['property of a function', 'cjs/whole.cjs', { exportName: 'part' }, '/a'],
    ['of the entry', 'cjs/main.cjs', { exportName: 'ofEntry' }, 'b3'],
  ])('%s: by reference', (label, file, reference, value) => {
    expect(of(label).descriptor).toMatchObject({ kind: 'module', url: url(file), ...reference });
    expect(of(label).value).toBe(value);
  });

  test('a getter that no compiler made does not run', () => {
    expect(of('getters that ran').value).toBe(0);
  });

  test('inline functions keep the strict or sloppy mode of the code around them', () => {
    expect(of('strict').value).toBe(true);
    expect(of('sloppy').value).toBe(false);
  });

  test('a function that is not exported is refused with its free names', () => {
    expect(of('not exported').error.message).toContain(`\`path\` (${placeOf('cjs/tasks.cjs', 'path.basename(x);\n}\nexports.base')})`);
    expect(of('closure').error.message).toContain(`\`path\` (${placeOf('cjs/main.cjs', 'path.sep')})`);
  });
});

test('an entry that is its own task module is found by identity, and is not evaluated again in the program', async () => {
  of = await outcomesOf(['entry.mjs']);
  expect(of('shift').descriptor).toMatchObject({ kind: 'module', url: url('entry.mjs'), exportName: 'shift', entry: true });
  expect(of('shift').descriptor.confirm).toBeUndefined();
  expect(of('shift').value).toBe(11);
});

describe('an entry that is still being evaluated', () => {
  beforeAll(async () => {
    of = await outcomesOf(['still-evaluated.mjs']);
  });

  test.each([
    ['exported', { exportName: 'square' }, 13],
    ['self-contained export', { exportName: 'pure' }, 9],
    ['static', { exportName: 'Shape', member: 'area' }, 7],
    ['checked', { exportName: 'area', parsed: true }, 19],
    ['checked, handler from elsewhere', { exportName: '', parsed: true }, 9],
    ['renamed', { exportName: 'later' }, -1],
  ])('%s: by reference that the worker confirms', (label, reference, value) => {
    expect(of(label).descriptor).toMatchObject({ kind: 'module', url: url('still-evaluated.mjs'), entry: true, ...reference });
    expect(of(label).descriptor.confirm).toMatchObject({
      source: expect.any(String),
      position: expect.stringContaining('.mjs:'),
    });
    expect(of(label).value).toBe(value);
  });

  test('inline functions work, others are refused in the program', () => {
    expect(of('inline').value).toBe(4);
    expect(of('not exported').error.message).toContain(`\`offset\` (${placeOf('still-evaluated.mjs', 'offset;\n}\nconst { default')})`);
    expect(of('closure').error.message).toContain('`offset` (still-evaluated.mjs:');
  });

  test('the error of an entry that cannot be loaded in a worker says what to do', async () => {
    const { failure } = (await outcomesOf(['unloadable.mjs']))('entry');
    expect(failure).toMatchObject({ name: 'TaskModuleError', code: 'ERR_TWINPOOL_TASK_MODULE', cause: { message: 'started twice' } });
    expect(failure.message).toContain('This file is the entry of the program: guard its top level with `if (!isWorker)`');
    expect(failure.message).toContain('`taskRef`');
  });
});

describe('code without a module', () => {
  const program = `
    const k = 3;
    import('./report.mjs').then(({ report }) => report({
      inline: [(x) => x * 2, 4],
      'import()': [async () => typeof (await import('zod')).z, 4],
      closure: [(x) => x * k],
    }));`;

  test.each([
    ['-e', ['-e', program], '[eval]'],
    ['-e, as a module', ['--input-type=module', '-e', program], '[eval1]'],
  ])('%s: self-contained functions work, others are refused naming it', async (_, args, file) => {
    of = await outcomesOf(args);
    expect(of('inline').value).toBe(8);
    expect(of('import()').value).toBe('object');
    expect(of('closure').error.message).toContain(`\`k\` (${file}:`);
  });

  test('made by vm: the program imports nothing, the worker confirms named functions', async () => {
    of = await outcomesOf(['made-by-vm.mjs']);
    expect(of('from a file').descriptor).toMatchObject({ url: url('cjs/tasks.cjs'), exportName: 'base', confirm: { name: '' } });
    expect(of('from a file').value).toBe('btasks.cjs');
    expect(of('another context').value).toBe(2);
    expect(of('another context, closure').error.message).toContain('`k` (');
    expect(of('new Function').value).toBe(8);
  });
});

test('without an inspector: taskRef and self-contained functions work, the error for others says what to use', async () => {
  const permission = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';
  of = await outcomesOf([permission, '--allow-fs-read=*', '--no-warnings', 'looked-up-without-inspector.mjs'], { NODE_V8_COVERAGE: '' });
  expect(of('self-contained')).toMatchObject({ state: 'found', descriptor: { kind: 'source' } });
  expect(of('reference')).toMatchObject({ state: 'found', descriptor: { kind: 'module' } });
  expect(of('exported').error.message).toContain('`basename` (line 3, column 10)');
  expect(of('exported').error.message).toContain("pass `taskRef(new URL('./tasks.js', import.meta.url), 'name')`");
  expect(of('closure').error.message).toContain('`factor` (line 1, column 12)');
});

test('positions follow a source map file, with the written names', async () => {
  of = await outcomesOf(['mapped/main.mjs']);
  expect(of('mapped').error.message).toContain('tasks.ts:12:23');
  expect(of('mapped').error.message).toContain('`distance` (tasks.ts:13:10)');
});
