// Builds the packages: every entry point as ES modules and as CommonJS of the same sources, the programs that workers run as single CommonJS
// files, source maps that hold the sources, and the declarations that can be reached from an entry point, for both formats. What is in `dist` is
// what is published: no module that only tests import. The compiler checks types (`tsc -b`) and emits nothing.
//
//   entries of src --rolldown--> dist/<entry>.js, dist/chunk-*.js, each with its map; dist/<entry>.cjs, dist/chunk-*.cjs
//   scripts of src --rolldown--> dist/<script>.cjs, one file each; their text is also in the chunks that start workers (`define`)
//                  --isolated declarations, followed from the entries--> dist/**/*.d.ts, dist/**/*.d.cts
//
// A bundler that takes these files in finds all that they need through static imports and one literal `import()`. Therefore libraries and the
// texts of the programs are built in.
//
// One instance: a program may hold two copies of a package (tsx compiles once more what is required, a bundle has a copy of its own). The first copy
// of a build that runs in a realm gives its classes and functions to the others, through a property of `globalThis` (`shareExports`).
//
// Few files, because a module of its own costs Node about half a millisecond to load, in the program and in each worker.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { isolatedDeclarationSync } from 'rolldown/experimental';

const packages = fileURLToPath(new URL('../packages/', import.meta.url));

/**
 * `entries` are modules of `src`, by their path without extension. `commands` are started by Node: they get no declarations and no CommonJS.
 * `texts` names the programs whose text replaces a constant in the sources. `alone` entries share no chunk: `true` for those that users import.
 * `constants` names the functions that return a text that replaces a constant. `isShared`: its copies give one set of classes and functions. `live` are the exports whose values change: each copy keeps its own.
 */
const PUBLISHED = {
  core: {
    entries: ['index', 'facade/index', 'worker/index', 'testing'],
    alone: { register: true, 'tasks/syntax-libraries': false },
    texts: { WORKER_PROGRAM_TEXT: 'worker/twinpool-worker', REAPER_PROGRAM_TEXT: 'lanes/orphan-reaper-node' },
    // With the parts of zod that they use. Evaluated when the first options are checked: that takes some milliseconds.
    lazy: ['options/schemas'],
    isShared: true,
    // Every copy sets them (ownership.ts).
    live: ['isWorker', 'workerData', 'workerId', 'workerIndex', 'workerName'],
  },
  pool: { entries: ['index'], isShared: true },
  executor: { entries: ['index'], isShared: true },
  adapters: { entries: ['index'], isShared: true },
  bullmq: { entries: ['index', 'command'] },
  migrate: { entries: ['index', 'command'], commands: ['bin'] },
  unplugin: { entries: ['bun', 'esbuild', 'executable', 'next', 'rolldown', 'rollup', 'rspack', 'vite', 'webpack'] },
  twinpool: {
    entries: ['index', 'pool', 'executor', 'adapters', 'core', 'worker', 'testing'],
    commands: ['command', 'command/map-records'],
    constants: { ERROR_PAGES: errorPages },
  },
};
const FORMATS = [
  { format: 'esm', extension: 'js' },
  { format: 'cjs', extension: 'cjs' },
];

/** The exports of a file that the bundler wrote, in one line. */
const EXPORTS = /^export \{ (.*) \};$/m;
const NO_MAP = { version: 3, sources: [], names: [], mappings: '' };
/** Small libraries that are built in, so that an installation has fewer packages. */
const BUILT_IN = new Set([
  'js-tokens',
  'csv-parse/sync',
  // Of the progress bar.
  'cli-progress',
  'string-width',
  'strip-ansi',
  'ansi-regex',
  'emoji-regex',
  'is-fullwidth-code-point',
]);
const isExternal = (id) => !BUILT_IN.has(id) && !id.startsWith('.') && !id.startsWith('/') && !/^[a-z]:[\\/]/i.test(id);
const common = { platform: 'node', tsconfig: false, treeshake: true, logLevel: 'warn', write: false };

