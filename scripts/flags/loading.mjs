// Loads the package and one of its dependencies, and starts no worker: a flag that forbids this says nothing of workers. (With
// --preserve-symlinks Node does not find dependencies where pnpm has put them.)
import { createRequire } from 'node:module';
import '../../packages/twinpool/dist/index.js';

createRequire(new URL('../../packages/twinpool/node_modules/@twinpool/core/dist/index.js', import.meta.url))('eslint-scope');
console.log('RAN');
