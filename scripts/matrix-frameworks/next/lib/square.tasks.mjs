import { basename } from 'node:path';

const FACTOR = 3;
export function square(x) {
  return x * x * FACTOR + basename('/a/b').length;
}
