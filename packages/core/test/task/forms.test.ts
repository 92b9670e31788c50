// Tests all forms of exports, compilers and paths: each function is found, and behaves in a worker as in the program.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, test } from '@twinpool/testkit/sample';
import { afterAll, beforeAll, expect } from 'vitest';
import { fixtures, type Outcome, outcomesOf } from './programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'twinpool-forms-'));
afterAll(() => rmSync(folder, { recursive: true }));

const REPORT = JSON.stringify(new URL('report.mjs', fixtures).href);
const CHECKED = JSON.stringify(import.meta.resolve('@twinpool/core'));
const TSX = ['--import', import.meta.resolve('tsx')];
const stripsTypes = Boolean((process.features as { typescript?: unknown }).typescript);

function write(file: string, text: string): string {
  writeFileSync(join(folder, file), text);
  return join(folder, file);
}

type Reference = { readonly exportName: string; readonly member?: string };

describe('[R27] an entry that is still being evaluated', () => {
  /** Label: the passed expression, its export, its result for 1. */
  const FORMS: readonly (readonly [label: string, declaration: string, passed: string, reference: Reference])[] = [
    ['function', 'export function declared(x: number) { return x + k; }', 'declared', { exportName: 'declared' }],
    ['arrow', 'export const arrow = (x: number) => x + k;', 'arrow', { exportName: 'arrow' }],
    ['async arrow', 'export const late = async (x: number) => x + k;', 'late', { exportName: 'late' }],
    ['function expression', 'export const f = function (x: number) { return x + k; };', 'f', { exportName: 'f' }],
    ['var', 'export var old = (x: number) => x + k;', 'old', { exportName: 'old' }],
    ['let, assigned later', 'export let later: any; later = (x: number) => x + k;', 'later', { exportName: 'later' }],
    ['export { f }', 'const listed = (x: number) => x + k; export { listed };', 'listed', { exportName: 'listed' }],
    ['export { f as g }', 'const mine = (x: number) => x + k; export { mine as yours };', 'mine', { exportName: 'yours' }],
    ['assigned and listed', 'let both: any; both = (x: number) => x + k; export { both };', 'both', { exportName: 'both' }],
    ['export default arrow', 'export default (x: number) => x + k;', 'itself.default', { exportName: 'default' }],
    ['second of a list', 'export const one = 1, two = (x: number) => x + k;', 'two', { exportName: 'two' }],
    ['conditional', 'export const fast = k > 0 ? (x: number) => x + k : (x: number) => x - k;', 'fast', { exportName: 'fast' }],
    ['frozen', 'export const frozen = Object.freeze((x: number) => x + k);', 'frozen', { exportName: 'frozen' }],
    [
      'of others',
      'export const outer = (x: number) => { const add = (y: number) => y + k; return add(x); };',
      'outer',
      { exportName: 'outer' },
    ],
    [
      'static method',
      'export class Shape { static side = 3; static area(x: number) { return x + k + Shape.side; } static double = (x: number) => x * 2 * k; }',
      'Shape.area',
      { exportName: 'Shape', member: 'area' },
    ],
    ['static field', '', 'Shape.double', { exportName: 'Shape', member: 'double' }],
    [
      'class expression',
      'export const Ring = class { static area(x: number) { return x + k; } };',
      'Ring.area',
      { exportName: 'Ring', member: 'area' },
    ],
    [
      'method of an object',
      'export const table = { row(x: number) { return x + k; } };',
      'table.row',
      { exportName: 'table', member: 'row' },
    ],
    [
      're-export',
      "export { elsewhere } from './elsewhere.EXT'; import { elsewhere } from './elsewhere.EXT';",
      'elsewhere',
      { exportName: 'elsewhere' },
    ],
  ];
  const CASES = FORMS.map(([label, , passed]) => `${JSON.stringify(label)}: [${passed}, 1]`).join(', ');
  const program = (extension: string): string => `import { isMainThread } from 'node:worker_threads';
    import * as itself from './entry.${extension}';
    const k: number = 10;
    ${FORMS.map(([, declaration]) => declaration)
      .join('\n')
      .replaceAll('EXT', extension)}
    const hidden = (x: number) => x + k;
    const wrap = (f: any) => (x: number) => f(x) + k;
    export const wrapped = wrap((x: number) => x);
    if (isMainThread) {
      const { report } = await import(${REPORT});
      await report({ ${CASES}, hidden: [hidden], wrapped: [wrapped] });
      console.log(JSON.stringify(await Promise.all([${FORMS.map(([, , passed]) => `${passed}(1)`).join()}])));
    }`;
  const withoutTypes = (text: string): string => text.replace(/: (?:number|any)\b/g, '');
  const ELSEWHERE = 'const k: number = 20; export const elsewhere = (x: number) => x + k;';

  beforeAll(() => {
    for (const extension of ['ts', 'mjs']) {
      const shown = extension === 'ts' ? (text: string) => text : withoutTypes;
      write(`elsewhere.${extension}`, shown(ELSEWHERE));
      write(
        `entry.${extension}`,
        shown(program(extension))
          .replace('console.log(JSON.stringify(await', 'globalThis.own = (await')
          .replace(/\]\)\)\);/, ']));'),
      );
    }
    write('package.json', '{ "type": "module" }');
  });

  const STARTS: readonly (readonly [string, readonly string[], boolean])[] = [
    ['TypeScript under tsx', [...TSX, join(folder, 'entry.ts')], true],
    ['TypeScript by Node itself', [join(folder, 'entry.ts')], stripsTypes],
    ['JavaScript', [join(folder, 'entry.mjs')], true],
  ];
  describe.each(STARTS.filter(([, , isPossible]) => isPossible))('%s', (_, args) => {
    let of: (label: string) => Outcome;
    beforeAll(async () => {
      of = await outcomesOf(args);
    });

    test.each(FORMS)('%s: by reference', (label, declaration, passed, reference) => {
      const outcome = of(label);
      expect(outcome.error).toBeUndefined();
      expect(outcome.failure).toBeUndefined();
      expect(outcome.descriptor).toMatchObject({ kind: 'module', ...reference });
      const wanted = { 'Shape.area': 14, 'Shape.double': 20, elsewhere: 21 }[passed] ?? 11;
      expect(outcome.value, declaration).toBe(wanted);
    });

    test('a function that is not exported, or made by a call, is refused', () => {
      expect(of('hidden').error.message).toMatch(/it uses `k` \(entry\.\w+:\d+:\d+\), which a worker does not have; export it/);
      expect(of('wrapped').error.message).toMatch(/made by entry\.\w+:\d+; export a plain function/);
    });
  });
});

