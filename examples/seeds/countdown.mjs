import { context } from 'twinpool/worker';

/**
 * Says each number, and then what follows.
 *
 * @param {number} from
 */
export function countDown(from) {
  const { report } = context();
  for (let n = from; n > 0; n--) report(n);
  return 'lift-off';
}
