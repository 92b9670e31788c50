// Runs every examples/<name>/ as a user would, and compares its output with its expected.txt, line by line.
// `<any>` in an expected line matches any text within that line. The command is the first expected line if that is
// `$ node main.mjs --with arguments`, otherwise main.mjs or main.ts, otherwise `npm start`.
// Usage: node scripts/check-examples.mjs [name...] ; requires a build.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { conclude, root, run } from './workspace.mjs';

/** Examples whose output differs in each run, with the reason. They must still exit with 0. */
const RUN_ONLY = new Map([]);
const LIMIT = 60_000;

const wanted = process.argv.slice(2);
const names = readdirSync(`${root}examples`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
  .map((entry) => entry.name)
  .filter((name) => wanted.length === 0 || wanted.includes(name));

function commandOf(folder, expected) {
  const [program, ...args] = expected?.[0]?.startsWith('$ ') ? expected[0].slice(2).trim().split(/\s+/) : [];
  if (program !== undefined) return [program === 'node' ? process.execPath : program, args];
  if (existsSync(`${folder}/main.mjs`)) return [process.execPath, ['main.mjs']];
  // With tsx, so that Node 20 can run it. Workers load task modules with tsx too.
  if (existsSync(`${folder}/main.ts`)) return [process.execPath, ['--import', 'tsx', 'main.ts']];
  if (existsSync(`${folder}/package.json`)) return ['npm', ['start', '--silent']];
  return undefined;
}

const linesOf = (text) =>
  text
    .replaceAll('\r\n', '\n')
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const matches = (expected, line) => new RegExp(`^${expected.split('<any>').map(escaped).join('.*')}$`).test(line);

async function problemsOf(name) {
  const folder = `${root}examples/${name}`;
  const expectedFile = `${folder}/expected.txt`;
  const expected = existsSync(expectedFile) ? linesOf(readFileSync(expectedFile, 'utf8')) : undefined;
  if (expected === undefined && !RUN_ONLY.has(name)) return [`${name}: has no expected.txt (and is not listed as run-only)`];
  const command = commandOf(folder, expected);
  if (command === undefined) return [`${name}: has none of main.mjs, main.ts, package.json`];

  const { code, stdout, stderr } = await run(...command, { cwd: folder, limit: LIMIT });
  const problems = [];
  if (code !== 0) problems.push(`${name}: exited with ${code}\n${stderr.trimEnd()}`);
  else if (/^\(node:\d+\)/m.test(stderr)) problems.push(`${name}: Node emitted a warning\n${stderr.trimEnd()}`);
  if (expected === undefined) return problems;
  const printed = linesOf(stdout);
  if (expected[0].startsWith('$ ')) expected.shift();
  for (let i = 0; i < Math.max(expected.length, printed.length); i++) {
    if (expected[i] !== undefined && printed[i] !== undefined && matches(expected[i], printed[i])) continue;
    problems.push(`${name}: line ${i + 1}\n    expected: ${expected[i] ?? '(no more)'}\n    printed:  ${printed[i] ?? '(no more)'}`);
    break; // later differences usually follow from the first one
  }
  return problems;
}

const problems = [];
for (const name of names) problems.push(...(await problemsOf(name)));
for (const name of RUN_ONLY.keys())
  if (wanted.length === 0 && !names.includes(name)) problems.push(`${name}: listed as run-only, but does not exist`);
if (names.length === 0) problems.push('no example found');
conclude('examples', problems, names.join(', '));
