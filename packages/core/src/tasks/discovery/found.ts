/** What comes of looking for a function: how a worker finds it, or why it cannot be sent. */
import type { Confirmation, ModuleDescriptor, TaskDescriptor } from '../definition/descriptor.ts';
import type { Subject } from './candidate.ts';
import type { ExportName } from './declaration.ts';
import { isEntry } from './module-lookup.ts';

export interface Found {
  readonly descriptor: TaskDescriptor;
  /** By what another function object is known to be the same inline function: its text, or also the place where it is written. */
  readonly sharedBy: 'text' | 'place' | undefined;
}

/** Why a function cannot be a task. */
export interface Refused {
  readonly refused: string;
}

export function byReference(
  subject: Subject,
  url: string,
  { exportName, member }: ExportName,
  confirm: Confirmation | undefined,
  isCommonJs: boolean,
): Found {
  const isNamed = !['', 'default', 'module.exports'].includes(exportName);
  const descriptor: ModuleDescriptor = {
    kind: 'module',
    name: member !== undefined ? `${exportName}.${member}` : isNamed ? exportName : subject.title,
    url,
    exportName,
    commonjs: isCommonJs ? true : undefined,
    member,
    parsed: subject.parts === undefined ? undefined : true,
    entry: isEntry(url) ? true : undefined,
    confirm,
  };
  return { descriptor, sharedBy: undefined };
}
