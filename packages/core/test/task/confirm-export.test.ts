// Tests whether two sources are the same function: different tools on both sides, but not another function of the same name.
import { describe, expect, test } from 'vitest';
import { confirmExport, likeness } from '../../src/tasks/loading/confirm-export.ts';

const written = `async function load(path, depth = 1) {
  // reads it
  const text = await readFile(path, 'utf8');
  return parse(text, { depth }) ?? (await import('node:path')).basename(path);
}`;

describe('likeness', () => {
  test.each([
    ['itself', written],
    [
      'without white space',
      "async function load(path,depth=1){const text=await readFile(path,'utf8');return parse(text,{depth})??(await import('node:path')).basename(path)}",
    ],
    ['other quotes, parentheses, commas', written.replaceAll("'", '"').replace('{ depth }', '({ depth, })')],
    [
      'imports of vitest',
      written
        .replace('readFile(', '(0,__vite_ssr_import_0__.readFile)(')
        .replace('parse(', '__vite_ssr_import_1__.parse(')
        .replace('import(', '__vite_ssr_dynamic_import__('),
    ],
    ['imports of TypeScript', written.replace('readFile(', '(0, promises_1.readFile)(').replace('parse(', '(0, parse_js_1.parse)(')],
    ['imports of esbuild', written.replace('readFile(', '(0, import_promises.readFile)(').replace('parse(', 'import_parse.parse(')],
    ['let for const', written.replace('const', 'let')],
    ['types stripped', written.replace('path,', 'path        ,')],
    ['counters of istanbul', written.replace('const', 'cov_1a2b().f[0]++;cov_1a2b().s[3]++;const')],
  ])('%s: the same', (_, source) => {
    expect(likeness(source, written, false)).toBe(1);
  });

  test.each([
    [
      'the interop of tsx',
      written.replace(
        "import('node:path')",
        'import("node:path").then(s=>{const e="default";return s[e]&&typeof s[e]=="object"&&"__esModule"in s[e]?s[e]:s})',
      ),
    ],
    ['a helper', written.replace('const', 'const inner = __name((x) => x, "inner");const')],
    [
      'lowered syntax',
      written.replace('parse(text, { depth }) ??', '(_a = parse(text, { depth: depth })) !== null && _a !== void 0 ? _a :'),
    ],
  ])('%s: mostly the same', (_, source) => {
    expect(likeness(source, written, true)).toBeGreaterThan(0.7);
  });

  test.each([
    ['function load(id) { return cache.get(id) }'],
    ['(x) => x * x'],
    ['async function load(url) { const response = await fetch(url); return response.json() }'],
  ])('%s: another', (source) => {
    expect(likeness(source, written, true)).toBeLessThan(0.4);
  });

  test('a missing or empty source has nothing in common', () => {
    expect(likeness(undefined, written, true)).toBe(0);
    expect(likeness('() => {}', written, true)).toBe(0);
    expect(likeness('() => {}', '() => {}', true)).toBe(1);
  });
});

test('a static method of a class that Node does not see in the names of a CommonJS module', () => {
  const FACTOR = 7;
  // biome-ignore lint/complexity/noStaticOnlyClass: the fixture is such a class
  class Shape {
    static sides(n: number): number {
      return n * FACTOR;
    }
  }
  const meant = { name: 'sides', position: 'tasks.ts:3:10', source: 'static sides(n) { return n * helper_1.FACTOR; }' };
  const descriptor = { kind: 'module', url: 'file:///tasks.ts', name: 'sides', exportName: '', confirm: meant } as const;
  expect(confirmExport({ default: { Shape } }, descriptor, meant)).toEqual({ value: Shape.sides, holder: Shape });
});
