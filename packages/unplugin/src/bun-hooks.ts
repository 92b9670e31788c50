/**
 * The plugin of Bun: task modules are added to the entries before the build, and the URLs are put into the files that were written.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { type TaskModule, withSlashes } from './find-task-modules.ts';
import type { TwinpoolBuild } from './twinpool-build.ts';

interface Config {
  root?: string | undefined;
  outdir?: string | undefined;
  format?: string | undefined;
  entrypoints: string[];
}
interface Artifact {
  readonly path: string;
  readonly kind: string;
}
export interface BunBuild {
  readonly config: Config;
  onEnd?(run: (result: { readonly outputs: readonly Artifact[] }) => void): void;
}

export function setUpBun({ config, onEnd }: BunBuild, build: TwinpoolBuild): void {
  const root = config.root ?? process.cwd();
  build.configure(root, [config.outdir]);
  const warnings: string[] = [];
  const modules = build.begin((message) => warnings.push(message));
  for (const warning of warnings) console.warn(warning);
  for (const { file } of modules) config.entrypoints.push(file);
  onEnd?.(({ outputs }) => finish(outputs, config, build));
}

function finish(outputs: readonly Artifact[], { outdir, format }: Config, build: TwinpoolBuild): void {
  if (outdir === undefined) return;
  const folder = resolve(outdir);
  const entries = outputs.filter(({ kind }) => kind === 'entry-point').map(({ path }) => withSlashes(resolve(path)));
  const fileOf = ({ file }: TaskModule) => {
    const found = outputOf(file, entries);
    return found === undefined ? undefined : withSlashes(relative(folder, found));
  };
  for (const { path } of outputs) {
    if (!/\.[cm]?js$/.test(path)) continue;
    const code = readFileSync(path, 'utf8');
    const replaced = build.replace(code, { from: withSlashes(relative(folder, resolve(path))), isModule: format !== 'cjs' }, fileOf);
    if (replaced !== code) writeFileSync(path, replaced);
  }
}

/** Bun says nothing of which entry became which file; it keeps the name, and the folders below the common one. */
function outputOf(source: string, entries: readonly string[]): string | undefined {
  const wanted = partsOf(source);
  const score = (path: string): number => {
    const parts = partsOf(path);
    let common = 0;
    while (common < parts.length && parts[common] === wanted[common]) common++;
    return common;
  };
  const scored = entries.map((path) => ({ path, common: score(path) })).filter(({ common }) => common > 0);
  return scored.sort((one, other) => other.common - one.common)[0]?.path;
}

/** The name without its extension, then the folders, the nearest first. */
function partsOf(path: string): string[] {
  return path
    .replace(/\.[cm]?[jt]sx?$/, '')
    .split('/')
    .reverse();
}
