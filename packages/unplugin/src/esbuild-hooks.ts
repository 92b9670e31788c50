/**
 * The plugin of esbuild: task modules are added to the entries before the build, and the URLs are put into the files that were written.
 *
 * Entries of esbuild decide where others are written: `outfile` becomes `outdir`, and `outbase` stays what it would have been.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import { type TaskModule, withSlashes } from './find-task-modules.ts';
import type { TwinpoolBuild } from './twinpool-build.ts';

type Entry = string | { in: string; out: string };
export interface BuildOptions {
  absWorkingDir?: string | undefined;
  entryPoints?: Entry[] | Record<string, string> | undefined;
  outfile?: string | undefined;
  outdir?: string | undefined;
  outbase?: string | undefined;
  outExtension?: Record<string, string> | undefined;
  format?: string | undefined;
  metafile?: boolean | undefined;
  stdin?: unknown;
}
interface OutputFile {
  readonly path: string;
  contents: Uint8Array;
  readonly text: string;
}
interface Result {
  readonly metafile?: { readonly outputs: Readonly<Record<string, { readonly entryPoint?: string }>> } | undefined;
  readonly outputFiles?: OutputFile[] | undefined;
}
export interface PluginBuild {
  readonly initialOptions: BuildOptions;
  onStart(run: () => { warnings: { text: string }[] } | undefined): void;
  onEnd(run: (result: Result) => void): void;
}

export function setUpEsbuild({ initialOptions: options, onStart, onEnd }: PluginBuild, build: TwinpoolBuild): void {
  const root = options.absWorkingDir ?? process.cwd();
  build.configure(root, [options.outdir]);
  let warnings: string[] = [];
  const modules = build.begin((message) => warnings.push(message));
  if (modules.length > 0) addEntries(options, root, modules);
  options.metafile = true;
  const isModule = options.format === 'esm';
  let isFirst = true;
  onStart(() => {
    if (!isFirst) build.begin((message) => warnings.push(message));
    isFirst = false;
    const texts = warnings.map((text) => ({ text }));
    warnings = [];
    return texts.length === 0 ? undefined : { warnings: texts };
  });
  onEnd(({ metafile, outputFiles }) => {
    if (metafile === undefined) return;
    const outdir = resolve(root, options.outdir ?? '.');
    const relativeTo = (path: string) => withSlashes(path).slice(withSlashes(outdir).length + 1);
    const files = new Map<string, string>();
    for (const [output, { entryPoint }] of Object.entries(metafile.outputs)) {
      if (entryPoint !== undefined) files.set(withSlashes(resolve(root, entryPoint)), relativeTo(resolve(root, output)));
    }
    const fileOf = ({ file }: TaskModule) => files.get(file);
    const replace = (path: string, code: string) => build.replace(code, { from: relativeTo(path), isModule }, fileOf);
    if (outputFiles !== undefined) {
      for (const file of outputFiles) {
        if (!/\.[cm]?js$/.test(file.path)) continue;
        const replaced = replace(file.path, file.text);
        if (replaced !== file.text) file.contents = new TextEncoder().encode(replaced);
      }
      return;
    }
    for (const output of Object.keys(metafile.outputs)) {
      const path = resolve(root, output);
      if (!/\.[cm]?js$/.test(path)) continue;
      const code = readFileSync(path, 'utf8');
      const replaced = replace(path, code);
      if (replaced !== code) writeFileSync(path, replaced);
    }
  });
}

function addEntries(options: BuildOptions, root: string, modules: readonly TaskModule[]): void {
  const given: Entry[] = Array.isArray(options.entryPoints)
    ? options.entryPoints
    : Object.entries(options.entryPoints ?? {}).map(([out, file]) => ({ in: file, out }));
  const { outfile } = options;
  let entries = given;
  if (outfile !== undefined) {
    const extension = extname(outfile);
    entries = given.map((entry) => ({ in: typeof entry === 'string' ? entry : entry.in, out: basename(outfile, extension) }));
    delete options.outfile;
    options.outdir = dirname(outfile);
    if (extension !== '.js' && extension !== '') options.outExtension = { ...options.outExtension, '.js': extension };
  }
  if (options.outbase === undefined) {
    const named = given.filter((entry) => typeof entry === 'string');
    if (named.length > 0) options.outbase = commonFolder(named.map((file) => dirname(resolve(root, file))));
  }
  const own = new Set(given.map((entry) => withSlashes(resolve(root, typeof entry === 'string' ? entry : entry.in))));
  const others = modules.filter(({ file }) => !own.has(file));
  options.entryPoints = [...entries, ...others.map(({ file, name }) => ({ in: file, out: name }))];
}

function commonFolder(folders: readonly string[]): string {
  const [first = '', ...others] = folders.map((folder) => withSlashes(folder).split('/'));
  const parts = [...first];
  for (const other of others) while (parts.some((part, at) => other[at] !== part)) parts.pop();
  return parts.join('/') || '/';
}
