// The tasks of cases.mjs.
export function square(x: number): number {
  return x ** 2;
}
export async function slow(x: number): Promise<number> {
  await new Promise((r) => setTimeout(r, 5));
  return x + 1;
}
export function fail(): never {
  throw Object.assign(new RangeError('no'), { code: 'E_NO', own: 7 });
}
export function die(): void {
  process.exit(3);
}
export function sizeOf(b: Uint8Array): number {
  return b.byteLength;
}
export function bytes(n: number): Uint8Array {
  return new Uint8Array(n).fill(7);
}
export function echo(x: unknown): unknown {
  return x;
}
// biome-ignore lint/complexity/noStaticOnlyClass: the static method is a task
export class Shape {
  static area(w: number, h: number): number {
    return w * h;
  }
}
export function forever(): void {
  for (;;);
}
