// Scales the sizes of all questions: `--scale 0.1` is a tenth, to try a change out. Scaled results are not kept.
const scale = Number(process.env.BENCH_SCALE ?? 1);

export function scaled(count) {
  return Math.max(1, Math.round(count * scale));
}
