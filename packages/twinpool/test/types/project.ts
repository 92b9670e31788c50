/** A user's project in a temporary folder, with the built packages installed, and the compilers that users have. */

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isWhole } from '@twinpool/testkit/sample';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** The oldest and the newest, or all with MATRIX=all (`npm run test:all`), by the names under which the root's package.json has them. */
export const COMPILERS: readonly string[] = isWhole ? ['typescript-5.9', 'typescript-6.0', 'typescript'] : ['typescript-5.9', 'typescript'];

const OPTIONS = {
  target: 'ES2022',
  lib: ['ES2023', 'ESNext.Disposable'],
  module: 'NodeNext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  noEmit: true,
};

export class Project implements Disposable {
  readonly folder: string;

  constructor(files: Readonly<Record<string, string>>, options: Readonly<Record<string, unknown>> = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'twinpool-types-'));
    mkdirSync(join(this.folder, 'node_modules'));
    for (const [name, target] of [
      ['twinpool', 'packages/twinpool'],
      ['@types', 'node_modules/@types'],
    ] as const)
      symlinkSync(root + target, join(this.folder, 'node_modules', name), 'dir');
    this.write('package.json', JSON.stringify({ private: true, type: 'module' }));
    for (const [name, text] of Object.entries(files)) this.write(name, text);
    const compilerOptions = { ...OPTIONS, ...options };
    this.write('tsconfig.json', JSON.stringify({ compilerOptions, files: Object.keys(files).filter((name) => /\.[cm]?ts$/.test(name)) }));
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** What the compiler prints. */
  compile(compiler: string): Promise<string> {
    return new Promise((resolve) => {
      const args = [`${root}node_modules/${compiler}/bin/tsc`, '--pretty', 'false', '-p', this.folder];
      execFile(process.execPath, args, { cwd: this.folder, timeout: 60_000, maxBuffer: 2 ** 24 }, (_error, stdout, stderr) =>
        resolve(stdout + stderr),
      );
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
