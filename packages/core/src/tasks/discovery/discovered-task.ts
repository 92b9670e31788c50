/** What comes of looking for a function: how a worker finds it, or why it cannot be sent. */
import type { Confirmation, ModuleDescriptor, TaskDescriptor } from '../definition/task-descriptor.ts';
import type { Candidate } from './candidate.ts';
import type { ExportName } from './declaration.ts';
import { isEntry } from './module-lookup.ts';

export interface DiscoveredTask {
  readonly descriptor: TaskDescriptor;
  /** By what another function object is known to be the same inline function: its text, or also the place where it is written. */
  readonly sharedBy: 'text' | 'position' | undefined;
}

/** Why a function cannot be a task. */
export interface RefusedTask {
  readonly refused: string;
}

export function discoverByReference(
  candidate: Candidate,
  url: string,
  { exportName, member }: ExportName,
  confirm: Confirmation | undefined,
  isCommonJs: boolean,
): DiscoveredTask {
  const isNamed = !['', 'default', 'module.exports'].includes(exportName);
  const descriptor: ModuleDescriptor = {
    kind: 'module',
    name: member !== undefined ? `${exportName}.${member}` : isNamed ? exportName : candidate.title,
    url,
    exportName,
    commonjs: isCommonJs ? true : undefined,
    member,
    parsed: candidate.parts === undefined ? undefined : true,
    entry: isEntry(url) ? true : undefined,
    confirm,
  };
  return { descriptor, sharedBy: undefined };
}