describe('[R48] what a CommonJS module exports', () => {
  const FLAG = "Object.defineProperty(exports, '__esModule', { value: true });";
  const F = 'function task(x) { return x + k; }';
  const OTHER = 'other.cjs';
  /** Label, the text of the module, the function in its exports, its reference (`undefined`: not supported). */
  const SHAPES: readonly (readonly [label: string, text: string, path: string, reference: Reference | undefined, file?: string])[] = [
    ['exports.f', `exports.task = task; ${F}`, '.task', { exportName: 'task' }],
    ['exports.g of f', `exports.other = task; ${F}`, '.other', { exportName: 'other' }],
    ['exports["a-b"]', `exports['a-b'] = (x) => x + k;`, '["a-b"]', { exportName: 'a-b' }],
    ['module.exports = f', `module.exports = task; ${F}`, '', { exportName: 'module.exports' }],
    ['module.exports = arrow', 'module.exports = (x) => x + k;', '', { exportName: 'module.exports' }],
    ['module.exports = { f }', `module.exports = { task }; ${F}`, '.task', { exportName: 'task' }],
    ['module.exports = { f() {} }', 'module.exports = { task(x) { return x + k; } };', '.task', { exportName: 'task' }],
    [
      'module.exports = class',
      'module.exports = class { static add = 0; static task(x) { return x + k + this.add; } };',
      '.task',
      { exportName: 'module.exports', member: 'task' },
    ],
    ['module.exports.default', `module.exports.default = task; ${F}`, '.default', { exportName: 'default' }],
    ['exports.default', 'exports.default = (x) => x + k;', '.default', { exportName: 'default' }],
    ['exports.default, async', 'exports.default = async (x) => x + k;', '.default', { exportName: 'default' }],
    ['exports.default and a name', `exports.default = task; exports.task = task; ${F}`, '.default', { exportName: 'task' }],
    [
      'exports.default = class',
      `exports.default = class { static add = 0; static task(x) { return x + k + this.add; } };`,
      '.default.task',
      { exportName: 'default', member: 'task' },
    ],
    [
      'exports.default = { f }',
      `exports.default = { add: 0, task(x) { return x + k + this.add; } };`,
      '.default.task',
      { exportName: 'default', member: 'task' },
    ],
    [
      'exports.tasks = { f }',
      `exports.tasks = { add: 0, task(x) { return x + k + this.add; } };`,
      '.tasks.task',
      { exportName: 'tasks', member: 'task' },
    ],
    [
      'exports.default of a whole that is a function',
      `module.exports = Object.assign(() => 'whole', { default: (x) => x + k });`,
      '.default',
      { exportName: 'default' },
    ],
    [
      'a whole that has a default',
      `module.exports = Object.assign((x) => x + k, { default: () => 'default' });`,
      '',
      { exportName: 'module.exports' },
    ],
    [
      'the same, compiled',
      `module.exports = Object.assign((x) => x + k, { default: () => 'default', __esModule: true });`,
      '',
      { exportName: 'module.exports' },
    ],
    ['both are one', `module.exports = task; module.exports.default = task; ${F}`, '.default', { exportName: 'module.exports' }],
    ['without a prototype', `module.exports = Object.assign(Object.create(null), { task }); ${F}`, '.task', { exportName: 'task' }],
    [
      'a getter of its own name',
      `Object.defineProperty(exports, 'task', { enumerable: true, get: () => task }); ${F}`,
      '.task',
      { exportName: 'task' },
    ],
    ['tsc: named', `"use strict"; ${FLAG} exports.task = task; ${F}`, '.task', { exportName: 'task' }],
    [
      'tsc: const',
      `"use strict"; ${FLAG} exports.task = void 0; const task = (x) => x + k; exports.task = task;`,
      '.task',
      { exportName: 'task' },
    ],
    ['tsc: default', `"use strict"; ${FLAG} exports.default = task; ${F}`, '.default', { exportName: 'default' }],
    ['tsc: default arrow', `"use strict"; ${FLAG} exports.default = (x) => x + k;`, '.default', { exportName: 'default' }],
    ['tsc: export =', `"use strict"; module.exports = task; ${F}`, '', { exportName: 'module.exports' }],
    [
      'tsc: export *',
      `"use strict"; var __createBinding = (this && this.__createBinding) || (Object.create ? (function(o, m, k, k2) {
          if (k2 === undefined) k2 = k;
          var desc = Object.getOwnPropertyDescriptor(m, k);
          if (!desc || ("get" in desc ? !m.__esModule : desc.writable || desc.configurable)) { desc = { enumerable: true, get: function() { return m[k]; } }; }
          Object.defineProperty(o, k2, desc);
        }) : undefined);
        var __exportStar = function(m, exports) { for (var p in m) if (p !== "default" && !Object.prototype.hasOwnProperty.call(exports, p)) __createBinding(exports, m, p); };
        ${FLAG} __exportStar(require('./${OTHER}'), exports);`,
      '.elsewhere',
      { exportName: 'elsewhere' },
      OTHER,
    ],
    [
      'tsc: export { f as g } from',
      `"use strict"; ${FLAG} exports.renamed = void 0; var other_1 = require('./${OTHER}'); Object.defineProperty(exports, "renamed", { enumerable: true, get: function () { return other_1.elsewhere; } });`,
      '.renamed',
      { exportName: 'elsewhere' },
      OTHER,
    ],
    [
      'Babel',
      `"use strict"; ${FLAG} exports.default = void 0; const _default = x => x + k; var _default2 = exports.default = _default;`,
      '.default',
      { exportName: 'default' },
    ],
    [
      'Babel: export *',
      `"use strict"; ${FLAG} var _o = require('./${OTHER}'); Object.keys(_o).forEach(function (key) { if (key === "default" || key === "__esModule") return;
        if (key in exports && exports[key] === _o[key]) return; Object.defineProperty(exports, key, { enumerable: true, get: function () { return _o[key]; } }); });`,
      '.elsewhere',
      { exportName: 'elsewhere' },
      OTHER,
    ],
    [
      'Babel: add-module-exports',
      `"use strict"; ${FLAG} exports.default = void 0; var _default = exports.default = x => x + k; module.exports = exports.default; module.exports.default = exports.default;`,
      '',
      { exportName: 'module.exports' },
    ],
    ...(
      [
        ['named', '.task', 'task'],
        ['default', '.default', 'default'],
      ] as const
    ).map(
      ([label, path, name]) =>
        [
          `esbuild: ${label}`,
          `"use strict"; var __defProp = Object.defineProperty; var __name = (target, value) => __defProp(target, "name", { value, configurable: true });
            var __export = (target, all) => { for (var name in all) __defProp(target, name, { get: all[name], enumerable: true }); };
            var __copyProps = (to, from) => { for (let key of Object.getOwnPropertyNames(from)) if (!Object.hasOwn(to, key)) __defProp(to, key, { get: () => from[key], enumerable: true }); return to; };
            var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);
            var x_exports = {}; __export(x_exports, { ${name}: () => made }); module.exports = __toCommonJS(x_exports); const made = /* @__PURE__ */ __name((x) => x + k, "${name}");`,
          path,
          { exportName: name },
        ] as const,
    ),
    [
      'swc',
      `"use strict"; ${FLAG} function _export(target, all) { for (var name in all) Object.defineProperty(target, name, { enumerable: true, get: Object.getOwnPropertyDescriptor(all, name).get }); }
        _export(exports, { get default() { return _default; }, get task() { return task; } }); const task = (x) => x + k; const _default = (x) => x + k;`,
      '.default',
      { exportName: 'default' },
    ],
    ['Rollup', `'use strict'; const task = (x) => x + k; exports.default = task; exports.t = task;`, '.t', { exportName: 't' }],
    // Not supported: members of members, lists, and getters with other names, which may run any code.
    ['two objects deep', `exports.a = { b: { task } }; ${F}`, '.a.b.task', undefined],
    ['in a list', `module.exports = [task]; ${F}`, '[0]', undefined],
    ['a getter of another name', `Object.defineProperty(exports, 'lazy', { get: () => task }); ${F}`, '.lazy', undefined],
  ];
  const file = (index: number): string => `shape-${index}.cjs`;
  const cases = SHAPES.map(([label, , path], index) => `${JSON.stringify(label)}: [load('./${file(index)}')${path}, 1]`).join(',\n');
  const OTHER_FILE = 'const k = 10; exports.elsewhere = (x) => x + k;';

  beforeAll(() => {
    write(OTHER, OTHER_FILE);
    for (const [index, [, text]] of SHAPES.entries())
      write(file(index), `${text.startsWith('"use') ? '"use strict"; ' : ''}const k = 10; ${text}`);
    write('main.cjs', `const load = require; import(${REPORT}).then(({ report }) => report({ ${cases} }));`);
    write(
      'main.mjs',
      `import { createRequire } from 'node:module'; import { report } from ${REPORT};
      const names = Object.fromEntries(await Promise.all(${JSON.stringify(SHAPES.map((_, index) => `./${file(index)}`))}.map(async (name) => [name, await import(name)])));
      const load = (name) => (names[name], createRequire(import.meta.url)(name)); await report({ ${cases} });`,
    );
  });

  describe.each(['main.cjs', 'main.mjs'])('required or imported: %s', (main) => {
    let of: (label: string) => Outcome;
    beforeAll(async () => {
      of = await outcomesOf([join(folder, main)]);
    });

    test.each(SHAPES.map(([label], index) => [label, index] as const))('%s', (label, index) => {
      const [, , , reference, from] = SHAPES[index] as (typeof SHAPES)[number];
      const { error, failure, descriptor, value } = of(label);
      if (reference === undefined) {
        expect(error.message).toMatch(/it uses `k` .*export it/);
        return;
      }
      expect(error).toBeUndefined();
      expect(failure).toBeUndefined();
      expect(descriptor).toMatchObject({ kind: 'module', url: pathToFileURL(join(folder, from ?? file(index))).href, ...reference });
      expect(value).toBe(11);
    });
  });
});

