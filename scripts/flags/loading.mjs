// Loads the package and one of its dependencies without starting a worker. A flag that makes this fail is not a fault of workers. (With
// --preserve-symlinks Node does not find the dependencies that pnpm installed.)
import { createRequire } from 'node:module';
import '../../packages/twinpool/dist/index.js';

createRequire(new URL('../../packages/twinpool/node_modules/@twinpool/core/dist/index.js', import.meta.url))('eslint-scope');
console.log('RAN');
