// Computes the statistics of a run.

/** Returns the value that the share `p` of the values does not exceed; 0 for no values. */
export function percentile(values, p) {
  if (values.length === 0) return 0;
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] ?? 0;
}

export function median(values) {
  return percentile(values, 0.5);
}

/** Returns the rise of y per unit of x, by least squares. */
export function slope(points) {
  const n = points.length;
  if (n < 2) return 0;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n;
  let above = 0;
  let below = 0;
  for (const [x, y] of points) {
    above += (x - meanX) * (y - meanY);
    below += (x - meanX) ** 2;
  }
  return below === 0 ? 0 : above / below;
}

export const MiB = 2 ** 20;

/** Returns p50, p99 and the most as text. */
export function percentiles(values, unit = 'ms') {
  if (values.length === 0) return 'none';
  const at = (p) => percentile(values, p).toFixed(1);
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} ${unit} (of ${values.length})`;
}
