/**
 * The result of searching a function: the descriptor with which a worker finds it, or the reason why it cannot be sent.
 *
 * This file does not know how the function was searched.
 */
import type { Confirmation, ModuleDescriptor, TaskDescriptor } from '../definition/task-descriptor.ts';
import { isInBundle, mayBeInBundle } from './bundle-signs.ts';
import type { Candidate } from './candidate.ts';
import type { ExportName } from './declaration.ts';
import { isEntry } from './module-lookup.ts';
import { hooksFor } from './program-hooks.ts';

export interface DiscoveredTask {
  readonly descriptor: TaskDescriptor;
  /** What identifies another function object as the same inline function: its text, or its text and source position. */
  readonly sharedBy: 'text' | 'position' | undefined;
  /** The object whose method the function is, where it is known. */
  readonly holder?: unknown;
}

/** Why a function cannot be a task. */
export interface RefusedTask {
  readonly refusal: string;
}

export function discoverByReference(
  candidate: Candidate,
  url: string,
  { exportName, member }: ExportName,
  confirm: Confirmation | undefined,
  isCommonJs: boolean,
): DiscoveredTask {
  const isNamed = !['', 'default', 'module.exports'].includes(exportName);
  const isOfEntry = isEntry(url);
  const descriptor: ModuleDescriptor = {
    kind: 'module',
    name: member !== undefined ? `${exportName}.${member}` : isNamed ? exportName : candidate.title,
    url,
    exportName,
    commonjs: isCommonJs ? true : undefined,
    hooks: hooksFor(url, isCommonJs),
    member,
    parsed: candidate.parts === undefined ? undefined : true,
    entry: isOfEntry ? true : undefined,
    bundled: (confirm === undefined ? isOfEntry && mayBeInBundle(candidate) : isInBundle(candidate)) ? true : undefined,
    confirm,
  };
  return { descriptor, sharedBy: undefined };
}
