// Loads the package and starts no worker: a flag that forbids this says nothing of workers.
import '../../packages/twinpool/dist/index.js';

console.log('RAN');
