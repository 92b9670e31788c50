/**
 * Finds the task modules of a project: the files that match the patterns, and the files with the directive `'use tasks'`.
 *
 * They are looked for on disk before the build, not in the module graph: a module that only a `taskRef` names is in no graph, and esbuild takes
 * entries only at its start.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, relative, resolve } from 'node:path';
import { globSync } from 'tinyglobby';
import type { CheckedOptions } from './plugin-options.ts';

export interface TaskModule {
  /** Absolute, with forward slashes, as bundlers name modules. */
  readonly file: string;
  /** Stands for it in the code until its output file is known. */
  readonly id: string;
  /** Of the entry; unique in the project. */
  readonly name: string;
}

export interface FoundModules {
  readonly modules: readonly TaskModule[];
  readonly warnings: readonly string[];
}

const SOURCES = '**/*.{ts,tsx,mts,cts,js,mjs,cjs,jsx}';
const NEVER = ['**/node_modules/**', '**/.*/**', '**/*.d.{ts,mts,cts}'];
/** Folders that tools write. A pattern of the user may name them. */
const OUTPUTS = ['**/{dist,build,out,output,coverage}/**'];
/** Other directives, comments and a hashbang may stand before it. */
const DIRECTIVE = /^(?:\s|\/\/.*|\/\*[\s\S]*?\*\/|#!.*|(?:'use \w+'|"use \w+");?)*(?:'use tasks'|"use tasks")/;

/** `outputs`: folders that this build writes. */
export function findTaskModules(root: string, { patterns, isGiven }: CheckedOptions, outputs: readonly string[]): FoundModules {
  const files = new Set<string>();
  const warnings: string[] = [];
  const isOutput = (file: string) => outputs.some((folder) => folder !== root && file.startsWith(`${withSlashes(folder)}/`));
  const list = (pattern: string, ignore: readonly string[]): string[] =>
    globSync(pattern, { cwd: root, absolute: true, ignore: [...ignore], expandDirectories: false })
      .map(withSlashes)
      .filter((file) => !isOutput(file));
  for (const pattern of patterns) {
    const matched = list(pattern, isGiven ? NEVER : [...NEVER, ...OUTPUTS]);
    for (const file of matched) files.add(file);
    if (matched.length === 0 && isGiven) warnings.push(`the pattern '${pattern}' matches no file in ${root}`);
  }
  for (const file of list(SOURCES, [...NEVER, ...OUTPUTS])) if (!files.has(file) && hasDirective(file)) files.add(file);
  if (files.size === 0 && !isGiven)
    warnings.push(`no task module in ${root}: no file matches '${patterns.join("', '")}' or has the directive 'use tasks'`);
  return { modules: [...files].sort().map((file) => taskModule(root, file)), warnings };
}

export function taskModule(root: string, file: string): TaskModule {
  const id = createHash('sha256')
    .update(withSlashes(relative(root, file)))
    .digest('hex')
    .slice(0, 10);
  const stem = basename(file)
    .replace(/\.[cm]?[jt]sx?$/, '')
    .replace(/\.tasks?$/, '');
  return { file: withSlashes(resolve(file)), id, name: `tasks/${stem.replace(/[^\w.-]/g, '_') || 'tasks'}-${id.slice(0, 6)}` };
}

export function withSlashes(path: string): string {
  return path.replaceAll('\\', '/');
}

function hasDirective(file: string): boolean {
  const text = readFileSync(file, 'utf8');
  return text.includes('use tasks') && DIRECTIVE.test(text);
}
