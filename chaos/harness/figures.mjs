// Statistics of a run.

/** The value that a share `p` of them does not exceed; 0 of none. */
export function percentile(values, p) {
  if (values.length === 0) return 0;
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] ?? 0;
}

export function median(values) {
  return percentile(values, 0.5);
}

/** Rise of y a step of x, by least squares. */
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

/** p50, p99 and the most, in words. */
export function spread(values, unit = 'ms') {
  if (values.length === 0) return 'none';
  const of = (p) => percentile(values, p).toFixed(1);
  return `p50 ${of(0.5)}, p99 ${of(0.99)}, max ${of(1)} ${unit} (of ${values.length})`;
}
