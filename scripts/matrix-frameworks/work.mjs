// The tasks of the recipes.
export function square(x) {
  return x ** 2;
}
export async function slow(ms) {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return 'done';
}
