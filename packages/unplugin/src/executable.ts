/**
 * `@twinpool/unplugin/executable`: makes one script of a built program, for Node's single executables and `bun build --compile`.
 *
 *   started by a user      files --> a private temporary folder --> import of the main file; the folder is removed at the end
 *   started by twinpool    the text of the worker's program comes on descriptor 3 and runs; no file of the program, no code of the user
 *
 * The files are real files while the program runs: `import.meta.url`, top-level await, source maps and the task modules of workers need nothing of
 * their own.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What `pack` takes. Paths are relative to the working directory. */
export interface PackOptions {
  /** The output folder of the build. Everything in it becomes part of the script. */
  readonly folder: string;
  /** The main file, relative to `folder`. Default: `main.mjs`. */
  readonly main?: string | undefined;
  /** The script to write: CommonJS that needs no other file. */
  readonly outfile: string;
}

/**
 * Writes one script that is the whole program, and that serves as twinpool's worker when twinpool starts the executable again.
 *
 * @param options - The built program and the script; see `PackOptions`.
 * @returns Nothing.
 * @throws TypeError for an option that is unknown or wrong, and the error of the file system.
 *
 * @example
 * ```ts
 * import { pack } from '@twinpool/unplugin/executable';
 *
 * export const makeScript = () => pack({ folder: 'dist', main: 'main.mjs', outfile: 'app.cjs' });
 * ```
 */
export function pack(options: PackOptions): void {
  const { folder, main = 'main.mjs', outfile } = checked(options);
  const files = Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [withSlashes(path.slice(join(folder, '/').length)), readFileSync(path).toString('base64')]),
  );
  if (files[withSlashes(main)] === undefined) throw new TypeError(`pack(): main: ${folder} has no file '${main}'`);
  writeFileSync(outfile, `(${String(executable)})(${JSON.stringify(withSlashes(main))}, ${JSON.stringify(files)});\n`);
}

function withSlashes(path: string): string {
  return path.replaceAll('\\', '/');
}

const NAMES = ['folder', 'main', 'outfile'];

function checked(options: unknown): PackOptions {
  if (typeof options !== 'object' || options === null) throw new TypeError('pack(): expected { folder, main, outfile }');
  const faults = Object.keys(options)
    .filter((name) => !NAMES.includes(name))
    .map((name) => `${name}: is not an option`);
  for (const name of NAMES) {
    const value: unknown = Reflect.get(options, name);
    if (typeof value !== 'string' && !(name === 'main' && value === undefined))
      faults.push(`${name}: expected a path, got ${typeof value}`);
  }
  if (faults.length > 0) throw new TypeError(`pack(): ${faults.join('; ')}`);
  return options as PackOptions;
}

/** Becomes the script by its text: it may use nothing from outside. The switch and the frame on descriptor 3 are those of core's lanes/own-program.ts. */
function executable(main: string, files: Readonly<Record<string, string>>): void {
  const builtin = (name: string) => process.getBuiltinModule(name);
  const fs = builtin('node:fs') as typeof import('node:fs');
  const path = builtin('node:path') as typeof import('node:path');
  const Module = builtin('node:module') as unknown as {
    new (id: string): NodeJS.Module & { _compile(text: string, file: string): void };
    createRequire(file: string): NodeJS.Require;
  };
  const { setEnvironmentData } = builtin('node:worker_threads') as typeof import('node:worker_threads');
  const KEY = '@twinpool/core/executable';
  Reflect.set(globalThis, Symbol.for(KEY), true);
  // For threads.
  setEnvironmentData(KEY, true);
  if (process.argv[2] === '--twinpool-worker') {
    const read = (size: number): Buffer => {
      const bytes = Buffer.alloc(size);
      for (let at = 0; at < size; ) {
        try {
          const got = fs.readSync(3, bytes, at, size - at, null);
          if (got === 0) process.exit();
          at += got;
        } catch (error) {
          if ((error as { readonly code?: unknown }).code !== 'EAGAIN') throw error;
        }
      }
      return bytes;
    };
    const file = path.join(path.dirname(process.execPath), 'twinpool-worker.cjs');
    process.argv.splice(1, 2, file);
    const program = new Module(file);
    program.filename = file;
    program._compile(read(read(4).readUInt32LE(0)).toString(), file);
    return;
  }
  const { tmpdir } = builtin('node:os') as typeof import('node:os');
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(tmpdir()), 'twinpool-app-'));
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, Buffer.from(text, 'base64'), { mode: 0o600 });
  }
  const starter = path.join(folder, 'twinpool-start.cjs');
  fs.writeFileSync(starter, 'module.exports = (url) => import(url);\n');
  const file = path.join(folder, main);
  process.argv[1] = file;
  const { pathToFileURL } = builtin('node:url') as typeof import('node:url');
  const start = Module.createRequire(starter)(starter) as (url: string) => Promise<unknown>;
  // An error of the program is reported as without this script.
  start(pathToFileURL(file).href).catch((error: unknown) => {
    process.nextTick(() => {
      throw error;
    });
  });
}
