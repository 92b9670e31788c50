/** Tells which test files run a sample of their tests in `npm test`: those that use testkit/src/sample.ts, themselves or through a file beside them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const SAMPLE = '@twinpool/testkit/sample';
const RELATIVE = /from '(\.{1,2}\/[^']+\.ts)'/g;

export function isSampled(file: string): boolean {
  const text = readFileSync(file, 'utf8');
  if (text.includes(SAMPLE)) return true;
  const beside = [...text.matchAll(RELATIVE)].map(([, path]) => join(dirname(file), path as string));
  return beside.some((path) => /\/test\//.test(path) && existsSync(path) && readFileSync(path, 'utf8').includes(SAMPLE));
}

/** The sampled test files of a folder, relative to it. */
export function sampledFiles(folder: string): string[] {
  const paths = readdirSync(join(folder, 'test'), { recursive: true, encoding: 'utf8' }).map(
    (path) => `test/${path.replaceAll('\\', '/')}`,
  );
  return paths.filter((path) => path.endsWith('.test.ts') && isSampled(join(folder, path))).sort();
}
