// Runs the four classes on Bun, on Deno and on this Node, from the packed packages. Requires a build of the packages.
// Usage: node scripts/matrix-runtimes.mjs [bun|deno|node]...        default: all
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeProject } from './scratch-project.mjs';
import { conclude, root, run } from './workspace.mjs';

const LIMIT = 500_000;
const BUN = `@oven/bun-${process.platform}-${process.arch}`;
const DENO = `@deno/${process.platform}-${process.arch}${process.platform === 'linux' ? '-glibc' : ''}`;
const RUNTIMES = {
  bun: { install: { [BUN]: '1.4.5' }, command: (folder) => [join(folder, 'node_modules', BUN, 'bin/bun')] },
  deno: { install: { [DENO]: '2.9.6' }, command: (folder) => [join(folder, 'node_modules', DENO, 'deno'), 'run', '--allow-all'] },
  node: { install: { tsx: '4' }, command: () => [process.execPath, '--import', 'tsx'] },
};

const wanted = Object.entries(RUNTIMES).filter(([name]) => process.argv.length < 3 || process.argv.includes(name));
const problems = [];
const passed = [];
const folder = mkdtempSync(join(tmpdir(), 'twinpool-runtimes-'));
try {
  const source = (file) => readFileSync(`${root}scripts/matrix-runtimes/${file}`, 'utf8');
  await makeProject(folder, {
    dependencies: Object.assign({}, ...wanted.map(([, { install }]) => install)),
    files: { 'cases.mjs': source('cases.mjs'), 'tasks.ts': source('tasks.ts') },
  });
  for (const [name, { command }] of wanted) {
    const [program, ...args] = command(folder);
    const { code, stdout, stderr } = await run(program, [...args, 'cases.mjs'], { cwd: folder, limit: LIMIT });
    if (code === 0) passed.push(`${name} ${/cases: (.*)/.exec(stdout)?.[1]}`);
    else problems.push(`${name} ended with ${code}:\n${stdout}${stderr}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
conclude('runtimes', problems, passed.join('; '));
