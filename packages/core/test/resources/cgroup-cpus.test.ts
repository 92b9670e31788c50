/** Tests the CPU quota of cgroups on file trees in a temporary folder, which hold what the kernel shows in each setting. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { cgroupCpus } from '../../src/resources/cgroup-cpus.ts';

/** Paths below the root, and their contents. `null`: a folder, which cannot be read as a file. */
type Tree = Readonly<Record<string, string | null>>;

const CGROUP = 'proc/self/cgroup';
const MOUNTINFO = 'proc/self/mountinfo';
const ID = '4a00b90f925e28c87f13ac2cce9778a1';
const POD = `kubepods/burstable/pod8f0e/${ID}`;
const SLICE = 'kubepods.slice/kubepods-pod8f0e.slice';

const unified = (root = '/', folder = '/sys/fs/cgroup'): string =>
  `29 23 0:26 ${root} ${folder} rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n`;
const legacy = (root = '/', folder = '/sys/fs/cgroup/cpu,cpuacct'): string =>
  `31 25 0:28 ${root} ${folder} rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n32 25 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n`;
const v1 = (folder: string, quota: number, period = 100_000): Tree => ({
  [`${folder}/cpu.cfs_quota_us`]: `${quota}\n`,
  [`${folder}/cpu.cfs_period_us`]: `${period}\n`,
});

