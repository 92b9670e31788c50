// Tries one feature in one pool: node feature.mjs POOL KEY LOG. Writes one JSON line to descriptor 3: the observation, or the error.
import { writeFileSync, writeSync } from 'node:fs';

const [pool, key, log] = process.argv.slice(2);
const { probes } = await import(`./${pool}.mjs`);
writeFileSync(log, '');
let found;
try {
  const value = await probes[key](log);
  found = { value };
} catch (error) {
  found = { error: `${error?.name ?? 'not an error'}` };
}
writeSync(3, JSON.stringify(found));
