/** Says what to do with a function that a worker cannot load because a bundler moved it. The program and its workers say the same. */

export const REFERENCE = "`taskRef(new URL('./tasks.js', import.meta.url), 'name')`";

/** `name`: of the function, '' if it has none. */
export function bundleCures(name: string): string {
  const what = name === '' ? 'it' : `\`${name}\``;
  return `The program is bundled, and no file that a worker can load is known to export ${what}: build with \`@twinpool/unplugin\`, \
pass ${REFERENCE}, or mark the package of the function as external`;
}
