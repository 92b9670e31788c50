import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('no class has a private getter: V8 calls a function of its runtime at each access, also in compiled code', () => {
  const packages = new URL('../../', import.meta.url);
  const found: string[] = [];
  for (const name of readdirSync(packages)) {
    const source = new URL(`${name}/src/`, packages);
    for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' }))
      if (file.endsWith('.ts') && /^\s+(static )?[gs]et #/m.test(readFileSync(new URL(file, source), 'utf8')))
        found.push(`${name}/${file}`);
  }
  expect(found).toEqual([]);
});
