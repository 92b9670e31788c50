// Checks that imports point one way: between packages (MAY_IMPORT), between the folders of core (FOLDERS), for single specifiers (RULES), and that
// no package has a circle of imports, type imports included. It reads the import lines of the sources.
import { readFileSync } from 'node:fs';
import { conclude, filesOf, packages, root } from './workspace.mjs';

const MAY_IMPORT = {
  core: [],
  pool: ['core'],
  executor: ['core'],
  adapters: ['core', 'pool', 'executor'],
  bullmq: ['core'],
  migrate: [],
  unplugin: [],
  twinpool: ['core', 'pool', 'executor', 'adapters', 'bullmq', 'migrate'],
  testkit: ['core', 'pool', 'executor', 'adapters'],
};

/**
 * The folders of core, and what each may import, type imports included. A folder that is not named here may not exist. The files at the top of
 * `src` compose: they may import every folder.
 */
const FOLDERS = {
  facade: ['scheduling', 'jobs', 'observability', 'options', 'resources', 'wire', 'tasks', 'primitives', 'errors.ts', 'runtime.ts'],
  scheduling: ['lanes', 'jobs', 'observability', 'tasks', 'tasks/definition', 'primitives', 'errors.ts'],
  lanes: ['worker', 'wire', 'jobs', 'options', 'observability', 'resources', 'tasks', 'primitives', 'errors.ts'],
  jobs: ['tasks', 'tasks/definition', 'primitives', 'errors.ts'],
  worker: ['wire', 'tasks/loading', 'tasks/definition', 'resources', 'primitives', 'errors.ts'],
  tasks: ['tasks/definition', 'tasks/discovery', 'primitives', 'errors.ts'],
  'tasks/discovery': ['tasks', 'tasks/definition', 'primitives'],
  'tasks/loading': ['tasks/definition', 'primitives', 'errors.ts'],
  'tasks/definition': ['errors.ts'],
  wire: ['tasks/definition', 'primitives', 'errors.ts'],
  options: ['tasks/definition', 'jobs', 'resources', 'primitives', 'errors.ts'],
  observability: ['primitives'],
  resources: ['errors.ts'],
  primitives: [],
};
/** Specifiers of core. `from` and `to` match a source's path or a bare specifier; `except` takes files out; `types: true` covers type imports too. */
const RULES = [
  { from: /./, except: /^lanes\/thread-start\.ts$/, to: /^piscina$/, why: 'only lanes/thread-start.ts knows piscina' },
  {
    from: /./,
    except: /^(lanes\/(process|orphan-reaper)[\w-]*|options\/process-flags)\.ts$/,
    to: /^(node:)?child_process$/,
    types: true,
    why: 'only the process transport, its flags and the orphan reaper know child processes',
  },
  { from: /^scheduling\/scheduler\.ts$/, to: /^node:/, types: true, why: 'the scheduler does no I/O and has no clock' },
];
/** Bundles inner modules of core for tests (scripts/bundle.mjs). */
const FROM_SOURCES = new Set(['packages/testkit/src/core.ts']);
/** What a worker must not load, directly or through another file: each worker pays for it at its start. */
const TOO_HEAVY_FOR_A_WORKER =
  /^(index\.ts|options\/(check-options|resolve-options|schemas)\.ts|zod(\/.*)?|piscina|acorn|eslint-scope|@jridgewell\/.*)$/;

const IMPORT = /^\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;

