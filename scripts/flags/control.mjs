// What Node is asked to run with a flag, to see whether it can: an ES module. A flag that took this file as its value does not count.
import process from 'node:process';

if (process.argv[1]?.endsWith('.mjs') || process.execArgv.includes('-e')) console.log('RAN');
