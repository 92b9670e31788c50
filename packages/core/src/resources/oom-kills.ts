/**
 * Counts the processes that the system has killed in the cgroup of this process because its memory was used up.
 *
 *   memory.events (v2), memory.oom_control (v1): a line `oom_kill 3`
 *
 * Workers are in the cgroup of their program. A file that is missing or malformed counts as none, and so does a system without cgroups. It does not know
 * workers.
 */
import process from 'node:process';
import { cgroupFolders, contentOf } from './cgroup-folders.ts';

/** The files of the process's own cgroup; found with the first call. */
let files: readonly string[] | undefined;

/** @returns The number of processes so far. */
export function oomKills(): number {
  if (process.platform !== 'linux') return 0;
  files ??= oomKillFiles();
  return oomKillsIn(files);
}

/** @param root - The folder that stands for `/`. Default: the file system of this process. */
export function oomKillFiles(root = ''): string[] {
  return cgroupFolders('memory', root).map(({ version, folder }) => `${folder}/${version === 2 ? 'memory.events' : 'memory.oom_control'}`);
}

/** The largest number in these files: the counters of cgroups further up contain those below. */
export function oomKillsIn(paths: readonly string[]): number {
  let kills = 0;
  for (const path of paths) kills = Math.max(kills, Number(/^oom_kill (\d+)$/m.exec(contentOf(path) ?? '')?.[1] ?? 0));
  return kills;
}
