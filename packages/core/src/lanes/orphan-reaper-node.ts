/**
 * The orphan reaper (orphan-reaper.ts) as a program of Node, where `/bin/sh` is absent. It reads the lines that orphan-reaper-script.ts describes.
 *
 * It is started as a file of its own, and imports only what is in that file.
 */
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { signalGroup } from './process-group.ts';

/** ms between two looks at the program's state. */
const LOOK_EVERY = 500;
/** ms between two looks at whether a worker has left. */
const LEAVING_EVERY = 50;

const program = process.ppid;
const watched = new Map<number, number>();
let isStopped = false;

function each(name: 'SIGSTOP' | 'SIGCONT'): void {
  for (const pid of watched.keys()) signalGroup(pid, name);
}

function isProgramStopped(): boolean {
  try {
    const stat = readFileSync(`/proc/${program}/stat`, 'latin1');
    return stat.charAt(stat.lastIndexOf(')') + 2) === 'T';
  } catch {
    return false;
  }
}

function look(): void {
  const wasStopped = isStopped;
  isStopped = isProgramStopped();
  if (isStopped) each('SIGSTOP');
  else if (wasStopped) each('SIGCONT');
  if (isStopped && !wasStopped) process.stdout.write(`${uptime()}\n`);
}

function take(line: string): void {
  const [what, pid, grace] = line.split(' ');
  if (what === '+') watched.set(Number(pid), Number(grace));
  else if (what === '-') watched.delete(Number(pid));
  else signalGroup(Number(pid), `SIG${what}` as 'SIGTERM' | 'SIGKILL');
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function seeOff(since: number): void {
  const waited = performance.now() - since;
  for (const [pid, grace] of watched) {
    if (waited < grace && isThere(pid)) continue;
    signalGroup(pid, 'SIGKILL');
    watched.delete(pid);
  }
  if (watched.size > 0) setTimeout(seeOff, LEAVING_EVERY, since);
}

const looking = setInterval(look, LOOK_EVERY);
createInterface({ input: process.stdin })
  .on('line', take)
  .on('close', () => {
    clearInterval(looking);
    if (isStopped) each('SIGCONT');
    seeOff(performance.now());
  });
process.stdout.on('error', () => undefined);
