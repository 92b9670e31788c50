// Checks what would be published: packs every public package, and looks at the tarballs only: what they hold and how much, the manifest, the
// README. publint and attw read each; then they are put into an empty project, where every subpath is imported, required (one and the same module) and type-checked by a stranger.
// Wants the packages built.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { conclude, packages, root, run } from './workspace.mjs';

const published = packages.filter(({ manifest }) => !manifest.private);
const names = new Set(published.map(({ manifest }) => manifest.name));
const problems = [];
const sizes = [];
const report = (what, { code, stdout, stderr }) => {
  if (code !== 0) problems.push(`${what}:\n${`${stdout}${stderr}`.trimEnd()}`);
};

/** The published packages are those of the contract, each with the most files and KiB (unpacked) that it may have. A tarball that grows beyond asks for a look, then for a new bound. */
const BOUNDS = {
  '@twinpool/adapters': [30, 200],
  '@twinpool/bullmq': [40, 500],
  '@twinpool/core': [140, 3300],
  '@twinpool/executor': [40, 400],
  '@twinpool/migrate': [30, 1500],
  '@twinpool/pool': [40, 360],
  '@twinpool/unplugin': [70, 250],
  // With the parsers and the progress bar of the command, and the pictures of the README.
  twinpool: [60, 450],
};
/** Besides `dist`, which scripts/bundle.mjs makes. */
const OTHER_FILES = ['LICENSE', 'README.md', 'package.json'];
const DIST_FILE = /^dist\/(?:[\w/.-]+\.(?:d\.c?ts|[cm]?js|[cm]?js\.map)|third-party-licenses\.txt)$/;
/** No public address is known. */
const UNKNOWN_FIELDS = ['repository', 'homepage', 'bugs'];

for (const name of names) if (!(name in BOUNDS)) problems.push(`${name}: is not among the published packages`);
for (const name of Object.keys(BOUNDS)) if (!names.has(name)) problems.push(`${name}: is not there, or private`);

/** What a tarball holds, unpacked in `target`. */
function checkContent(name, target) {
  const complain = (text) => problems.push(`${name}: ${text}`);
  const files = readdirSync(target, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(target.length + 1).replaceAll('\\', '/'))
    .sort();
  const text = (file) => readFileSync(join(target, file), 'utf8');
  const bytes = files.reduce((sum, file) => sum + statSync(join(target, file)).size, 0);
  const [mostFiles, mostKib] = BOUNDS[name] ?? [0, 0];
  sizes.push(`${name} ${files.length} files, ${Math.ceil(bytes / 1024)} KiB`);
  if (files.length > mostFiles) complain(`${files.length} files, the bound is ${mostFiles}`);
  if (bytes > mostKib * 1024) complain(`${Math.ceil(bytes / 1024)} KiB, the bound is ${mostKib}`);
  for (const file of OTHER_FILES) if (!files.includes(file)) complain(`has no ${file}`);
  for (const file of files.filter((each) => !OTHER_FILES.includes(each)))
    if (!DIST_FILE.test(file) && !picturesIn(text('README.md')).includes(file)) complain(`${file} is not of use to users`);
  if (files.includes('LICENSE') && text('LICENSE') !== readFileSync(`${root}LICENSE`, 'utf8'))
    complain('LICENSE is not the one of the root');
  checkManifest(complain, JSON.parse(text('package.json')));
  checkReadme(complain, name, text('README.md'));
  checkReachable(complain, files, text);
}

function checkManifest(complain, manifest) {
  if (!(manifest.keywords?.length >= 3)) complain('has fewer than three keywords');
  if (manifest.license !== 'MIT' || !manifest.description) complain('says no license, or has no description');
  for (const field of UNKNOWN_FIELDS) if (field in manifest) complain(`has the field ${field}`);
  for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    if (/^(?:workspace|catalog):/.test(range)) complain(`${name} is still ${range}`);
    if (names.has(name) && range !== manifest.version) complain(`${name} is ${range}, not the exact version ${manifest.version}`);
  }
  const installed = Object.keys(manifest.dependencies ?? {});
  if (manifest.name !== '@twinpool/migrate' && installed.some((name) => name === 'typescript' || name === '@twinpool/migrate'))
    complain('brings a compiler');
}

