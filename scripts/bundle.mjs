// Builds the packages: every entry point as ES modules with the modules it needs in a few files, source maps that hold the sources, and
// the declarations (.d.ts) that can be reached from an entry point. What is in `dist` is what is published: no module that only tests
// import. The compiler checks types (`tsc -b`) and emits nothing.
//
//   entries of src --rolldown--> dist/<entry>.js, dist/chunk-*.js, each with its map
//                  --isolated declarations, followed from the entries--> dist/**/*.d.ts
//
// One output format is one call of `bundle`: another format (CommonJS) is one more entry of FORMATS with its own file extension.
//
// Few files, because a module of its own costs Node about half a millisecond to load, in the program and in each worker.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { isolatedDeclarationSync } from 'rolldown/experimental';
import { transformSync } from 'rolldown/utils';

const packages = fileURLToPath(new URL('../packages/', import.meta.url));

/**
 * `entries` are modules of `src`, by their path without extension. `programs` are entries that no user imports: they get no declarations.
 * `scripts` are single CommonJS files (.cts) that are transpiled and nothing else.
 */
const PUBLISHED = {
  core: {
    entries: ['index', 'facade/index', 'worker/index'],
    programs: ['worker/process', 'worker/thread', 'lanes/orphan-reaper-node'],
    scripts: ['worker/thread-entry'],
    // The option schemas with the parts of zod that they use: the whole of zod loads in about 50 ms, these parts in a few. CommonJS, because they
    // are loaded by `require` at first use, and in Jest `require` loads nothing else.
    required: { 'options/schemas': 'zod' },
    // The program that has workers, and each kind of worker: what two of them load is one file.
    together: [['index', 'facade/index'], ['worker/process'], ['worker/thread']],
  },
  pool: { entries: ['index'] },
  executor: { entries: ['index'] },
  adapters: { entries: ['index'] },
  migrate: { entries: ['index', 'command'], programs: ['bin'] },
  twinpool: { entries: ['index', 'pool', 'executor', 'adapters', 'core', 'worker'], programs: ['command'] },
};
const FORMATS = [{ format: 'esm', extension: 'js' }];

const isExternal = (id) => !id.startsWith('.') && !id.startsWith('/') && !/^[a-z]:[\\/]/i.test(id);
const common = { platform: 'node', tsconfig: false, treeshake: true, logLevel: 'warn', write: false };

for (const [name, shape] of Object.entries(PUBLISHED)) {
  const folder = join(packages, name);
  const files = new Map();
  for (const format of FORMATS) for (const [file, text] of await bundle(folder, shape, format)) files.set(file, text);
  for (const [entry, library] of Object.entries(shape.required ?? {})) {
    for (const [file, text] of await bundleRequired(folder, entry, library)) files.set(file, text);
  }
  for (const script of shape.scripts ?? []) for (const [file, text] of transpiled(folder, script)) files.set(file, text);
  for (const [file, text] of declarations(folder, shape.entries)) files.set(file, text);
  replaceAll(join(folder, 'dist'), files);
}
await buildTestkit(join(packages, 'testkit'));

/** The entries and chunks of a package in one format: text by file name. */
async function bundle(folder, { entries, programs = [], together = [] }, { format, extension }) {
  const files = new Map();
  const shared = await modulesOfSeveral(folder, together);
  const { output } = await build({
    ...common,
    input: inputOf(folder, [...entries, ...programs]),
    external: isExternal,
    output: {
      ...outputOf(folder, format, extension),
      ...(shared.size === 0 ? {} : { codeSplitting: { groups: [{ name: 'wire', test: (id) => shared.has(id) }] } }),
    },
  });
  for (const file of output) files.set(file.fileName, file.code ?? file.source);
  return files;
}

/** A module that is loaded by `require` at first use, in one CommonJS file with the parts of a library that it uses. */
async function bundleRequired(folder, entry, library) {
  const license = readFileSync(join(folder, 'node_modules', library, 'LICENSE'), 'utf8').trim();
  const banner = `/* Bundled with parts of ${library}:\n\n${license}\n*/`;
  const { output } = await build({
    ...common,
    input: inputOf(folder, [entry]),
    output: { ...outputOf(folder, 'cjs', 'cjs'), sourcemap: false, banner },
  });
  return output.map(({ fileName, code }) => [fileName, code]);
}

