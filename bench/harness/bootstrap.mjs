// Computes how reliable a ratio is that was measured in pairs.
import { summary } from './statistics.mjs';
import { randomOf } from './work.mjs';

const RESAMPLES = 2_000;
const SEED = 1;

/**
 * Returns the median of the ratios `changed : base`, and its bootstrap 95 % interval: the percentiles of medians of samples that are drawn with
 * replacement. The same pairs give the same interval.
 */
export function medianRatio(pairs) {
  if (pairs.length === 0) throw new RangeError('expected at least one pair, got none');
  const ratios = pairs.map(([base, changed]) => changed / base);
  const random = randomOf(SEED);
  const draw = () => ratios[Math.floor(random() * ratios.length)];
  const medians = Array.from({ length: RESAMPLES }, () => summary(ratios.map(draw)).median).sort((a, b) => a - b);
  return { median: summary(ratios).median, low: medians[RESAMPLES * 0.025], high: medians[RESAMPLES * 0.975 - 1] };
}
