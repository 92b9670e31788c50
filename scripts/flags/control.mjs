// A one-line ES module that shows whether Node can run a program with a flag. A flag that took this file as its value does not count.
import process from 'node:process';

if (process.argv[1]?.endsWith('.mjs') || process.execArgv.includes('-e')) console.log('RAN');