for (const [name, shape] of Object.entries(PUBLISHED)) {
  const folder = join(packages, name);
  const files = new Map();
  const licenses = new Set();
  const take = ({ output }) => {
    for (const file of output)
      files.set(file.fileName, file.fileName.endsWith('.map') ? publicMap(file.source) : inAscii(file.code ?? file.source));
    noteLicenses(output);
  };
  const noteLicenses = (output) => {
    for (const id of output.flatMap(({ moduleIds = [] }) => moduleIds)) licenses.add(packageOf(id));
  };
  const texts = {};
  for (const [constant, program] of Object.entries(shape.texts ?? {})) {
    take(await bundleProgram(folder, program, false));
    texts[constant] = JSON.stringify(inAscii((await bundleProgram(folder, program, true)).output[0].code));
  }
  for (const [constant, text] of Object.entries(shape.constants ?? {})) texts[constant] = JSON.stringify(text());
  const prebuilt = new Map();
  for (const module of shape.lazy ?? []) {
    const { output } = await bundleAlone(folder, module, FORMATS[0], false);
    noteLicenses(output);
    prebuilt.set(join(folder, 'src', `${module}.ts`), output[0].code);
  }
  let shared;
  for (const format of FORMATS) {
    const built = await bundle(folder, shape, format, texts, prebuilt);
    // Of the ES build: both formats of a build share.
    if (shape.isShared) shared ??= sharedExports(name, built.output, shape.live ?? []);
    take(built);
    if (shape.isShared) for (const [file, code] of shareExports(built.output, shared, format)) files.set(file, inAscii(code));
    for (const [entry, isPublic] of Object.entries(shape.alone ?? {})) take(await bundleAlone(folder, entry, format, isPublic));
    const typed = [...shape.entries, ...Object.keys(shape.alone ?? {}).filter((entry) => shape.alone[entry])];
    for (const [file, text] of declarations(folder, typed, format)) files.set(file, text);
  }
  licenses.delete(undefined);
  if (licenses.size > 0) files.set('third-party-licenses.txt', [...licenses].sort().map(licenseOf).join('\n'));
  replaceAll(join(folder, 'dist'), files);
}
await buildTestkit(join(packages, 'testkit'));

/**
 * A source map as it is published. A library that is built in has its name, and not its place on the machine that builds. Lines of the sources that are
 * a comment are empty: they take half of the room, the declarations have the docstrings, and the places in the code stay. So is the whole source of a
 * library.
 */
