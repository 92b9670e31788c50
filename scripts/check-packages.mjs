// Checks what would be published: packs every public package, and looks at the tarballs only. publint and attw read each; then they are
// put into an empty project, where every subpath is imported, required (one and the same module) and type-checked by a stranger.
// Wants the packages built.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { conclude, filesOf, packages, root, run } from './workspace.mjs';

const published = packages.filter(({ manifest }) => !manifest.private);
const names = new Set(published.map(({ manifest }) => manifest.name));
const problems = [];
const report = (what, { code, stdout, stderr }) => {
  if (code !== 0) problems.push(`${what}:\n${`${stdout}${stderr}`.trimEnd()}`);
};

/** tsc never deletes what it built from a source that is gone, and it would be published. */
function checkStale({ folder }) {
  const sources = new Set(filesOf(`${root}packages/${folder}/src`));
  // The chunks of bundles (scripts/bundle.mjs, which removes old ones itself) are made of many sources.
  const isOfOneSource = (name) => name.endsWith('.js') && !name.startsWith('chunk-');
  for (const file of filesOf(`${root}packages/${folder}/dist`).filter(isOfOneSource)) {
    if (!sources.has(file.replace(/\.js$/, '.ts'))) problems.push(`packages/${folder}/dist/${file} has no source: npm run clean`);
  }
}

/** What is loaded by `require` while a program runs: Jest, below Node 24.9, cannot load an ES module that way. */
function checkRequired({ folder }) {
  for (const file of filesOf(`${root}packages/${folder}/dist`).filter((name) => name.endsWith('.js'))) {
    const text = readFileSync(`${root}packages/${folder}/dist/${file}`, 'utf8');
    for (const [, wanted] of text.matchAll(/\brequire\w*\(['"](\.[^'"]+)['"]\)/g)) {
      if (!wanted.endsWith('.cjs')) problems.push(`packages/${folder}/dist/${file} requires ${wanted}, which is an ES module`);
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
    const packed = readFileSync(join(target, 'package.json'), 'utf8');
    if (/"(workspace|catalog):/.test(packed)) problems.push(`${manifest.name}: its packed manifest still says workspace: or catalog:`);
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
  if (require(door) !== imported) throw new Error(door + ': require() and import() differ');
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
  for (const each of published) {
    checkStale(each);
    checkRequired(each);
  }
  const tarballs = await pack(folder);
  if (tarballs.size !== published.length) problems.push(`packed ${tarballs.size} of ${published.length} packages`);
  await Promise.all(
    [...tarballs].map(async ([name, tarball]) => {
      report(`publint ${name}`, await run(`${root}node_modules/.bin/publint`, ['run', tarball, '--strict']));
      report(`attw ${name}`, await run(`${root}node_modules/.bin/attw`, [tarball, '--profile', 'esm-only']));
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
conclude('packages', problems, [...names].join(', '));
