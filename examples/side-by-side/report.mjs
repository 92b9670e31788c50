// Folds records into a report. The order in which they came does not matter: the same files give the same report.
import { createHash } from 'node:crypto';
import { packageOf } from './files.mjs';

/**
 * @typedef {import('./survey-task.mjs').SurveyRecord} SurveyRecord
 * @typedef {{ name: string, files: number, bytes: number, gzipped: number, tokens: number, largest: { file: string, bytes: number } }} PackageReport
 * @typedef {{ packages: PackageReport[], sha256: string }} Report
 */

/**
 * One entry a package, the largest first, and one hash over the hashes of all files.
 *
 * @param {SurveyRecord[]} records
 * @returns {Report}
 */
export function fold(records) {
  const inOrder = records.toSorted((a, b) => compare(a.path, b.path));
  const hash = createHash('sha256');
  /** @type {Map<string, PackageReport>} */
  const packages = new Map();
  for (const { path, bytes, gzipped, tokens, sha256 } of inOrder) {
    const { name, file } = packageOf(path);
    const entry = packages.get(name) ?? { name, files: 0, bytes: 0, gzipped: 0, tokens: 0, largest: { file, bytes: 0 } };
    packages.set(name, entry);
    entry.files += 1;
    entry.bytes += bytes;
    entry.gzipped += gzipped;
    entry.tokens += tokens;
    if (bytes > entry.largest.bytes) entry.largest = { file, bytes };
    hash.update(`${name}/${file} ${sha256}\n`);
  }
  return { packages: [...packages.values()].sort((a, b) => b.bytes - a.bytes || compare(a.name, b.name)), sha256: hash.digest('hex') };
}

/**
 * Where two reports differ first; undefined when they are the same.
 *
 * @param {Report} one
 * @param {Report} other
 */
export function difference(one, other) {
  for (let i = 0; i < Math.max(one.packages.length, other.packages.length); i++) {
    const [a, b] = [JSON.stringify(one.packages[i]), JSON.stringify(other.packages[i])];
    if (a !== b) return `${a} against ${b}`;
  }
  return one.sha256 === other.sha256 ? undefined : `hash ${one.sha256} against ${other.sha256}`;
}

/**
 * @param {PackageReport[]} packages
 * @param {number} most rows, the largest packages
 * @returns {string[][]} rows of a table
 */
export function rowsOf(packages, most) {
  const rows = [['package', 'files', 'bytes', 'ratio', 'tokens', 'largest file']];
  for (const each of packages.slice(0, most)) rows.push(rowOf(each, each.largest.file));
  const rest = packages.slice(most);
  if (rest.length > 0) rows.push(rowOf(sum(`${rest.length} more`, rest)));
  rows.push(rowOf(sum(`all ${packages.length}`, packages)));
  return rows;
}

/**
 * @param {Omit<PackageReport, 'largest'>} entry
 * @param {string} [largest]
 */
function rowOf({ name, files, bytes, gzipped, tokens }, largest = '') {
  return [name, String(files), size(bytes), (bytes / gzipped).toFixed(1), tokens.toLocaleString('en'), largest];
}

/**
 * @param {string} name
 * @param {PackageReport[]} packages
 */
function sum(name, packages) {
  const total = { name, files: 0, bytes: 0, gzipped: 0, tokens: 0 };
  for (const { files, bytes, gzipped, tokens } of packages) {
    total.files += files;
    total.bytes += bytes;
    total.gzipped += gzipped;
    total.tokens += tokens;
  }
  return total;
}

/** @param {number} bytes */
export function size(bytes) {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/**
 * @param {string} a
 * @param {string} b
 */
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
