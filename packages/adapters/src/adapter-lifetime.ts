/**
 * Keeps the original facade of an adapter alive, and ends an adapter that was garbage collected.
 *
 *   original ---attachment---> workers <---attachment--- adapter
 *       ^--------------------- reference --------------------'
 *
 * Without the reference the original could be garbage collected, and its workers ended, while the adapter is used. There is no reference from the
 * original to its adapters: an adapter that was garbage collected leaves the workers when its work has ended. So a program may make an adapter per
 * request. This file does not know the facades.
 */
import { type Attachment, attachmentOf } from '@twinpool/core/facade';

const originals = new WeakMap<object, object>();
const unreachable = new FinalizationRegistry<Attachment>((attachment) => attachment.leaveWhenIdle());

/** Ties the lifetime of `original` to that of `adapter`, and returns the adapter. */
export function adapterOf<Adapter extends object>(original: object, adapter: Adapter): Adapter {
  originals.set(adapter, original);
  const attachment = attachmentOf(adapter);
  if (attachment !== undefined) unreachable.register(adapter, attachment);
  return adapter;
}
