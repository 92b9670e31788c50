// Provides the helpers of the check scripts: the list of packages, and child processes with a time limit.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Every package: the name of its folder, and its manifest. */
export const packages = readdirSync(`${root}packages`)
  .filter((folder) => existsSync(`${root}packages/${folder}/package.json`))
  .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(`${root}packages/${folder}/package.json`, 'utf8')) }));

/** The files under a folder, as relative paths, without installed and built files. */
export function filesOf(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.length + 1).replaceAll('\\', '/'))
    .filter((file) => !/(^|\/)(node_modules|dist)\//.test(file))
    .sort();
}

/** Runs a command. After `limit` ms it kills the whole process group. Never rejects. */
export function run(command, args, { cwd = root, limit = 120_000, env = process.env, input = undefined } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'], detached: true });
    child.stdin?.end(input);
    const result = { code: -1, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => {
      result.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      result.stderr += text;
    });
    const timer = setTimeout(() => {
      result.stderr += `\nkilled after ${limit} ms`;
      process.kill(-child.pid, 'SIGKILL');
    }, limit);
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ ...result, stderr: String(error) });
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ ...result, code: code ?? -1 });
    });
  });
}

/** Prints the problems, or that there are none, and sets the exit code. */
export function conclude(name, problems, looked) {
  for (const problem of problems) console.error(`  ${problem}`);
  console.log(problems.length === 0 ? `${name}: ${looked}, all good` : `${name}: ${problems.length} problem(s)`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
