// Makes the pool of knitting: it looks for the tasks among the exports of the module that makes the pool.
import { increment, price } from './tasks.mjs';

export { increment, price };

export function makePool(createPool, options) {
  return createPool(options)({ increment, price });
}