describe.skipIf(process.platform === 'win32')('every character that a path can hold', () => {
  const NAMES = [
    'plain',
    'a%b',
    'a%20b',
    'a%41',
    'a#b',
    'a?b',
    'a b',
    'a\tb',
    'ab',
    'a\nb',
    'a\r\nb',
    'üñ☃😀',
    'e\u0301',
    'a"b',
    "a'b",
    'a`b',
    'a[b]',
    '[eval]',
  ];
  const MORE = [
    'a{b}',
    'a|b',
    'a^b',
    'a~b',
    'a;b',
    'a&b',
    'a+b',
    'a=b',
    'a@b',
    'a:b',
    'a,b',
    'a<b>',
    'a*b',
    'a$b',
    'a!b',
    '(a)',
    '-a',
    '.a',
    'a\u00a0b',
    'a\u2028b',
    'a\x01b',
    'a\x7fb',
  ];
  // Node cannot import an ES module from a folder with a backslash in its name.
  const BACKSLASH = 'a\\b';
  const all = [...NAMES, ...MORE, BACKSLASH];
  const canRequireModules = 'require_module' in process.features && process.features.require_module === true;
  const kinds = (name: string): readonly string[] => [
    'module.exports',
    'exports',
    'exports.default',
    'inline',
    ...(name === BACKSLASH ? [] : ['ES', 'ES default', 'ES checked', ...(stripsTypes ? ['TypeScript'] : [])]),
    ...(canRequireModules ? ['CommonJS checked'] : []),
  ];
  let of: (label: string) => Outcome;

  beforeAll(async () => {
    for (const [index, name] of all.entries()) {
      const inside = (file: string): string => join('paths', name, file);
      mkdirSync(join(folder, 'paths', name), { recursive: true });
      const k = `const k = ${index};`;
      write(inside('whole.cjs'), `${k} module.exports = (x) => x + k;`);
      write(
        inside('named.cjs'),
        `${k} exports.named = (x) => x + k; exports.default = (x) => x + k; exports.inline = () => (x) => x + ${index};`,
      );
      write(
        inside('tasks.mjs'),
        `import { defineTask } from ${CHECKED}; ${k} export const task = (x) => x + k; export default (x) => x + k;
        export const checked = defineTask({ input: { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }) } } }, (x) => x + k);`,
      );
      write(inside('tasks.ts'), `${k} export const task = (x: number): number => x + k;`);
      write(
        inside('checked.cjs'),
        `const { defineTask } = require(require('node:url').fileURLToPath(${CHECKED})); ${k}
        exports.task = defineTask({ input: { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }) } } }, (x) => x + k);`,
      );
    }
    write('paths/package.json', '{ "type": "module" }');
    const main = write(
      'paths.mjs',
      `import { createRequire } from 'node:module'; import { join } from 'node:path'; import { pathToFileURL } from 'node:url';
      import { report } from ${REPORT};
      const require = createRequire(import.meta.url); const cases = {};
      for (const [name, kinds] of ${JSON.stringify(all.map((name) => [name, kinds(name)]))}) {
        const path = (file) => join(${JSON.stringify(join(folder, 'paths'))}, name, file); const load = (file) => import(pathToFileURL(path(file)).href);
        const made = { 'module.exports': () => require(path('whole.cjs')), exports: () => require(path('named.cjs')).named, 'exports.default': () => require(path('named.cjs')).default,
          inline: () => require(path('named.cjs')).inline(), ES: async () => (await load('tasks.mjs')).task, 'ES default': async () => (await load('tasks.mjs')).default,
          'ES checked': async () => (await load('tasks.mjs')).checked, TypeScript: async () => (await load('tasks.ts')).task, 'CommonJS checked': () => require(path('checked.cjs')).task };
        for (const kind of kinds) cases[name + ' ' + kind] = [await made[kind](), 1];
      }
      await report(cases);`,
    );
    of = await outcomesOf([main]);
    // 360 modules.
  }, 40_000);

  test.each(all)('%j', (name) => {
    for (const kind of kinds(name)) {
      const { error, failure, value, descriptor } = of(`${name} ${kind}`);
      expect(error?.message, kind).toBeUndefined();
      expect(failure?.message, kind).toBeUndefined();
      expect(descriptor.kind, kind).toBe(kind === 'inline' ? 'source' : 'module');
      expect(value, kind).toBe(1 + all.indexOf(name));
    }
  });

  test.each(['a%b', 'a#b', 'a?b', 'a b', 'a\tb', 'a\nb', 'üñ☃😀'])('of the entry itself: %j', async (name) => {
    const entry = (extension: string, start: string): string =>
      write(join('paths', name, `entry.${extension}`), `${start} const k = 7; const { isMainThread } = threads;`);
    const es = entry('mjs', "import threads from 'node:worker_threads'; export const task = (x) => x + k; export default (x) => x + k;");
    writeFileSync(es, ` if (isMainThread) { const { report } = await import(${REPORT}); await report({ task: [task, 1] }); }`, {
      flag: 'a',
    });
    const cjs = entry('cjs', "const threads = require('node:worker_threads'); exports.default = (x) => x + k;");
    writeFileSync(cjs, ` if (isMainThread) import(${REPORT}).then(({ report }) => report({ task: [exports.default, 1] }));`, { flag: 'a' });
    for (const main of [es, cjs]) {
      const { error, failure, value, descriptor } = (await outcomesOf([main]))('task');
      expect([error, failure, value]).toEqual([undefined, undefined, 8]);
      expect(descriptor).toMatchObject({ url: pathToFileURL(main).href, entry: true });
    }
  });
});
