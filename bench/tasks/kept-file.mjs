// A worker process that sends buffers back by two memory files. Both sides keep their buffers, and one writes while the other reads.
import { readSync, writeSync } from 'node:fs';
import { COMMANDS, FROM_PROGRAM, PIECE, TO_PROGRAM, WRITTEN } from './kept-file-layout.mjs';

const word = Buffer.alloc(4);
let kept = Buffer.alloc(0);

/** Waits for the number that the program sends next: the bytes that lie in its file. */
function next() {
  for (let got = 0; got < word.length; ) {
    const count = readSync(COMMANDS, word, got, word.length - got, null);
    if (count === 0) process.exit(0);
    got += count;
  }
  return word.readUInt32LE();
}

for (;;) {
  const size = next();
  if (kept.length !== size) kept = Buffer.alloc(size);
  for (let at = 0; at < size; ) {
    const end = next();
    while (at < end) at += readSync(FROM_PROGRAM, kept, at, end - at, at);
  }
  for (let at = 0; at < size; ) {
    const end = Math.min(size, at + PIECE);
    while (at < end) at += writeSync(TO_PROGRAM, kept, at, end - at, at);
    word.writeUInt32LE(end);
    writeSync(WRITTEN, word);
  }
}
