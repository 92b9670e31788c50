/**
 * One build of a program with task modules, whatever the bundler: which modules are task modules, what is changed in a source, and what the
 * placeholders in the output become.
 *
 *   begin --> task modules (entries of the build) --> transform, per source --> replaceUrls, per output file
 *
 * Knows no bundler: rollup-hooks.ts, webpack-hooks.ts and esbuild-hooks.ts call it at their times.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { findTaskModules, type TaskModule, taskModule, withSlashes } from './find-task-modules.ts';
import { hasPlaceholder, type Output, replaceUrls } from './output-url.ts';
import type { CheckedOptions } from './plugin-options.ts';
import { type Transformed, transformModule } from './transform-module.ts';

const REGISTER = '@twinpool/core/register';
const SOURCE = /\.[cm]?[jt]sx?$/;
/** What the specifier of a compiled file may stand for. */
const SOURCES_OF: Readonly<Record<string, readonly string[]>> = { '.js': ['.ts', '.tsx', '.jsx'], '.mjs': ['.mts'], '.cjs': ['.cts'] };

export class TwinpoolBuild {
  readonly #options: CheckedOptions;
  #root = process.cwd();
  #outputs: readonly string[] = [];
  #modules = new Map<string, TaskModule>();
  #registerFrom = REGISTER;
  /** Builds so far, less one: above 0 in watch mode. */
  #version = -1;

  constructor(options: CheckedOptions) {
    this.#options = options;
  }

  get root(): string {
    return this.#root;
  }
  get version(): number {
    return Math.max(0, this.#version);
  }
  get modules(): readonly TaskModule[] {
    return [...this.#modules.values()];
  }

  /** `outputs`: folders that the build writes, which hold no sources. */
  configure(root: string, outputs: readonly (string | undefined)[]): void {
    this.#root = resolve(root);
    this.#outputs = outputs.filter((folder) => folder !== undefined).map((folder) => resolve(root, folder));
  }

  /** At the start of each build. `warn` is called with each fault of the options that shows now. */
  begin(warn: (message: string) => void): readonly TaskModule[] {
    this.#version += 1;
    const { modules, warnings } = findTaskModules(this.#root, this.#options, this.#outputs);
    for (const warning of warnings) warn(`twinpool: ${warning}`);
    // A module that only a reference names stays one.
    for (const module of modules) this.#modules.set(module.file, module);
    this.#registerFrom = registerSpecifier(this.#root);
    return this.modules;
  }

  isSource(file: string): boolean {
    return SOURCE.test(bare(file)) && !/[\\/]node_modules[\\/]/.test(file) && !file.includes('\0');
  }

  /** `added` is called for a module that a `taskRef` names and no pattern matches: it has to become an entry. */
  transform(code: string, file: string, added?: (module: TaskModule) => void): Transformed | undefined {
    const path = withSlashes(bare(file));
    return transformModule(code, path, {
      id: this.#modules.get(path)?.id,
      registerFrom: this.#registerFrom,
      idOfReference: (specifier) => this.#reference(specifier, path, added)?.id,
    });
  }

  replace(code: string, output: Omit<Output, 'version'>, fileOf: (module: TaskModule) => string | undefined): string {
    if (!hasPlaceholder(code)) return code;
    const byId = new Map(this.modules.map((module) => [module.id, module]));
    return replaceUrls(code, { ...output, version: this.version }, (id) => {
      const module = byId.get(id);
      return module && fileOf(module);
    });
  }

  #reference(specifier: string, importer: string, added: ((module: TaskModule) => void) | undefined): TaskModule | undefined {
    const file = sourceOf(join(dirname(importer), specifier));
    if (file === undefined) return undefined;
    const known = this.#modules.get(withSlashes(file));
    if (known !== undefined || added === undefined) return known;
    const module = taskModule(this.#root, file);
    this.#modules.set(module.file, module);
    added(module);
    return module;
  }
}

/** The file, or the source that it is compiled from. */
function sourceOf(file: string): string | undefined {
  if (existsSync(file)) return file;
  const extension = /\.[cm]?js$/.exec(file)?.[0] ?? '';
  return SOURCES_OF[extension]?.map((other) => file.slice(0, -extension.length) + other).find((source) => existsSync(source));
}

function bare(file: string): string {
  return file.replace(/[?#].*$/, '');
}

/** The bare name where the project can resolve it, else (a strict node_modules) the path of the file, which then becomes part of the output. */
function registerSpecifier(root: string): string {
  const fromRoot = createRequire(join(root, 'package.json'));
  try {
    fromRoot.resolve(REGISTER);
    return REGISTER;
  } catch {
    for (const name of ['twinpool', '@twinpool/pool', '@twinpool/executor']) {
      try {
        return withSlashes(createRequire(fromRoot.resolve(name)).resolve(REGISTER));
      } catch {
        // Another one may be installed.
      }
    }
  }
  throw new Error(`twinpool: \`${REGISTER}\` cannot be found from ${root}; install twinpool there`);
}
