// Puts the parts of zod that the option schemas use into packages/core/dist/schemas.js. The whole of zod loads in about 50 ms, these parts in a few;
// and who installs the packages gets one dependency less.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const core = fileURLToPath(new URL('../packages/core/', import.meta.url));
const out = `${core}dist/schemas.js`;
const license = readFileSync(`${core}node_modules/zod/LICENSE`, 'utf8').trim();
const { output } = await build({
  input: `${core}src/schemas.ts`,
  platform: 'node',
  tsconfig: false,
  treeshake: true,
  logLevel: 'warn',
  write: false,
  output: { format: 'esm', comments: false },
});
writeFileSync(out, `/* Bundled with parts of zod (https://zod.dev):\n\n${license}\n*/\n${output[0].code}`);
