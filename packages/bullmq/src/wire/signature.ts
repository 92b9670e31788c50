/**
 * Signs jobs and results with a shared secret, and checks signatures: HMAC-SHA256 over the fields that are used, and over the job's id.
 *
 *   client: job = data + mac('job', id, fields)  -->  node: checked before anything of it is decoded
 *   node: result = data + mac('result', id, fields)  -->  client: the same
 *
 * Each field goes in with its length, so that no two lists of fields have the same bytes. The id keeps a signed job from being stored again as another one.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export type Fields = readonly (string | number | boolean | null | undefined)[];

/** `what` and `id` say what is signed. */
export function sign(secret: string, what: 'job' | 'result' | 'abort', id: string, fields: Fields): string {
  const hmac = createHmac('sha256', secret);
  for (const field of [what, id, ...fields]) {
    const text = String(field);
    hmac.update(`${typeof field} ${Buffer.byteLength(text)}\n`).update(text);
  }
  return hmac.digest('base64');
}

export function isSigned(secret: string, what: 'job' | 'result' | 'abort', id: string, fields: Fields, mac: unknown): boolean {
  if (typeof mac !== 'string') return false;
  const given = Buffer.from(mac, 'base64');
  const wanted = Buffer.from(sign(secret, what, id, fields), 'base64');
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
