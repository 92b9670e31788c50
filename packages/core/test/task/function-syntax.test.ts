// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the tests read the text of functions
// Tests the detection of free variables in the source of a function.
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { callableText } from '../../src/tasks/discovery/callable-text.ts';
import { readFunction } from '../../src/tasks/discovery/function-syntax.ts';
import { isWorkerGlobal } from '../../src/tasks/discovery/worker-globals.ts';
import { loadSyntax } from '../../src/tasks/syntax.ts';

beforeAll(loadSyntax);

const free = (text: string, strict?: boolean): string[] =>
  readFunction(text, strict)?.free.map(({ name, offset }) => `${name}@${offset}`) ?? ['unreadable'];

describe('free names', () => {
  test.each([
    ['(x) => x', []],
    ['x => y', ['y@5']],
    ['(a, { b, c: [d] }, ...e) => [a, b, d, e]', []],
    ['(a = b, b) => a', []],
    ['(a = z) => a', ['z@5']],
    ['() => { later(); function later() {} }', []],
    ['() => { use; { let use; } }', ['use@8']],
    ['() => { use; { var use; } }', []],
    ['() => { for (const i of list) i; }', ['list@24']],
    ['() => { try {} catch (error) { error } error }', ['error@39']],
    ['() => { class A extends B { static x = A; y = this; [k] = super.z } }', ['B@24', 'k@53']],
    ['() => { const { a: b } = {}; return a }', ['a@36']],
    ['() => ({ a, b: c })', ['a@9', 'c@15']],
    ['() => a.b.c', ['a@6']],
    ['() => { label: for (;;) break label }', []],
    ['function f() { return f }', []],
    ['() => { a = 1 }', ['a@8']],
    ['() => eval("x") + globalThis.x', []],
    ['() => typeof x', []],
    ['() => typeof x === "undefined" ? 1 : x', ['x@37']],
    ['() => `${a}${`${b}`}`', ['a@9', 'b@16']],
    ['() => a?.b ?? c', ['a@6', 'c@14']],
    ['() => /a/.test(b)', ['b@15']],
    ['async () => { for await (const x of xs) await x }', ['xs@36']],
    ['() => describe', ['describe@6']],
  ])('%s: %j', (text, names) => {
    expect(free(text)).toEqual(names);
  });

  test.each([
    ['() => this', ['this@6']],
    ['function () { return this }', ['this@21']],
    ['function () { return () => this }', ['this@27']],
    ['() => (function () { return this })', []],
    ['() => class { x = this; static { this } m() { this } [this.k]() {} }', ['this@54']],
    ['m() { return super.m() }', ['super@13']],
    ['() => ({ m() { return super.m() } })', []],
    ['m() { return #y in this.#x }', ['#y@13', 'this@19', '#x@24']],
    ['() => class { #x; m() { this.#x } }', []],
    ['() => import.meta.url', ['import.meta@6']],
    ['() => new.target', ['unreadable']],
    ['function () { return new.target }', []],
    ['() => arguments', ['arguments@6']],
    ['function () { return () => arguments }', []],
    ['() => import("./x.js")', ["import('./x.js')@6"]],
    ['() => import("..")', ["import('..')@6"]],
    ['() => import("/x.js")', ["import('/x.js')@6"]],
    ['() => import("x") + import("node:x") + import("#x") + import("@x/y")', []],
    ['() => [require, module, exports, __filename, __dirname]', ['require@7', 'module@16', 'exports@24', '__filename@33', '__dirname@45']],
  ])('%s: %j', (text, names) => {
    expect(free(text, true)).toEqual(names);
  });

  test.each([
    ['(x) => (0,__vite_ssr_import_0__.basename)(x)', ['basename@10']],
    ['() => __vite_ssr_import_12__.offset', ['offset@6']],
    ['() => __vi_import_0__.offset', ['offset@6']],
    ['() => __vite_ssr_import_meta__.url', ['import.meta@6']],
    ['() => __vite_ssr_dynamic_import__("node:path")', []],
    ['() => __vite_ssr_dynamic_import__("/src/x.ts")', ["import('/src/x.ts')@6"]],
    ['() => (0, tasks_js_1.square)(2)', ['square@10']],
    ['() => (0, _tasks.square)(2)', ['square@10']],
    ['() => _cache.get(2)', ['_cache@6']],
    ['() => exports.offset', ['offset@6']],
    ['() => __name(() => 1, "x")', []],
    ['() => { cov_1a2b().s[0]++; cov_1a2b().f[1]++ }', []],
    ['() => cov_xy + cov_xz().length + __name', ['cov_xy@6', 'cov_xz@15', '__name@33']],
    ['() => { using file = open(); return file }', ['open@21']],
  ])('of tools, %s: %j', (text, names) => {
    expect(free(text, true)).toEqual(names);
  });

  test.each([
    '__awaiter',
    '__generator',
    '__rest',
    '__spreadArray',
    '__spreadValues',
    '__async',
    '_async_to_generator',
    '_asyncToGenerator',
    'tslib_1',
  ])('%s is a compiler helper', (name) => {
    expect(readFunction(`() => ${name}(1)`, true)?.free).toEqual([{ name, offset: 6, kind: 'compiler helper' }]);
  });
});

