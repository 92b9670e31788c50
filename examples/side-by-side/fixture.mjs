// A small node_modules that is the same everywhere, for runs whose output is compared.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const PACKAGES = [
  { folder: 'node_modules/alpha', name: 'alpha', version: '1.0.0', modules: 24 },
  { folder: 'node_modules/alpha/node_modules/nested', name: 'nested', version: '0.1.0', modules: 5 },
  { folder: 'node_modules/@scope/beta', name: '@scope/beta', version: '2.3.4', modules: 12 },
  { folder: 'node_modules/.pnpm/gamma@3.0.0/node_modules/gamma', name: 'gamma', version: '3.0.0', modules: 9 },
];

/** Writes it into a new temporary folder. */
export function makeFixture() {
  const root = mkdtempSync(join(tmpdir(), 'side-by-side-'));
  const write = (/** @type {string} */ path, /** @type {string} */ text) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const { folder, name, version, modules } of PACKAGES) {
    write(`${folder}/package.json`, JSON.stringify({ name, version }));
    write(`${folder}/README.md`, `# ${name}\n`);
    for (let i = 1; i <= modules; i++) {
      write(`${folder}/lib/module-${i}.js`, `// Part ${i}.\n${`export const f${i} = (x) => \`\${x}\` + ${i};\n`.repeat(i * 20)}`);
      write(`${folder}/lib/module-${i}.d.ts`, `export declare const f${i}: (x: number) => string;\n`);
    }
    write(`${folder}/types.ts`, 'export type Id<T> = { readonly [K in keyof T]: T[K] };\n');
  }
  return root;
}
