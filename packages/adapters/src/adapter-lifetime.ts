/**
 * What a facade and the adapter beside it owe each other.
 *
 *   original ---seat---> workers <---seat beside it--- adapter
 *       ^-------------------keeps--------------------------'
 *
 * Decides how long each stays. An adapter keeps its original, which would otherwise be taken for forgotten, and end its workers, while the
 * adapter is used. The original does not keep its adapters: one that nobody can reach any more gives its seat up when its work has ended, so
 * that a program may make one a request. Refuses to know the facades.
 */
import { type Seat, seatOf } from '@twinpool/core/facade';

const originals = new WeakMap<object, object>();
const forgotten = new FinalizationRegistry<Seat>((seat) => seat.leaveWhenIdle());

/** Says what the adapter stands beside; gives it back. */
export function keptBeside<Adapter extends object>(original: object, adapter: Adapter): Adapter {
  originals.set(adapter, original);
  const seat = seatOf(adapter);
  if (seat !== undefined) forgotten.register(adapter, seat);
  return adapter;
}