function importsOf(file) {
  const text = readFileSync(file, 'utf8')
    .replace(/^\s*\/\*[\s\S]*?\*\//gm, '')
    .replace(/^\s*\/\/.*$/gm, '');
  return [...text.matchAll(IMPORT)].map(([, type, fixed, dynamic]) => ({
    to: fixed ?? dynamic,
    type: type !== undefined,
    lazy: dynamic !== undefined,
  }));
}

/** A relative specifier as a path from the package's src; undefined when it leaves it. */
function resolve(from, to) {
  const path = new URL(to, `file:///src/${from}`).pathname;
  return path.startsWith('/src/') ? path.slice('/src/'.length) : undefined;
}

const problems = [];
let looked = 0;
for (const { folder } of packages) {
  const allowed = MAY_IMPORT[folder];
  if (allowed === undefined) problems.push(`packages/${folder}: say in scripts/check-directions.mjs what it may import`);
  const graph = new Map();
  for (const file of filesOf(`${root}packages/${folder}/src`).filter((name) => name.endsWith('.ts'))) {
    looked += 1;
    const where = `packages/${folder}/src/${file}`;
    const edges = [];
    for (const { to, type, lazy } of importsOf(`${root}${where}`)) {
      const target = to.startsWith('.') ? resolve(file, to) : to;
      const ours = /^(?:@twinpool\/)?(\w+)(\/|$)/.exec(to.startsWith('@twinpool/') || /^twinpool(\/|$)/.test(to) ? to : '')?.[1];
      if (target === undefined && FROM_SOURCES.has(where)) continue;
      if (target === undefined) problems.push(`${where}: '${to}' leaves the package; import it by its name`);
      else if (ours !== undefined && ours !== folder && !allowed?.includes(ours))
        problems.push(`${where}: ${folder} does not import ${ours}`);
      else edges.push({ to: target, type, lazy });
      if (folder !== 'core' || target === undefined) continue;
      const [here, there] = [folderOf(file), to.startsWith('.') ? folderOf(target) : undefined];
      if (there !== undefined && here !== there && here in FOLDERS && !FOLDERS[here].includes(there))
        problems.push(`${where}: ${here} does not import ${there} ('${to}')`);
      if (!(here in FOLDERS) && here !== file) problems.push(`${where}: say in scripts/check-directions.mjs what ${here} may import`);
      for (const rule of RULES) {
        if (type && !rule.types) continue;
        if (rule.from.test(file) && !rule.except?.test(file) && rule.to.test(target))
          problems.push(`${where}: imports '${to}'; ${rule.why}`);
      }
    }
    graph.set(file, edges);
  }
  for (const circle of circlesOf(graph)) problems.push(`packages/${folder}/src: a circle of imports: ${circle.join(' -> ')}`);
  if (folder === 'core') for (const entry of graph.keys()) if (/^worker(\/|\.ts$)/.test(entry)) checkWeight(graph, entry);
}

/** The folder of a source of core; of a file at the top, the file itself. */
function folderOf(file) {
  const at = file.lastIndexOf('/');
  return at === -1 ? file : file.slice(0, at);
}

/** One circle for each file that an import leads back to: depth first, each file is finished once. */
function circlesOf(graph) {
  const circles = [];
  const finished = new Set();
  const visit = (file, way) => {
    const from = way.indexOf(file);
    if (from !== -1) circles.push([...way.slice(from), file]);
    if (from !== -1 || finished.has(file)) return;
    for (const { to } of graph.get(file) ?? []) if (graph.has(to)) visit(to, [...way, file]);
    finished.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return circles;
}

/** Follows the imports that run when the module is loaded (not `import type`, not `import()`). */
function checkWeight(graph, entry) {
  const cameFrom = new Map([[entry, undefined]]);
  for (const file of cameFrom.keys()) {
    for (const { to, type, lazy } of graph.get(file) ?? []) {
      if (type || lazy || cameFrom.has(to)) continue;
      cameFrom.set(to, file);
      if (!TOO_HEAVY_FOR_A_WORKER.test(to)) continue;
      const way = [to];
      for (let step = file; step !== undefined; step = cameFrom.get(step)) way.unshift(step);
      problems.push(`packages/core/src/${entry}: loads what is too heavy for a worker: ${way.join(' -> ')}`);
    }
  }
}

/** For packages that extend WorkerRuntime with workers elsewhere; core/test/extension.test.ts uses them as such a package does. */
const FOR_RUNTIMES = new Set(['RuntimeCore', 'Transport', 'TransportFactory', 'TransportOwner']);

/** `@twinpool/core/facade` has no name that none of its users imports. */
function checkFacade() {
  const users = ['pool', 'executor', 'adapters', 'bullmq', 'twinpool'].flatMap((folder) =>
    filesOf(`${root}packages/${folder}/src`).map((file) => readFileSync(`${root}packages/${folder}/src/${file}`, 'utf8')),
  );
  const facade = readFileSync(`${root}packages/core/src/facade/index.ts`, 'utf8').replace(/^\/\*[\s\S]*?\*\//, '');
  for (const [, names] of facade.matchAll(/export (?:type )?\{([^}]*)\}/g)) {
    for (const name of names.split(',').map((each) => each.replace(/\btype\b/, '').trim())) {
      if (name !== '' && !FOR_RUNTIMES.has(name) && !users.some((text) => new RegExp(`\\b${name}\\b`).test(text)))
        problems.push(`packages/core/src/facade/index.ts: no facade imports ${name}; tests import it from core's sources`);
    }
  }
}
checkFacade();

conclude('directions', problems, `${looked} files`);