describe('forms', () => {
  const made = (text: string): unknown => {
    const syntax = readFunction(text, undefined);
    if (syntax === undefined) throw new Error('unreadable');
    return new Function(`return ${callableText(text, syntax)}`)();
  };

  test.each([
    ['(x) => x * 2'],
    ['async (x) => x * 2'],
    ['function (x) { return x * 2 }'],
    ['async function twice(x) { return x * 2 }'],
    ['twice(x) { return x * 2 }'],
    ['async twice(x) { return x * 2 }'],
    ['async(x) { return x * 2 }'],
    ['get(x) { return x * 2 }'],
    ['"a b"(x) { return x * 2 }'],
    ['12(x) { return x * 2 }'],
    ['[outside](x) { return x * 2 }'],
    ['async [`${outside}`] (x) { return x * 2 }'],
    ['set value(x) { x }'],
  ])('%s becomes an expression', async (text) => {
    const fn = made(text) as (x: number) => unknown;
    expect(await fn(4)).toBe(text.startsWith('set ') ? undefined : 8);
  });

  test('a getter', () => {
    expect((made('get five() { return 5 }') as () => number)()).toBe(5);
  });

  test.each([
    ['(x) => x', 0],
    ['async x => x', 0],
    ['function f(x) {}', 10],
    ['function /* ( */ f (x) {}', 19],
    ['m (x) {}', 2],
    ['async *m(x) {}', 8],
  ])('%s: V8 counts from %i', (text, anchor) => {
    expect(readFunction(text, true)?.anchor).toBe(anchor);
  });

  test('code is read as sloppy if the code around it is sloppy, or if it cannot be strict', () => {
    expect(readFunction('() => { with (a) b }', undefined)).toMatchObject({ strict: false });
    expect(readFunction('() => { with (a) b }', true)).toBeUndefined();
    expect(readFunction('() => 010', false)).toMatchObject({ strict: false, free: [] });
  });

  test('no text throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `() => { ${text} }`),
        ),
        (text) => {
          expect(() => readFunction(text, undefined)).not.toThrow();
        },
      ),
    );
  });
});

test('the globals are those of the language and of Node, without others of this thread', () => {
  for (const name of ['Math', 'Buffer', 'process', 'setTimeout', 'structuredClone', 'fetch', 'globalThis', 'undefined']) {
    expect(isWorkerGlobal(name)).toBe(true);
  }
  Reflect.set(globalThis, 'ofThisSide', 1);
  for (const name of ['ofThisSide', 'require', 'module', 'window', 'describe', '__dirname']) expect(isWorkerGlobal(name)).toBe(false);
  Reflect.deleteProperty(globalThis, 'ofThisSide');
});
