/** What the workers do. Neither side of the program had to change it. */
import { threadId } from 'node:worker_threads';

export interface Counted {
  readonly title: string;
  readonly words: number;
  /** Where it was counted. */
  readonly worker: string;
}

export function count({ title, text }: { title: string; text: string }): Counted {
  return { title, words: text.split(/\s+/).filter(Boolean).length, worker: `${process.pid}/${threadId}` };
}

export function initials(text: string): string {
  return text.replace(/\B\w+/g, '').replaceAll(' ', '');
}
