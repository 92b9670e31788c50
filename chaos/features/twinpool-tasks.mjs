import { context } from '@twinpool/core/worker';

export function reportTwice() {
  for (const message of [1, 2]) context().report(message);
}
