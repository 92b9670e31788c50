// Puts the modules of each package together into a few files, beside those that tsc wrote: a module of its own costs Node about half a millisecond to load,
// and a program, and each of its workers, would load sixty of them. The doors are replaced; what tests import by the way of an inner module
// stays, and shares the doors of what has an identity (errors).
//
// The parts of zod that the option schemas use go into dist/schemas.cjs. The whole of zod loads in about 50 ms, these parts in a few; and who
// installs the packages gets one dependency less. CommonJS, since they are loaded by `require` at first use, which in Jest takes nothing else.
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const packages = fileURLToPath(new URL('../packages/', import.meta.url));
const DOORS = {
  core: ['index', 'facade', 'errors', 'worker/index', 'worker/process', 'worker/thread'],
  pool: ['index'],
  executor: ['index'],
  adapters: ['index'],
};
/** Loaded by every worker, and by the program that has workers: one file, since each costs either of them half a millisecond and more. */
const IN_EVERY_WORKER =
  /\/core\/src\/(?:(?:time|require-package)\.ts|wire\/|entries\.ts|worker\/(?!index|process|frame-input|thread)|task\/(?:reference|descriptor|standard-schema|checked|import-module|named-export|load|inline|confirm|syntax)\.ts)/;
const common = { platform: 'node', tsconfig: false, treeshake: true, logLevel: 'warn' };

await bundleSchemas();
for (const [name, doors] of Object.entries(DOORS)) await bundleDoors(`${packages}${name}`, doors);

async function bundleDoors(folder, doors) {
  const dist = `${folder}/dist`;
  const { output } = await build({
    ...common,
    input: Object.fromEntries(doors.map((door) => [door, `${folder}/src/${door}.ts`])),
    external: (id) => !id.startsWith('.') && !id.startsWith('/'),
    output: {
      dir: dist,
      format: 'esm',
      sourcemap: true,
      entryFileNames: '[name].js',
      chunkFileNames: 'chunk-[name].js',
      codeSplitting: { groups: [{ name: 'wire', test: IN_EVERY_WORKER }] },
      comments: false,
    },
    write: false,
  });
  // Chunks first, doors last, each in one step: whoever runs meanwhile finds all of the old or all of the new.
  const files = output.map(({ fileName, code, source }) => ({ fileName, text: code ?? source }));
  const chunks = files.filter(({ fileName }) => fileName.startsWith('chunk-'));
  for (const { fileName, text } of [...chunks, ...files.filter((file) => !chunks.includes(file))]) replace(`${dist}/${fileName}`, text);
  const wanted = new Set(chunks.map(({ fileName }) => fileName));
  for (const file of readdirSync(dist)) if (file.startsWith('chunk-') && !wanted.has(file)) rmSync(`${dist}/${file}`);
}

function replace(file, text) {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

async function bundleSchemas() {
  const core = `${packages}core/`;
  const license = readFileSync(`${core}node_modules/zod/LICENSE`, 'utf8').trim();
  const { output } = await build({
    ...common,
    input: `${core}src/schemas.ts`,
    write: false,
    output: { format: 'cjs', comments: false },
  });
  for (const file of ['schemas.js', 'schemas.js.map']) rmSync(`${core}dist/${file}`, { force: true });
  replace(`${core}dist/schemas.cjs`, `/* Bundled with parts of zod (https://zod.dev):\n\n${license}\n*/\n${output[0].code}`);
}