const UNLIMITED = Number.POSITIVE_INFINITY;
const TREES: readonly (readonly [title: string, expected: number, tree: Tree])[] = [
  ['v2: no quota', UNLIMITED, { [CGROUP]: '0::/app\n', [MOUNTINFO]: unified(), 'sys/fs/cgroup/app/cpu.max': 'max 100000\n' }],
  ['v2: a quota of 1 CPU', 1, { [CGROUP]: '0::/app\n', [MOUNTINFO]: unified(), 'sys/fs/cgroup/app/cpu.max': '100000 100000\n' }],
  ['v2: half a CPU counts as one', 1, { [CGROUP]: '0::/app\n', [MOUNTINFO]: unified(), 'sys/fs/cgroup/app/cpu.max': '50000 100000\n' }],
  ['v2: 2.5 CPUs count as three', 3, { [CGROUP]: '0::/app\n', [MOUNTINFO]: unified(), 'sys/fs/cgroup/app/cpu.max': '250000 100000\n' }],
  ['v2: another period', 4, { [CGROUP]: '0::/app\n', [MOUNTINFO]: unified(), 'sys/fs/cgroup/app/cpu.max': '80000 20000\n' }],
  [
    'v2: the smallest quota is at the top of the path',
    2,
    {
      [CGROUP]: '0::/a/b/c\n',
      [MOUNTINFO]: unified(),
      'sys/fs/cgroup/a/cpu.max': '200000 100000\n',
      'sys/fs/cgroup/a/b/cpu.max': 'max 100000\n',
      'sys/fs/cgroup/a/b/c/cpu.max': '600000 100000\n',
    },
  ],
  [
    'v2: the smallest quota is in the middle, and the folder of the process has no file',
    3,
    {
      [CGROUP]: '0::/a/b/c\n',
      [MOUNTINFO]: unified(),
      'sys/fs/cgroup/a/cpu.max': '800000 100000\n',
      'sys/fs/cgroup/a/b/cpu.max': '300000 100000\n',
    },
  ],
  [
    'v2: a neighbour on another path does not count',
    UNLIMITED,
    {
      [CGROUP]: '0::/app\n',
      [MOUNTINFO]: unified(),
      'sys/fs/cgroup/apple/cpu.max': '100000 100000\n',
      'sys/fs/cgroup/app/cpu.max': 'max\n',
    },
  ],
  [
    'v2: weights are not a limit (Kubernetes with requests only)',
    UNLIMITED,
    {
      [CGROUP]: `0::/${SLICE}\n`,
      [MOUNTINFO]: unified(),
      [`sys/fs/cgroup/${SLICE}/cpu.max`]: 'max 100000\n',
      [`sys/fs/cgroup/${SLICE}/cpu.weight`]: '1\n',
    },
  ],
  ['v2: Docker with a cgroup namespace', 2, { [CGROUP]: '0::/\n', [MOUNTINFO]: unified(), 'sys/fs/cgroup/cpu.max': '150000 100000\n' }],
  [
    'v2: Docker with --cgroupns=host',
    1,
    {
      [CGROUP]: `0::/system.slice/docker-${ID}.scope\n`,
      [MOUNTINFO]: unified(`/system.slice/docker-${ID}.scope`),
      'sys/fs/cgroup/cpu.max': '100000 100000\n',
    },
  ],
  [
    'v2: the mount is from a parent of the cgroup namespace',
    2,
    { [CGROUP]: '0::/\n', [MOUNTINFO]: unified('/../..'), 'sys/fs/cgroup/cpu.max': '200000 100000\n' },
  ],
  [
    'v2: the process was moved out of its cgroup namespace',
    2,
    {
      [CGROUP]: '0::/../other\n',
      [MOUNTINFO]: unified(),
      'sys/fs/cgroup/cpu.max': '200000 100000\n',
      'sys/fs/other/cpu.max': '100000 100000\n',
    },
  ],
  [
    'v2: systemd, CPUQuota= of a slice above the service',
    2,
    {
      [CGROUP]: '0::/my.slice/my-jobs.slice/app.service\n',
      [MOUNTINFO]: unified(),
      'sys/fs/cgroup/my.slice/cpu.max': '200000 100000\n',
      'sys/fs/cgroup/my.slice/my-jobs.slice/cpu.max': 'max 100000\n',
      'sys/fs/cgroup/my.slice/my-jobs.slice/app.service/cpu.max': 'max 100000\n',
    },
  ],
  [
    'v2: LXC, where the process is below the root of the container',
    4,
    {
      [CGROUP]: '0::/.lxc\n',
      [MOUNTINFO]: unified(),
      'sys/fs/cgroup/cpu.max': '400000 100000\n',
      'sys/fs/cgroup/.lxc/cpu.max': 'max 100000\n',
    },
  ],
  ['v1: no quota', UNLIMITED, { [CGROUP]: '3:cpu,cpuacct:/app\n', [MOUNTINFO]: legacy(), ...v1('sys/fs/cgroup/cpu,cpuacct/app', -1) }],
  [
    'v1: half a CPU counts as one',
    1,
    { [CGROUP]: '3:cpuacct,cpu:/app\n', [MOUNTINFO]: legacy(), ...v1('sys/fs/cgroup/cpu,cpuacct/app', 50_000) },
  ],
  [
    'v1: Docker, which mounts its own cgroup and shows the path on the host',
    3,
    {
      [CGROUP]: `12:memory:/docker/${ID}\n3:cpu,cpuacct:/docker/${ID}\n`,
      [MOUNTINFO]: legacy(`/docker/${ID}`),
      ...v1('sys/fs/cgroup/cpu,cpuacct', 125_000, 50_000),
    },
  ],
  [
    'v1: Kubernetes, a limit of the pod below that of the container',
    2,
    {
      [CGROUP]: `4:cpu,cpuacct:/${POD}\n`,
      [MOUNTINFO]: legacy(),
      ...v1('sys/fs/cgroup/cpu,cpuacct', -1),
      ...v1(`sys/fs/cgroup/cpu,cpuacct/${dirname(POD)}`, 200_000),
      ...v1(`sys/fs/cgroup/cpu,cpuacct/${POD}`, 400_000),
    },
  ],
  [
    'v1 and v2 together (systemd hybrid): the quota is in v1',
    2,
    {
      [CGROUP]: '3:cpu:/app\n1:name=systemd:/app\n0::/app\n',
      [MOUNTINFO]: legacy('/', '/sys/fs/cgroup/cpu') + unified('/', '/sys/fs/cgroup/unified'),
      ...v1('sys/fs/cgroup/cpu/app', 200_000),
      'sys/fs/cgroup/unified/app/cgroup.procs': '1\n',
    },
  ],
  [
    'a mount point with a blank, and a path with a colon',
    2,
    { [CGROUP]: '0::/a:b\n', [MOUNTINFO]: unified('/', '/my\\040groups'), 'my groups/a:b/cpu.max': '200000 100000\n' },
  ],
  [
    'unreadable: the files of /proc; the usual mount points are tried',
    2,
    { [CGROUP]: null, [MOUNTINFO]: null, 'sys/fs/cgroup/cpu.max': '200000 100000\n' },
  ],
  [
    'unreadable: the quota of the process; that of its parent counts',
    5,
    { [CGROUP]: '0::/a/b\n', [MOUNTINFO]: unified(), 'sys/fs/cgroup/a/b/cpu.max': null, 'sys/fs/cgroup/a/cpu.max': '500000 100000\n' },
  ],
  [
    'malformed: a quota of 0, a period of 0, words',
    UNLIMITED,
    {
      [CGROUP]: '0::/a/b/c\nnot a line\n',
      [MOUNTINFO]: `${unified()}short line\n`,
      'sys/fs/cgroup/a/cpu.max': '0 100000\n',
      'sys/fs/cgroup/a/b/cpu.max': '100000 0\n',
      'sys/fs/cgroup/a/b/c/cpu.max': 'many few\n',
    },
  ],
  ['missing: nothing of /proc and /sys', UNLIMITED, {}],
];

function made(tree: Tree): string {
  const root = mkdtempSync(join(tmpdir(), 'twinpool-cgroups-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, content] of Object.entries(tree)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (content === null) mkdirSync(join(root, path));
    else writeFileSync(join(root, path), content);
  }
  return root;
}

test.each(TREES)('%s', (_, expected, tree) => {
  expect(cgroupCpus(made(tree))).toBe(expected);
});

test('a file without the right to read it sets no limit', (context) => {
  if (process.getuid?.() === 0) context.skip('root may read every file');
  const root = made({
    [CGROUP]: '0::/a\n',
    [MOUNTINFO]: unified(),
    'sys/fs/cgroup/a/cpu.max': '100000 100000\n',
    'sys/fs/cgroup/cpu.max': '200000 100000\n',
  });
  chmodSync(join(root, 'sys/fs/cgroup/a/cpu.max'), 0);
  expect(cgroupCpus(root)).toBe(2);
});
