/**
 * The programs that this package starts: each is a file of its own, or, in a bundle that has no such file, a text.
 *
 * Files are preferred: their code is cached, and `ps` and stack traces name them. It is looked for once.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isThere, OWN_URL, REAPER_FILE, WORKER_FILE } from '../primitives/own-files.ts';

// The build replaces both by the texts of the minified programs (scripts/bundle.mjs).
declare const WORKER_PROGRAM_TEXT: string;
declare const REAPER_PROGRAM_TEXT: string;

export interface Program {
  /** Absent in a bundle. */
  readonly file?: string;
  text(): string;
}

let worker: Program | undefined;
let reaper: Program | undefined;

export function workerProgram(): Program {
  worker ??= programOf(WORKER_FILE, () => WORKER_PROGRAM_TEXT);
  return worker;
}

export function reaperProgram(): Program {
  reaper ??= programOf(REAPER_FILE, () => REAPER_PROGRAM_TEXT);
  return reaper;
}

/** A file in Electron's archive is there for this program only: its worker threads cannot read it. */
function programOf(file: string | undefined, text: () => string): Program {
  return isThere(file) && !/\.asar[\\/]/.test(file) ? { file, text } : { text };
}

/** The script of `node -e` for a worker process: it reads the program's text from descriptor 3, where frames follow, and runs it. */
export function startFromDescriptor(): string {
  // Names are resolved, and stack lines named, as from a file beside the bundle.
  const file = JSON.stringify(join(dirname(fileURLToPath(OWN_URL)), 'twinpool-worker.cjs'));
  return `{const {readSync}=require('fs'),Module=require('module'),read=(size)=>{const bytes=Buffer.alloc(size);for(let at=0;at<size;)\
try{const got=readSync(3,bytes,at,size-at);if(got===0)process.exit();at+=got}catch(error){if(error.code!=='EAGAIN')throw error}return bytes};\
process.argv.splice(1,0,${file});const program=new Module(${file});program.filename=${file};\
program._compile(read(read(4).readUInt32LE(0)).toString(),${file})}`;
}

/** What `startFromDescriptor` reads. */
export function textFrame(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length, 0);
  return Buffer.concat([length, bytes]);
}
