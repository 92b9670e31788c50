/**
 * Parses rows of CSV (RFC 4180, with LF or CRLF) into lists of fields.
 *
 * This file does not know the header: a row may have any number of fields. It is loaded for CSV inputs only, because the parser is large.
 */
import { parse } from 'csv-parse/sync';

const OPTIONS = {
  record_delimiter: ['\n', '\r\n'],
  relax_column_count: true,
  skip_empty_lines: true,
};

/** @throws Error for a row that is not RFC 4180. */
export function rowsOf(bytes: Uint8Array): string[][] {
  return parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), OPTIONS) as string[][];
}
