/**
 * The hooks of Rollup, which Rolldown and Vite have, too: task modules are emitted as chunks that keep their exports.
 *
 * Vite's dev server builds nothing: there the source itself is what workers load, with the time of its last change in the URL.
 */
import { basename, dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type TaskModule, withSlashes } from './find-task-modules.ts';
import type { TwinpoolBuild } from './twinpool-build.ts';

interface Context {
  emitFile(file: { type: 'chunk'; id: string; name: string; preserveSignature: 'strict' }): string;
  getFileName(reference: string): string;
  warn(message: string): void;
}
interface OutputOptions {
  readonly file?: string | undefined;
  readonly format?: string | undefined;
}
interface InputOptions {
  readonly input?: string | readonly string[] | Readonly<Record<string, string>> | undefined;
}
interface Chunk {
  readonly type: string;
  readonly fileName: string;
  readonly facadeModuleId?: string | null;
  code?: string;
}

export class RollupHooks {
  readonly #build: TwinpoolBuild;
  readonly #references = new Map<string, string>();
  /** Task modules that the user's options make entries. Emitted once more, they would get another name. */
  #inputs: ReadonlySet<string> = new Set();
  isServing = false;

  constructor(build: TwinpoolBuild) {
    this.#build = build;
  }

  buildStart(context: Context, options?: InputOptions): void {
    this.#references.clear();
    this.#inputs = new Set(inputsOf(options?.input).map((input) => withSlashes(resolve(this.#build.root, input))));
    const modules = this.#build.begin((message) => context.warn(message));
    if (!this.isServing) for (const module of modules) this.#emit(context, module);
  }

  transform(context: Context, code: string, id: string): { code: string; map: unknown } | undefined {
    const added = this.isServing ? () => undefined : (module: TaskModule) => this.#emit(context, module);
    const transformed = this.#build.transform(code, id, added);
    for (const warning of transformed?.warnings ?? []) context.warn(`twinpool: ${warning}`);
    if (transformed === undefined || !this.isServing) return transformed;
    const urls = this.#build.replace(transformed.code, { from: '', isModule: true }, sourceUrl);
    return { code: urls, map: transformed.map };
  }

  /** A single file has no room for entries of their own: the same name, in the folder of that file. */
  outputOptions<T extends OutputOptions>(options: T): T | undefined {
    if (options.file === undefined || this.#references.size === 0) return undefined;
    const { file } = options;
    const extension = extname(file);
    const isTask = ({ facadeModuleId }: { facadeModuleId?: string | null }) => this.#references.has(facadeModuleId ?? '');
    return {
      ...options,
      file: undefined,
      dir: dirname(file),
      inlineDynamicImports: false,
      entryFileNames: (chunk: Chunk) => (isTask(chunk) ? `[name]${extension}` : basename(file)),
      chunkFileNames: `[name]-[hash]${extension}`,
    };
  }

  generateBundle(context: Context, { format }: OutputOptions, bundle: Readonly<Record<string, Chunk>>): void {
    const isModule = format !== 'cjs' && format !== 'commonjs';
    const own = new Map(Object.values(bundle).map((chunk) => [chunk.facadeModuleId, chunk.fileName] as const));
    const fileOf = ({ file }: TaskModule) => {
      if (this.#inputs.has(file)) return own.get(file);
      const reference = this.#references.get(file);
      return reference === undefined ? undefined : context.getFileName(reference);
    };
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk' || chunk.code === undefined) continue;
      const code = this.#build.replace(chunk.code, { from: chunk.fileName, isModule }, fileOf);
      if (code !== chunk.code) chunk.code = code;
    }
  }

  #emit(context: Context, { file, name }: TaskModule): void {
    if (this.#references.has(file) || this.#inputs.has(file)) return;
    this.#references.set(file, context.emitFile({ type: 'chunk', id: file, name, preserveSignature: 'strict' }));
  }
}

function inputsOf(input: InputOptions['input']): readonly string[] {
  return typeof input === 'string' ? [input] : Object.values(input ?? {});
}

function sourceUrl({ file }: TaskModule): string {
  return pathToFileURL(file).href;
}