/** The modules that at least two of the programs load. */
async function modulesOfSeveral(folder, programs) {
  const seen = new Set();
  const several = new Set();
  for (const entries of programs) {
    const { output } = await build({ ...common, input: inputOf(folder, entries), external: isExternal, output: { format: 'esm' } });
    for (const id of new Set(output.flatMap(({ moduleIds = [] }) => moduleIds))) (seen.has(id) ? several : seen).add(id);
  }
  return several;
}

function inputOf(folder, entries) {
  return Object.fromEntries(entries.map((entry) => [entry, join(folder, 'src', `${entry}.ts`)]));
}

function outputOf(folder, format, extension) {
  return {
    // Nothing is written there by the bundler, but the sources in maps are named from here.
    dir: join(folder, 'dist'),
    format,
    sourcemap: true,
    entryFileNames: `[name].${extension}`,
    chunkFileNames: `chunk-[name].${extension}`,
    comments: false,
  };
}

function transpiled(folder, script) {
  const source = readFileSync(join(folder, 'src', `${script}.cts`), 'utf8');
  const { code, errors } = transformSync(`${script}.cts`, source, { lang: 'ts', tsconfig: false });
  if (errors.length > 0) throw new Error(`${script}.cts: ${errors[0].message}`);
  return [[`${script}.cjs`, code]];
}

/** The declarations that a user's compiler reads: those of the entries, and what they import, by file name. */
function declarations(folder, entries) {
  const files = new Map();
  const queue = entries.map((entry) => `${entry}.ts`);
  for (const file of queue) {
    const output = file.replace(/\.ts$/, '.d.ts');
    if (files.has(output)) continue;
    const { code, errors } = isolatedDeclarationSync(file, readFileSync(join(folder, 'src', file), 'utf8'), { sourcemap: false });
    if (errors.length > 0) throw new Error(`${join(folder, 'src', file)}: ${errors.map(({ message }) => message).join('\n')}`);
    const text = code.replace(/((?:from|import\()\s*|^import\s+)(["'])(\.[^"']+)\.ts\2/gm, (_all, before, quote, specifier) => {
      queue.push(posix.join(posix.dirname(file), `${specifier}.ts`));
      return `${before}${quote}${specifier}.js${quote}`;
    });
    // The compiler leaves `override` out of declarations: it says nothing to users.
    files.set(output, text.replace(/^(\s*(?:static |protected |abstract )*)override /gm, '$1'));
  }
  return files;
}

/**
 * Private, so it has no declarations of its own: its `exports` name the sources as types. One file per source, because tasks are found in the
 * module that defines them. `core.ts` alone is a bundle: inner modules of core, from core's sources.
 */
async function buildTestkit(folder) {
  const files = new Map();
  const inner = 'core';
  const entries = sourcesOf(join(folder, 'src')).filter((entry) => entry !== inner);
  const shapes = [
    { input: inputOf(folder, entries), output: { preserveModules: true, preserveModulesRoot: join(folder, 'src') } },
    { input: inputOf(folder, [inner]), output: {} },
  ];
  for (const { input, output } of shapes) {
    const built = await build({ ...common, input, external: isExternal, output: { ...outputOf(folder, 'esm', 'js'), ...output } });
    for (const file of built.output) files.set(file.fileName, file.code ?? file.source);
  }
  replaceAll(join(folder, 'dist'), files);
}

function sourcesOf(folder) {
  return readdirSync(folder, { recursive: true })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length));
}

/** Makes the folder hold these files. Chunks first, entries after them, each in one step: a program that starts meanwhile finds all of the old files or all of the new. */
function replaceAll(folder, files) {
  const names = [...files.keys()].sort((a, b) => Number(isEntry(a)) - Number(isEntry(b)));
  for (const name of names) replace(join(folder, name), files.get(name));
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1).replaceAll('\\', '/');
    if (entry.isFile() && !files.has(name)) rmSync(path);
  }
}

function isEntry(name) {
  return !name.startsWith('chunk-');
}

function replace(file, text) {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
