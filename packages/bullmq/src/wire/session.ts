/**
 * What the workers of one client are like, as text that travels with each of its jobs; '' if they are like all others.
 *
 * A node keeps workers of their own for each such text. The text begins with the client, so that no two clients share state that an initializer made.
 */
import type { Packer } from '@twinpool/core/facade';
import { decodeList, encodeList } from './value-list.ts';

/** A call by name. */
export interface NamedCall {
  readonly fn: string;
  readonly args: readonly unknown[];
}

export interface Session {
  readonly client: string;
  readonly initializer?: NamedCall | undefined;
  readonly finalizer?: NamedCall | undefined;
  readonly finalizerTimeout?: number | undefined;
  readonly maxTasksPerChild?: number | undefined;
  readonly maxMemoryPerChild?: number | undefined;
}

/** Throws TaskSerializationError if an argument cannot be sent. */
export function encodeSession(session: Session, packer: Packer): string {
  const { client, initializer, finalizer, ...limits } = session;
  const given = Object.values(limits).some((limit) => limit !== undefined);
  if (initializer === undefined && finalizer === undefined && !given) return '';
  return JSON.stringify({
    client,
    initializer: initializer && encodeCall(initializer, packer, 'initargs'),
    finalizer: finalizer && encodeCall(finalizer, packer, 'finalargs'),
    ...limits,
  });
}

/** Throws if the text is damaged. */
export function decodeSession(text: string): Session {
  const { client, initializer, finalizer, finalizerTimeout, maxTasksPerChild, maxMemoryPerChild } = JSON.parse(text) as Record<
    string,
    unknown
  >;
  return {
    client: String(client),
    initializer: decodeCall(initializer),
    finalizer: decodeCall(finalizer),
    finalizerTimeout: finalizerTimeout as number | undefined,
    maxTasksPerChild: maxTasksPerChild as number | undefined,
    maxMemoryPerChild: maxMemoryPerChild as number | undefined,
  };
}

function encodeCall({ fn, args }: NamedCall, packer: Packer, what: string): object {
  packer.pack(args, what);
  packer.clear();
  return { fn, count: args.length, items: encodeList(args, undefined) };
}

function decodeCall(call: unknown): NamedCall | undefined {
  if (call === undefined) return undefined;
  const { fn, count, items } = call as { readonly fn: string; readonly count: number; readonly items: string };
  return { fn, args: Array.from(decodeList(items, count).items) };
}
