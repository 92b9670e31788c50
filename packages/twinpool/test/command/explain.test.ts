import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from '@twinpool/testkit/sample';
import { expect } from 'vitest';
import { command } from './run-command.ts';

const packages = fileURLToPath(new URL('../../../', import.meta.url));
const pages = fileURLToPath(new URL('../../../../docs/errors/', import.meta.url));
/** `@twinpool/bullmq` defines these. */
const OF_CLUSTERS = ['ERR_TWINPOOL_ENGINE_DOWN', 'ERR_TWINPOOL_NODE_LOST', 'ERR_TWINPOOL_NO_WORKERS'];

function codesInSources(): string[] {
  const codes = new Set(OF_CLUSTERS);
  for (const name of readdirSync(packages)) {
    const folder = join(packages, name, 'src');
    if (!existsSync(folder)) continue;
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      for (const [, code] of readFileSync(join(folder, file), 'utf8').matchAll(/\bcode(?:: string)? = '(ERR_TWINPOOL\w*)'/g))
        codes.add(code as string);
    }
  }
  return [...codes].sort();
}

describe('twinpool explain', () => {
  it('has a page for each code of the packages, and no other page', () => {
    expect(readdirSync(pages).sort()).toEqual(codesInSources().map((code) => `${code}.md`));
  });

  it('each page has its code as heading, its classes, and the three parts', () => {
    for (const code of codesInSources()) {
      const text = readFileSync(join(pages, `${code}.md`), 'utf8').replaceAll('\r\n', '\n');
      expect(text).toMatch(
        new RegExp(`^# ${code}\n\nClass: \`\\w+\`.*\n\n## Cause\n\n[\\s\\S]+\n\n## Example\n\n\`\`\`js[ \\n][\\s\\S]+\n\n## Cure\n\n`),
      );
    }
  });

  it.each(['ERR_TWINPOOL_WORKER_LOST', 'err_twinpool_worker_lost', 'worker_lost', 'WorkerLostError'])('%s', async (code) => {
    const { code: status, output, errors } = await command(['explain', code]);
    expect([status, errors]).toEqual([0, '']);
    expect(output).toMatch(/^# ERR_TWINPOOL_WORKER_LOST\n[\s\S]*## Example\n\n```js\n[\s\S]*## Cure/);
  });

  it.each([
    [['MaybeEncodingError'], 0, /^# ERR_TWINPOOL_TASK_SERIALIZATION\n/, /^$/],
    [['no_workers'], 0, /^# ERR_TWINPOOL_NO_WORKERS\n/, /^$/],
    [['wroker_lost'], 2, /^$/, /there is no code wroker_lost; did you mean ERR_TWINPOOL_WORKER_LOST\?/],
    [['constructor'], 2, /^$/, /there is no code constructor/],
    [['--hlep'], 2, /^$/, /there is no option --hlep; did you mean --help\?/],
    [['a', 'b'], 2, /^$/, /expected one code/],
    [[], 2, /^ERR_TWINPOOL +TwinpoolError\n(?:ERR_TWINPOOL_\w+ +\w+.*\n)+$/, /expected one of these codes/],
    [['--help'], 0, /^Usage: twinpool explain CODE/, /^$/],
  ])('%j', async (args, status, output, errors) => {
    const end = await command(['explain', ...args]);
    expect([end.code, end.output, end.errors]).toEqual([status, expect.stringMatching(output), expect.stringMatching(errors)]);
  });
});