function publicMap(text) {
  const map = JSON.parse(text);
  map.sources = map.sources.map((source) => source.replace(/^.*\/node_modules\//, 'third-party/'));
  map.sourcesContent = map.sourcesContent.map((source, at) =>
    map.sources[at].startsWith('third-party/') ? '' : source.replace(/^[ \t]*(?:\/\*\*.*|\*(?:[ /].*)?|\/\/.*)$/gm, ''),
  );
  return JSON.stringify(map);
}

/** The pages of docs/errors by their name, as JSON. A fence has its language only: the other words are for scripts/check-docs.mjs. */
function errorPages() {
  const folder = fileURLToPath(new URL('../docs/errors/', import.meta.url));
  const names = readdirSync(folder).filter((name) => name.endsWith('.md'));
  const textOf = (name) =>
    readFileSync(join(folder, name), 'utf8')
      .replaceAll('\r\n', '\n')
      .replace(/^```(\w+) .*$/gm, '```$1');
  return JSON.stringify(Object.fromEntries(names.sort().map((name) => [name.replace(/\.md$/, ''), textOf(name)])));
}

/**
 * Node's own modules as values that are asked for, not imported. An `import` reads each property of such a module, also the getters: of
 * `node:process` the three standard streams, of `node:fs` its promises. That loads about 30 further modules of Node (a tenth of the import). The lines
 * stay, so the map does.
 */
function withoutFacades(code) {
  return code.replace(/^import (?:([\w$]+),? )?(?:\{ (.*) \} )?from "node:([\w/]+)";$/gm, (_all, whole, names, module) => {
    const value = module === 'process' ? 'globalThis.process' : `globalThis.process.getBuiltinModule("node:${module}")`;
    const parts = names === undefined ? [] : [`const { ${names.replaceAll(' as ', ': ')} } = ${value};`];
    return [...(whole === undefined ? [] : [`const ${whole} = ${value};`]), ...parts].join(' ');
  });
}

/**
 * With one character that is not ASCII, V8 keeps a file as two bytes for each character, and Node decodes it in three times the time (a fifth of
 * the time to compile `chunk-runtime.js`). These characters stand in strings, templates and regular expressions only.
 */
function inAscii(code) {
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The entries and chunks of a package in one format. */
async function bundle(folder, { entries, commands = [], alone = {} }, { format, extension }, texts, prebuilt) {
  const source = (module) => join(folder, 'src', `${module}.ts`);
  const { output } = await build({
    ...common,
    input: inputOf(folder, [...entries, ...(format === 'esm' ? commands : [])]),
    external: isExternal,
    transform: { define: texts },
    plugins: [separate(Object.keys(alone).map(source), join(folder, 'src'), extension), lazily(prebuilt)],
    // 'named': `require()` gives an object with `default`, as it does for the ES build.
    output: { ...outputOf(folder, format, extension), exports: 'named' },
  });
  const files = output.map((file) => {
    if (file.type !== 'chunk') return file;
    const { type, fileName, code, exports, moduleIds } = file;
    return { type, fileName, exports, moduleIds, code: format === 'esm' ? withoutFacades(code) : code };
  });
  return { output: files };
}

/** The classes and functions that each file of the ES build defines and exports, by the file's name without extension, and the key of this build. */
function sharedExports(name, output, live) {
  const chunks = output.filter(({ type }) => type === 'chunk');
  const hash = createHash('sha256').update(chunks.map(({ fileName, code }) => fileName + code).join('\n'));
  const files = new Map();
  for (const { fileName, code } of chunks) {
    const imported = new Set(
      [...code.matchAll(/^import \{ (.*) \} from /gm)].flatMap(([, list]) => specifiersOf(list).map(({ to }) => to)),
    );
    const own = specifiersOf(EXPORTS.exec(code)?.[1] ?? '').filter(({ from, to }) => !imported.has(from) && !live.includes(to));
    // The bundler's helpers differ between the formats.
    files.set(
      withoutExtension(fileName),
      own.filter(({ to }) => !to.startsWith('__')),
    );
  }
  return { key: `@twinpool/${name} ${hash.digest('hex').slice(0, 16)}`, files };
}

/** `from as to` or `name`, in a list of imports or exports. */
function specifiersOf(list) {
  return list
    .split(', ')
    .filter(Boolean)
    .map((one) => {
      const [from, to = from] = one.split(' as ');
      return { from, to };
    });
}

function withoutExtension(fileName) {
  return fileName.replace(/\.c?js$/, '');
}

/** The code of files whose exports are replaced by those of the first copy that ran. All is added behind the code, whose lines the map knows. */
function shareExports(output, { key, files }, { format }) {
  const changed = new Map();
  for (const chunk of output.filter(({ type }) => type === 'chunk')) {
    const file = withoutExtension(chunk.fileName);
    const own = files.get(file);
    if (own === undefined) throw new Error(`${chunk.fileName} is not in the ES build`);
    if (own.length === 0) continue;
    const place = `(globalThis[Symbol.for(${JSON.stringify(key)})] ??= { __proto__: null })[${JSON.stringify(file)}]`;
    if (format === 'esm') {
      const taken = `const { ${own.map(({ to }) => `${to}: ${to}$shared`).join(', ')} } = ${place} ??= { __proto__: null, ${own.map(({ from, to }) => (from === to ? to : `${to}: ${from}`)).join(', ')} };`;
      const names = new Set(own.map(({ to }) => to));
      const code = chunk.code.replace(EXPORTS, (_all, list) => {
        const all = specifiersOf(list).map(({ from, to }) =>
          names.has(to) ? `${to}$shared as ${to}` : from === to ? to : `${from} as ${to}`,
        );
        return `${taken}\nexport { ${all.join(', ')} };`;
      });
      changed.set(chunk.fileName, code);
    } else {
      const missing = own.filter(({ to }) => !chunk.exports.includes(to));
      if (missing.length > 0) throw new Error(`${chunk.fileName} does not export ${missing.map(({ to }) => to).join(', ')}`);
      const code = `
const shared$ = ${place} ??= exports;
if (shared$ !== exports) {
	const own = Object.getOwnPropertyDescriptors(exports);
	for (const name of ${JSON.stringify(own.map(({ to }) => to))}) own[name] = { value: shared$[name], enumerable: true };
	module.exports = Object.defineProperties({}, own);
}
`;
      changed.set(chunk.fileName, chunk.code + code);
    }
  }
  return changed;
}

/** An entry in one file, with what it uses of other packages. */
function bundleAlone(folder, entry, { format, extension }, isPublic) {
  const output = { ...outputOf(folder, format, extension), codeSplitting: false };
  return build({
    ...common,
    input: inputOf(folder, [entry]),
    output: isPublic ? output : { ...output, minify: true, sourcemap: false },
  });
}

/**
 * A program that a worker runs: one file that needs no other file. CommonJS, because Node starts it faster than an ES module. It has no map: the map would
 * hold the same sources a second time, a tenth of what an installation takes.
 */
function bundleProgram(folder, program, isText) {
  return build({
    ...common,
    input: inputOf(folder, [program]),
    output: { ...outputOf(folder, 'cjs', 'cjs'), codeSplitting: false, minify: isText },
  });
}

/** The folder of the package that a module is of, when it is not ours. */
function packageOf(id) {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id.replace('\0', ''))?.[0];
}

function licenseOf(folder) {
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const text = readFileSync(join(folder, file ?? 'README.md'), 'utf8');
  const license = file === undefined ? /^#+ licen[cs]e$(.*)/ims.exec(text)?.[1] : text;
  if (license === undefined) throw new Error(`${name} has no license`);
  return `${name} ${version}\n\n${license.trim()}\n`;
}

/** An `import()` of an entry that shares no chunk stays an import of its file. */
function separate(modules, folder, extension) {
  return {
    name: 'separate',
    resolveId(specifier, importer) {
      const module = importer === undefined ? undefined : join(dirname(importer), specifier);
      if (!modules.includes(module)) return undefined;
      // Every chunk lies in `dist` itself.
      const id = `./${module
        .slice(folder.length + 1)
        .replaceAll('\\', '/')
        .replace(/ts$/, extension)}`;
      return { id, external: true };
    },
    // Jest has no `import()` for CommonJS.
    transform: (code) =>
      extension === 'cjs' && /\bimport\('\.[^']*'\)/.test(code)
        ? { code: code.replace(/\bimport\(('\.[^']*')\)/g, 'Promise.resolve(require($1))'), map: null }
        : undefined,
  };
}

/** Evaluates these modules at the first use of their namespace. ECMAScript has no syntax for that yet; a bundle can do it. */
function lazily(prebuilt) {
  return {
    name: 'lazily',
    load(id) {
      const code = prebuilt.get(id);
      return code === undefined ? undefined : { code, moduleType: 'js', map: NO_MAP };
    },
    transform(code, id) {
      let changed = code;
      for (const [line, name, specifier] of code.matchAll(/^import \* as (\w+) from ['"](\.[^'"]+)['"];$/gm)) {
        if (!prebuilt.has(join(dirname(id), specifier))) continue;
        changed = changed.replace(line, '').replace(new RegExp(`\\b${name}\\b`, 'g'), `require('${specifier}')`);
      }
      return changed === code ? undefined : { code: changed, map: null };
    },
  };
}

function inputOf(folder, entries) {
  return Object.fromEntries(entries.map((entry) => [entry, join(folder, 'src', `${entry}.ts`)]));
}

function outputOf(folder, format, extension) {
  return {
    // Nothing is written there by the bundler, but the sources in maps are named from here.
    dir: join(folder, 'dist'),
    format,
    sourcemap: format === 'esm',
    entryFileNames: `[name].${extension}`,
    chunkFileNames: `chunk-[name].${extension}`,
    // Both formats name the exports of chunks alike.
    minifyInternalExports: false,
    // Of comments only those that bundlers obey.
    comments: { legal: false, annotation: true, jsdoc: false },
  };
}

/**
 * The declarations that a user's compiler reads: those of the entries, and what they import, by file name. An ES module may import CommonJS, but not
 * the reverse. So the declarations for ES modules name those for CommonJS, and a class has one type in both formats. Only a default export
 * means something else there: such entries have declarations of their own for each format.
 */
function declarations(folder, entries, { extension }) {
  const files = new Map();
  const isDefault = (entry) => /^export default /m.test(readFileSync(join(folder, 'src', `${entry}.ts`), 'utf8'));
  if (extension === 'js' && !entries.some(isDefault)) {
    for (const entry of entries) files.set(`${entry}.d.ts`, `export * from "./${posix.basename(entry)}.cjs";\n`);
    return files;
  }
  const suffix = extension === 'cjs' ? '.d.cts' : '.d.ts';
  const queue = entries.map((entry) => `${entry}.ts`);
  for (const file of queue) {
    const output = file.replace(/\.ts$/, suffix);
    if (files.has(output)) continue;
    const { code, errors } = isolatedDeclarationSync(file, readFileSync(join(folder, 'src', file), 'utf8'), { sourcemap: false });
    if (errors.length > 0) throw new Error(`${join(folder, 'src', file)}: ${errors.map(({ message }) => message).join('\n')}`);
    const text = code.replace(/((?:from|import\()\s*|^import\s+)(["'])(\.[^"']+)\.ts\2/gm, (_all, before, quote, specifier) => {
      queue.push(posix.join(posix.dirname(file), `${specifier}.ts`));
      return `${before}${quote}${specifier}.${extension}${quote}`;
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
    { input: inputOf(folder, [inner]), output: {}, external: () => false },
  ];
  for (const { input, output, external = isExternal } of shapes) {
    const built = await build({ ...common, input, external, output: { ...outputOf(folder, 'esm', 'js'), ...output } });
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
