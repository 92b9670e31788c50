// Removes all build output, so that the next build contains no output of deleted files.
import { rmSync } from 'node:fs';
import { packages, root } from './workspace.mjs';

for (const { folder } of packages) rmSync(`${root}packages/${folder}/dist`, { recursive: true, force: true });
rmSync(`${root}coverage`, { recursive: true, force: true });
