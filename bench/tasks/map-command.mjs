/** The trivial function of bench/map-command.mjs. */

/** @param {{ n: number }} record */
export default function double(record) {
  return record.n * 2;
}
