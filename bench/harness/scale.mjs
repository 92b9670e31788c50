// `--scale 0.1` makes every question a tenth as big: to try a change out, not to publish.
const scale = Number(process.env.BENCH_SCALE ?? 1);

export function scaled(count) {
  return Math.max(1, Math.round(count * scale));
}
