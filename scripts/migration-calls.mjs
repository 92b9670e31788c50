// Runs `twinpool migrate` many times in one process, so that the compiler is loaded once. check-migrations.mjs starts it.
// Standard input: a JSON list of { cwd, args, files }. Standard output: a JSON list of exit code, output, and the files that a second run changes.
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { run } from '../packages/migrate/dist/command.js';

const results = [];
for (const { cwd, args, files } of JSON.parse(await text(process.stdin))) {
  const first = await call(cwd, args);
  const before = files.map((file) => readFileSync(`${cwd}/${file}`, 'utf8'));
  await call(cwd, args);
  results.push({ ...first, unstable: files.filter((file, i) => readFileSync(`${cwd}/${file}`, 'utf8') !== before[i]) });
}
process.stdout.write(JSON.stringify(results));

async function call(cwd, args) {
  let output = '';
  const write = (some) => {
    output += some;
  };
  try {
    const code = await run(args, { stdout: { write }, stderr: { write }, env: { NO_COLOR: '1' }, cwd: () => cwd });
    return { code, output };
  } catch (error) {
    return { code: -1, output: `${output}\n${error.stack}` };
  }
}
