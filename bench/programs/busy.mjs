// Computes without pause until its standard input ends (harness/busy.mjs).
import { spin } from '../tasks/tasks.mjs';

process.stdin.on('end', () => process.exit()).resume();
console.log('busy');
const turn = () => {
  spin(5_000_000);
  setImmediate(turn);
};
turn();
