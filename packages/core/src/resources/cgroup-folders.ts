/**
 * Finds the folders of the cgroups that this process is in, for one controller.
 *
 *   /proc/self/mountinfo   where hierarchies are mounted, and which cgroup is the root of each mount
 *   /proc/self/cgroup      the cgroup of the process in each hierarchy
 *          │
 *          ▼
 *   folders                the cgroup of the process and every cgroup above it, up to the mount point, in cgroup v1 and v2
 *
 * It does not know what the files of a controller mean.
 */
import { readFileSync } from 'node:fs';

type Version = 1 | 2;

export interface CgroupFolder {
  readonly version: Version;
  readonly folder: string;
}

interface Mount {
  readonly version: Version;
  /** The cgroup that is visible at the mount point. */
  readonly root: string;
  readonly folder: string;
}

/** Where systemd, Docker and Kubernetes mount the hierarchies. Used when `/proc/self/mountinfo` cannot be read. */
function usualMounts(controller: string): readonly Mount[] {
  return [
    { version: 2, root: '/', folder: '/sys/fs/cgroup' },
    { version: 2, root: '/', folder: '/sys/fs/cgroup/unified' },
    { version: 1, root: '/', folder: `/sys/fs/cgroup/${controller}` },
    ...(controller === 'cpu' ? ([{ version: 1, root: '/', folder: '/sys/fs/cgroup/cpu,cpuacct' }] as const) : []),
  ];
}

/** @param root - The folder that stands for `/`. Default: the file system of this process. */
export function cgroupFolders(controller: string, root = ''): CgroupFolder[] {
  const mounts = mountsIn(contentOf(`${root}/proc/self/mountinfo`), controller);
  const paths = pathsIn(contentOf(`${root}/proc/self/cgroup`), controller);
  return [...foldersOf(mounts, paths)].map(({ version, folder }) => ({ version, folder: `${root}${folder}` }));
}

/** The content of a file, `undefined` for one that cannot be read. */
export function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** A line: `31 30 0:28 /root /mount/point rw,relatime shared:1 - cgroup cgroup rw,cpu,cpuacct`. */
function mountsIn(mountinfo: string | undefined, controller: string): readonly Mount[] {
  if (mountinfo === undefined) return usualMounts(controller);
  const mounts: Mount[] = [];
  for (const line of mountinfo.split('\n')) {
    const [mount = '', fileSystem = ''] = line.split(' - ');
    const [, , , root, folder] = mount.split(' ');
    const [type, , options = ''] = fileSystem.split(' ');
    if (root === undefined || folder === undefined) continue;
    if (type === 'cgroup2') mounts.push({ version: 2, root: unescaped(root), folder: unescaped(folder) });
    else if (type === 'cgroup' && options.split(',').includes(controller))
      mounts.push({ version: 1, root: unescaped(root), folder: unescaped(folder) });
  }
  return mounts;
}

/** The kernel writes blanks, tabs, line feeds and backslashes as three octal digits. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** A line: `0::/path` (v2) or `3:cpu,cpuacct:/path` (v1). A path may contain colons. */
function pathsIn(cgroup: string | undefined, controller: string): ReadonlyMap<Version, string> {
  const paths = new Map<Version, string>();
  for (const line of (cgroup ?? '').split('\n')) {
    const [, id, controllers = '', path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    if (id === '0' && controllers === '') paths.set(2, path);
    else if (controllers.split(',').includes(controller)) paths.set(1, path);
  }
  return paths;
}

/** The folders of the cgroup of the process and of all cgroups above it, as far as they are mounted. The innermost of a mount comes first. */
function* foldersOf(mounts: readonly Mount[], paths: ReadonlyMap<Version, string>): Generator<CgroupFolder> {
  for (const { version, root, folder } of mounts) {
    // In a container the mount often shows another cgroup namespace than the path. The mount point then is the cgroup of the container.
    const steps = stepsBelow(root, paths.get(version) ?? root) ?? [];
    for (let depth = steps.length; depth >= 0; depth--) yield { version, folder: [folder, ...steps.slice(0, depth)].join('/') };
  }
}

/** The names of the folders from `root` down to `path`; undefined when `path` is not below it. */
function stepsBelow(root: string, path: string): string[] | undefined {
  const base = root === '/' ? '' : root;
  if (path !== base && !path.startsWith(`${base}/`)) return undefined;
  const steps = path
    .slice(base.length)
    .split('/')
    .filter((step) => step !== '');
  return steps.includes('..') ? undefined : steps;
}
