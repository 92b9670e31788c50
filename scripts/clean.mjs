// Removes what is built, so that the next build leaves nothing of files that are no more.
import { rmSync } from 'node:fs';
import { packages, root } from './workspace.mjs';

for (const { folder } of packages) rmSync(`${root}packages/${folder}/dist`, { recursive: true, force: true });
rmSync(`${root}coverage`, { recursive: true, force: true });
