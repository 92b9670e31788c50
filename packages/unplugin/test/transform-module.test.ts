/** What the plugin changes in sources, and what it says of options. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { findTaskModules } from '../src/find-task-modules.ts';
import { placeholder, replaceUrls } from '../src/output-url.ts';
import { checkOptions } from '../src/plugin-options.ts';
import { transformModule } from '../src/transform-module.ts';

const ID = '0123456789';
const context = (id: string | undefined, known: Record<string, string> = {}) => ({
  id,
  registerFrom: '@twinpool/core/register',
  idOfReference: (specifier: string) => known[specifier],
});

describe('a task module', () => {
  it('registers its namespace before its own code, whose lines stay where they are', () => {
    const code = "import { x } from './x.js';\nexport const f = (y: number): number => x + y;\n";
    const changed = transformModule(code, '/app/f.tasks.ts', context(ID));
    expect(changed?.code.startsWith(`;__twinpoolRegister(${placeholder(ID)}, () => __twinpoolTasks);${code}`)).toBe(true);
    expect(changed?.code).toContain('from "@twinpool/core/register"');
    expect(changed?.code).toContain('import * as __twinpoolTasks from "./f.tasks.ts"');
    expect(changed?.code).toContain(placeholder(ID));
    expect(changed?.warnings).toEqual([]);
  });

  it.each([
    ["'use strict'\nexport const f = () => 1;", /^'use strict';__twinpoolRegister\(.*\);\nexport/],
    ['#!/usr/bin/env node\nexport const f = () => 1;', /^#!\/usr\/bin\/env node\n;__twinpoolRegister\(.*\);export/],
  ])('keeps what has to come first: %j', (code, expected) => {
    expect(transformModule(code, '/app/f.tasks.js', context(ID))?.code).toMatch(expected);
  });

  it('of CommonJS registers what it exports', () => {
    const changed = transformModule('exports.f = (x) => x;\n', '/app/f.tasks.cjs', context(ID));
    expect(changed?.code).toContain('require("@twinpool/core/register").register(');
    expect(changed?.code).toContain("{ 'module.exports': module.exports }");
  });

  it('loses its directive, of which bundlers warn', () => {
    const changed = transformModule("'use tasks';\nexport function f() {}\n", '/app/f.js', context(ID));
    expect(changed?.code).toMatch(/^ {12};__twinpoolRegister[^\n]*;\nexport function f/);
  });

  it.each([
    ['export const a = 1;', true],
    ['export type T = string;', true],
    ['const f = 3; export { f };', true],
    ['', true],
    ['const f = () => 1; export { f };', false],
    ["export * from './other.js';", false],
    ['export default () => 1;', false],
    ['export class A { static f() {} }', false],
    ['export const f = defineTask({}, g);', false],
  ])('is warned of when it exports no function: %s', (code, isWarned) => {
    const changed = transformModule(`import 'x';\n${code}\n`, '/app/f.ts', context(ID));
    expect(changed?.warnings).toHaveLength(isWarned ? 1 : 0);
  });
});

describe('a reference', () => {
  it('to a module of the build names its output file', () => {
    const code = "const f = taskRef(new URL('./f.js', import.meta.url), 'f');\n";
    const changed = transformModule(code, '/app/main.js', context(undefined, { './f.js': ID }));
    expect(changed?.code).toBe(`const f = taskRef(${placeholder(ID)}, 'f');\n`);
  });

  it.each([
    "taskRef(new URL('./g.js', import.meta.url), 'g')",
    "taskRef(new URL('./f.js', base), 'f')",
    "other(new URL('./f.js', import.meta.url))",
  ])('to another file stays: %s', (code) => {
    expect(transformModule(code, '/app/main.js', context(undefined, { './f.js': ID }))).toBeUndefined();
  });
});

describe('the URL', () => {
  it.each([
    [true, 0, 'main.mjs', 'new URL("./tasks/f.mjs",import.meta.url).href'],
    [true, 2, 'a/main.mjs', 'new URL("../tasks/f.mjs?v=2",import.meta.url).href'],
    [false, 0, 'main.cjs', 'require("node:url").pathToFileURL(__dirname+"/tasks/f.mjs").href'],
  ])('has the length of what it replaces: module %s, version %i, from %s', (isModule, version, from, expected) => {
    const code = `register(${placeholder(ID)}, x)`;
    const replaced = replaceUrls(code, { from, isModule, version }, () => 'tasks/f.mjs');
    expect(replaced.replace(/ +,/, ',')).toBe(`register(${expected}, x)`);
    expect(replaced).toHaveLength(code.length);
  });

  it('of a source has the time of its last change, whenever the code runs', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'twinpool-source-')), 'f.js');
    const code = replaceUrls(placeholder(ID), { from: '', isModule: true, version: 0 }, () => pathToFileURL(file).href);
    const url = () => new Function(`return ${code}`)() as string;
    expect(url()).toBe(`${pathToFileURL(file).href}?v=0`);
    const urls = [1, 2].map((seconds) => {
      writeFileSync(file, '');
      utimesSync(file, seconds, seconds);
      return url();
    });
    rmSync(dirname(file), { recursive: true });
    expect(urls).toEqual([1000, 2000].map((time) => `${pathToFileURL(file).href}?v=${time}`));
  });

  it('stands in a string of code, too', () => {
    const replaced = replaceUrls(JSON.stringify(`f(${placeholder(ID)})`), { from: 'm.js', isModule: false, version: 0 }, () => 'f.js');
    expect(JSON.parse(replaced)).toMatch(/^f\(require\('node:url'\)\.pathToFileURL\(__dirname\+'\/f\.js'\)\.href +\)$/);
  });
});

describe('task modules', () => {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-tasks-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const files = {
    'a.tasks.ts': '',
    'sub/b.task.mjs': '',
    'c.js': "// comment\n'use strict';\n'use tasks';\n",
    'd.js': "const text = 'use tasks';\n",
    'dist/e.tasks.js': '',
    'node_modules/x/f.tasks.js': '',
    'types.tasks.d.ts': '',
  };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const found = (tasks?: string | string[]) => {
    const { modules, warnings } = findTaskModules(folder, checkOptions(tasks === undefined ? undefined : { tasks }), []);
    return { files: modules.map(({ file }) => file.slice(folder.length + 1)), warnings };
  };

  it('are found by name and by directive', () => {
    expect(found()).toEqual({ files: ['a.tasks.ts', 'c.js', 'sub/b.task.mjs'], warnings: [] });
  });

  it('are found by patterns, and a pattern without a match is a warning', () => {
    const { files: matched, warnings } = found(['dist/*.js', 'nothing/*.ts']);
    expect(matched).toEqual(['c.js', 'dist/e.tasks.js']);
    expect(warnings).toEqual([`the pattern 'nothing/*.ts' matches no file in ${folder}`]);
  });
});

describe('options', () => {
  it.each([
    [null, /expected an object of options, got null/],
    [{ task: 'x' }, /task: is not an option; `tasks` is the only one/],
    [{ tasks: 7 }, /tasks: expected a glob or an array of globs, got a value of type number/],
    [{ tasks: [] }, /tasks: expected a glob or an array of globs, got an empty array/],
    [{ tasks: [''] }, /tasks: expected a glob or an array of globs, got an array with other values/],
  ])('that are wrong are refused: %o', (options, message) => {
    expect(() => checkOptions(options)).toThrow(message);
  });
});
