/**
 * Finds out whether Node knows a flag.
 *
 * A flag that Node does not list is tried with `node FLAG --version`. That starts a program, so the question is asked only for flags that a thread
 * refused.
 */
import process from 'node:process';

/** `args`: the flag and its value. Returns `true` also if no program can be started. */
export function isFlagOfNode(args: readonly string[]): boolean {
  if (process.allowedNodeEnvironmentFlags.has(args[0] as string)) return true;
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const options = Object.assign(Object.create(null), { stdio: 'ignore', env: Object.create(null), windowsHide: true });
  const { status, error } = spawnSync(process.execPath, [...args, '--version'], options);
  return error !== undefined || status === 0;
}
