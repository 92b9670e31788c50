/** Tests which files count the processes that the system has killed for lack of memory, and how they are read. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { oomKillFiles, oomKills, oomKillsIn } from '../../src/resources/oom-kills.ts';

/** A folder that stands for `/`, with these files. */
function rootWith(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'twinpool-oom-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

test('cgroup v2: memory.events of the cgroup and of those above it', () => {
  const root = rootWith({
    'proc/self/mountinfo': '31 30 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
    'proc/self/cgroup': '0::/app.slice/run\n',
    'sys/fs/cgroup/app.slice/run/memory.events': 'low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 7\n',
    'sys/fs/cgroup/app.slice/memory.events': 'oom 3\noom_kill 1\n',
  });
  expect(oomKillsIn(oomKillFiles(root))).toBe(2);
});

test('cgroup v1: memory.oom_control', () => {
  const root = rootWith({
    'proc/self/mountinfo':
      '31 30 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n32 30 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n',
    'proc/self/cgroup': '4:memory:/job\n3:cpu:/job\n',
    'sys/fs/cgroup/memory/job/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 5\n',
  });
  expect(oomKillsIn(oomKillFiles(root))).toBe(5);
});

test('files that are missing or malformed count nothing', () => {
  const root = rootWith({
    'proc/self/cgroup': '0::/\n',
    'sys/fs/cgroup/memory.events': 'oom_kill many\n',
  });
  expect(oomKillsIn(oomKillFiles(root))).toBe(0);
  expect(oomKillsIn([join(root, 'nothing')])).toBe(0);
  expect(oomKills()).toBeGreaterThanOrEqual(0);
});
