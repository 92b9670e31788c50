// A bare loop over one process: large buffers by two memory files, with buffers that both sides keep. It shows what the lane could give at most.
import { spawn } from 'node:child_process';
import { closeSync, constants, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PIECE } from '../tasks/kept-file-layout.mjs';

/** A file without a name, in memory. */
function memoryFile() {
  const path = `/dev/shm/bench-${process.pid}-${Math.random().toString(36).slice(2)}`;
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  unlinkSync(path);
  return fd;
}

export async function openKeptFile(_task, argument) {
  const files = [memoryFile(), memoryFile()];
  const [mine, theirs] = files;
  const entry = fileURLToPath(new URL('../tasks/kept-file.mjs', import.meta.url));
  const child = spawn(process.execPath, [entry], { stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe', mine, theirs] });
  const [, , , commands, written] = child.stdio;
  const words = [];
  let rest = Buffer.alloc(0);
  let arrived = () => {};
  written.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (; rest.length >= 4; rest = rest.subarray(4)) words.push(rest.readUInt32LE());
    arrived();
  });
  const tell = (number) => {
    const word = Buffer.alloc(4);
    word.writeUInt32LE(number);
    // The descriptor of the pipe: a write to the stream would leave after the last piece.
    writeSync(commands._handle.fd, word);
  };
  let kept = Buffer.alloc(0);

  const run = async (bytes) => {
    const size = bytes.length;
    tell(size);
    for (let at = 0; at < size; ) {
      const end = Math.min(size, at + PIECE);
      while (at < end) at += writeSync(mine, bytes, at, end - at, at);
      tell(end);
    }
    if (kept.length !== size) kept = Buffer.alloc(size);
    for (let at = 0; at < size; ) {
      if (words.length === 0) await new Promise((resolve) => (arrived = resolve));
      const end = words.shift();
      while (at < end) at += readSync(theirs, kept, at, end - at, at);
    }
    return kept;
  };
  await run(argument);
  const close = () => {
    child.kill();
    for (const fd of files) closeSync(fd);
  };
  return { run, close };
}
