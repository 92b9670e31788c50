/** Tests the CPU affinity on a file of /proc in a temporary folder. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { affineCpus } from '../../src/resources/affine-cpus.ts';

test.each([
  ['0-1', 2],
  ['5', 1],
  ['0-3,8,10-11', 7],
  ['', Number.POSITIVE_INFINITY],
  ['all', Number.POSITIVE_INFINITY],
])("the list '%s'", (list, expected) => {
  const root = mkdtempSync(join(tmpdir(), 'twinpool-affinity-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  expect(affineCpus(root)).toBe(Number.POSITIVE_INFINITY);
  mkdirSync(join(root, 'proc/self'), { recursive: true });
  writeFileSync(join(root, 'proc/self/status'), `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\nMems_allowed:\t1\n`);
  expect(affineCpus(root)).toBe(expected);
});