/** The pictures that a README shows from its own package. */
function picturesIn(readme) {
  return [...readme.matchAll(/!\[[^\]]*\]\((pictures\/[\w-]+\.svg)\)/g)].map(([, file]) => file);
}

function checkReadme(complain, name, readme) {
  if (!readme.startsWith(`# ${name}\n`)) complain('the README does not begin with its name');
  if (!/^npm install |^npx /m.test(readme) || !/^```js run( untyped)?$/m.test(readme))
    complain('the README has no install line, or no program');
}

/** Every module, declaration and map is there because of an entry; nothing refers to what is not in the tarball. */
function checkReachable(complain, files, text) {
  const { exports, imports = {}, bin = {} } = JSON.parse(text('package.json'));
  const named = (value) => (typeof value === 'string' ? [value] : Object.values(value).flatMap(named));
  const also = files.filter((file) => file.endsWith('/third-party-licenses.txt')).map((file) => `./${file}`);
  const queue = [
    ...named(exports),
    ...named(imports),
    ...named(bin),
    ...also,
    ...picturesIn(text('README.md')).map((file) => `./${file}`),
  ].map((path) => path.slice('./'.length));
  const reached = new Set();
  for (const file of queue) {
    if (reached.has(file)) continue;
    if (!files.includes(file)) {
      complain(`${file} is named and is not there`);
      continue;
    }
    reached.add(file);
    if (!/\.(?:c?ts|[cm]?js)$/.test(file)) continue;
    // A program writes its specifiers in double quotes here; single ones are in texts.
    const code = text(file).replace(/^\s*\/\*[\s\S]*?\*\//gm, '');
    for (const [, specifier] of code.matchAll(/(?:from|import|require|URL)\s*\(?\s*"(\.[^"']*\.[cm]?js)"/g)) {
      const target = posix.join(posix.dirname(file), specifier);
      queue.push(/\.d\.c?ts$/.test(file) ? target.replace(/\.(c?)js$/, '.d.$1ts') : target);
    }
    const map = /^\/\/# sourceMappingURL=(.*)$/m.exec(text(file))?.[1];
    if (map !== undefined) queue.push(posix.join(posix.dirname(file), map));
  }
  for (const file of files) if (!OTHER_FILES.includes(file) && !reached.has(file)) complain(`nothing leads to ${file}`);
  for (const file of files.filter((each) => each.endsWith('.map'))) {
    const { sources, sourcesContent } = JSON.parse(text(file));
    if (sourcesContent?.length !== sources.length || sourcesContent.some((source) => typeof source !== 'string'))
      complain(`${file} holds no sources`);
    for (const source of sources) if (!/^(?:(?:\.\.\/)+src|third-party)\//.test(source)) complain(`${file} names ${source}`);
  }
}

/** Modules that are loaded by `require` while a program runs: Jest, below Node 24.9, cannot load an ES module that way. */
function checkRequired({ folder, manifest }) {
  const dist = `${root}packages/${folder}/dist`;
  for (const file of readdirSync(dist, { recursive: true }).filter((name) => name.endsWith('.js'))) {
    const text = readFileSync(join(dist, file), 'utf8');
    for (const [, wanted] of text.matchAll(/\brequire\w*\(['"]([.#][^'"]+)['"]\)/g)) {
      const target = manifest.imports?.[wanted] ?? wanted;
      if (!/\.(?:cjs|json)$/.test(target)) problems.push(`packages/${folder}/dist/${file} requires ${wanted}, which is an ES module`);
    }
  }
}

async function pack(folder) {
  const { packageManager } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const filters = published.map(({ manifest }) => `--filter=${manifest.name}`);
  report('pack', await run('npx', ['-y', packageManager, '-r', ...filters, 'pack', '--pack-destination', folder]));
  return new Map(
    readdirSync(folder)
      .filter((file) => file.endsWith('.tgz'))
      .map((file) => [file.replace(/-\d+\.\d+\.\d+.*\.tgz$/, ''), join(folder, file)]),
  );
}

/** Unpacks the tarballs as an install would lay them; what is not ours is linked from where the workspace has it. */
async function install(project, tarballs) {
  const modules = join(project, 'node_modules');
  for (const { folder, manifest } of published) {
    const target = join(modules, manifest.name);
    mkdirSync(target, { recursive: true });
    const tarball = tarballs.get(manifest.name.replace('@', '').replace('/', '-'));
    report(`unpack ${manifest.name}`, await run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1']));
    checkContent(manifest.name, target);
    const packed = readFileSync(join(target, 'package.json'), 'utf8');
    for (const name of Object.keys(JSON.parse(packed).dependencies ?? {}).filter((dependency) => !names.has(dependency))) {
      link(join(modules, name), `${root}packages/${folder}/node_modules/${name}`);
    }
  }
  link(join(modules, '@types/node'), `${root}node_modules/@types/node`);
}

function link(from, to) {
  if (existsSync(from)) return;
  mkdirSync(dirname(from), { recursive: true });
  symlinkSync(realpathSync(to), from, 'dir');
}

async function use(project) {
  const doors = published.flatMap(({ manifest }) =>
    Object.keys(manifest.exports)
      .filter((door) => door !== './package.json')
      .map((door) => manifest.name + door.slice(1)),
  );
  const program = `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
process.on('warning', (warning) => { throw warning; });
for (const door of ${JSON.stringify(doors)}) {
  const imported = await import(door);
  // Node gives \`require()\` a wrapper of a module that has a default export.
  const required = require(door);
  const isOne = 'default' in imported ? required.default === imported.default : required === imported;
  if (!isOne) throw new Error(door + ': require() and import() differ');
  if (Object.keys(imported).length === 0) throw new Error(door + ': exports nothing');
  require(door.split('/').slice(0, door.startsWith('@') ? 2 : 1).join('/') + '/package.json');
}`;
  const types = doors.map((door, i) => `import * as door${i} from '${door}';`).join('\n');
  const options = {
    target: 'ES2022',
    module: 'NodeNext',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    types: ['node'],
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'stranger', private: true, type: 'module' }));
  writeFileSync(join(project, 'use.mjs'), program);
  writeFileSync(join(project, 'use.ts'), `${types}\nexport const doors = [${doors.map((_, i) => `door${i}`).join(', ')}];\n`);
  writeFileSync(join(project, 'use.cts'), `${types}\nexport const doors = [${doors.map((_, i) => `door${i}`).join(', ')}];\n`);
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['use.ts', 'use.cts'] }));
  report('import and require', await run(process.execPath, ['use.mjs'], { cwd: project, limit: 30_000 }));
  report('types', await run(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', project]));
}

const folder = mkdtempSync(join(tmpdir(), 'twinpool-packages-'));
try {
  for (const each of published) checkRequired(each);
  const tarballs = await pack(folder);
  if (tarballs.size !== published.length) problems.push(`packed ${tarballs.size} of ${published.length} packages`);
  await Promise.all(
    [...tarballs].map(async ([name, tarball]) => {
      report(`publint ${name}`, await run(`${root}node_modules/.bin/publint`, ['run', tarball, '--strict']));
      report(`attw ${name}`, await run(`${root}node_modules/.bin/attw`, [tarball]));
    }),
  );
  if (problems.length === 0) {
    const project = join(folder, 'project');
    await install(project, tarballs);
    await use(project);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
conclude('packages', problems, sizes.join('; '));
