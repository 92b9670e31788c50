// Which files are surveyed, and to which package each belongs.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';

const SOURCE = /\.[cm]?[jt]sx?$/;
const MODULES = `node_modules${sep}`;

/**
 * Every JavaScript, TypeScript and declaration file under a node_modules folder, in the order of their paths. Links are not followed: pnpm's and npm's
 * layouts both have each package's real folder in there, so each real file comes once.
 *
 * @param {string} root
 * @returns {{ path: string, bytes: number }[]}
 */
export function listFiles(root) {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && SOURCE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ path, bytes: statSync(path).size }));
}

/**
 * The first files that keep both limits.
 *
 * @param {{ path: string, bytes: number }[]} files
 * @param {{ maxFiles: number, maxBytes: number }} limits
 */
export function capped(files, { maxFiles, maxBytes }) {
  let bytes = 0;
  const over = files.findIndex((file, i) => {
    bytes += file.bytes;
    return i >= maxFiles || bytes > maxBytes;
  });
  return over === -1 ? files : files.slice(0, over);
}

/** @type {Map<string, string>} */
const names = new Map();

/**
 * Splits `…/node_modules/@scope/name/lib/x.js` at the last package folder.
 *
 * @param {string} path
 * @returns {{ name: string, file: string }} `name@version`, and the path inside the package
 */
export function packageOf(path) {
  const start = path.lastIndexOf(MODULES) + MODULES.length;
  const parts = path.slice(start).split(sep);
  const folder = parts.slice(0, parts[0]?.startsWith('@') ? 2 : 1).join(sep);
  const root = path.slice(0, start) + folder;
  const name = names.get(root) ?? nameAndVersion(root, folder);
  names.set(root, name);
  return { name, file: path.slice(root.length + 1).replaceAll(sep, '/') };
}

/**
 * @param {string} root
 * @param {string} folder
 */
function nameAndVersion(root, folder) {
  try {
    const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    return `${name}@${version}`;
  } catch {
    return folder; // loose files that belong to no package
  }
}
