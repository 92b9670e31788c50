// Provides tasks for each state in which a worker may be when its program dies.
import { execFileSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';

export function pid() {
  return process.pid;
}

export async function wait() {
  await setTimeout(60_000);
}

export function loop() {
  for (;;);
}

export function sleepNatively() {
  execFileSync('/bin/sleep', ['60']);
}
