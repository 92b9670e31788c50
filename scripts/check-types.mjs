// Type-checks the files that `tsc -b` does not check: tests, type tests (*.test-d.ts), examples, benches and scripts.
// Requires a build, because these files import the packages by name.
import { existsSync } from 'node:fs';
import { conclude, filesOf, packages, root, run } from './workspace.mjs';

/** Tests that load the packages from their sources; the others import the built ones. */
const FROM_SOURCES = 'packages/twinpool/test/faults/simulated';
const folders = [...packages.map(({ folder }) => `packages/${folder}/test`), FROM_SOURCES, 'examples', 'bench', 'chaos', 'scripts'].filter(
  (folder) => existsSync(`${root}${folder}/tsconfig.json`) && filesOf(`${root}${folder}`).some((file) => /\.[cm]?tsx?$/.test(file)),
);
const problems = [];
for (const folder of folders) {
  const { code, stdout } = await run(process.execPath, ['node_modules/typescript/bin/tsc', '--pretty', 'false', '-p', folder]);
  if (code !== 0) problems.push(...stdout.trim().split('\n'));
}
conclude('types', problems, folders.join(', '));
