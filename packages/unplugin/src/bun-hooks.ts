/**
 * The plugin of Bun: task modules are added to the entries before the build, and the URLs are put into the files that were written.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
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
  const entries = outputs.filter(({ kind }) => kind === 'entry-point').map(({ path }) => resolve(path));
  const fileOf = ({ file }: TaskModule) => {
    const stem = basename(file).replace(/\.[cm]?[jt]sx?$/, '');
    const found = entries.find((path) => basename(path).replace(/\.[cm]?js$/, '') === stem && endsAlike(dirname(path), dirname(file)));
    return found === undefined ? undefined : withSlashes(relative(folder, found));
  };
  for (const { path } of outputs) {
    if (!/\.[cm]?js$/.test(path)) continue;
    const code = readFileSync(path, 'utf8');
    const replaced = build.replace(code, { from: withSlashes(relative(folder, resolve(path))), isModule: format !== 'cjs' }, fileOf);
    if (replaced !== code) writeFileSync(path, replaced);
  }
}

function endsAlike(_output: string, _source: string): boolean {
  return true;
}
