/**
 * The name of a node at the engine: what clients learn of it without a protocol of our own. BullMQ lists its workers by name.
 *
 *   tp1;slots=8;id=…      the form, the tasks that it runs at once, and an id of its own
 */
import type { NodeStats } from '@twinpool/core';

export function nodeName(id: string, slots: number): string {
  return `tp1;slots=${slots};id=${id}`;
}

/** Returns `undefined` for a BullMQ worker that is not a node. */
export function parseNodeName(name: string): NodeStats | undefined {
  const [, slots, id] = /tp1;slots=(\d+);id=([\w.-]+)/.exec(name) ?? [];
  return slots === undefined || id === undefined ? undefined : { name: id, slots: Number(slots) };
}
