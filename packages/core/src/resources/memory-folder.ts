/** Finds the memory file system of this machine: where files are memory, so that processes exchange large values through them. */
import { statfsSync } from 'node:fs';
import process from 'node:process';

const FOLDER = '/dev/shm';
/** The number of tmpfs in `statfs`. */
const TMPFS = 0x01021994;

/** @returns Its folder; `false` if there is none. */
export function memoryFolder(): string | false {
  try {
    return process.platform === 'linux' && statfsSync(FOLDER).type === TMPFS ? FOLDER : false;
  } catch {
    return false;
  }
}
