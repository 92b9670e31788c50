/** Which texts of files are taken for a bundle, without a source map. */
import { describe, expect, it } from 'vitest';
import { looksBundled } from '../../src/tasks/discovery/bundle-signs.ts';

const CODE = 'export const square = (x) => x ** 2;\n';

describe('the text of a file', () => {
  it.each([
    ['that is plain', CODE],
    ['that begins with its own name', `// src/main.mjs\n${CODE}`],
    ['that begins with its own name after a hashbang and an empty line', `#!/usr/bin/env node\n\n// main.mjs\n${CODE}`],
    // An expression that tries each division of them would not end.
    ['that begins with thousands of empty lines', `${'\n'.repeat(50_000)}${CODE}`],
    ['that names a file in a sentence', `${CODE}// as main.mjs does\n`],
  ])('%s is none', (_what, source) => {
    expect(looksBundled(source)).toBe(false);
  });

  it.each([
    ['that names a second source', `// a.mjs\n${CODE}// src/b.mjs\n${CODE}`],
    ['that names a source after its code', `"use strict";\n// src/b.mjs\n${CODE}`],
    ['with a region', `//#region src/b.ts\n${CODE}//#endregion\n`],
    ['with a helper of a bundler', `var __toESM = (mod) => mod;\n${CODE}`],
    ['that is minified', `export const t=[${'1,'.repeat(1000)}1];\n`],
  ])('%s is one', (_what, source) => {
    expect(looksBundled(source)).toBe(true);
  });
});
