// The task: one file in, one small record out. This module is all that a worker loads.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import jsTokens from 'js-tokens';

const WHITE_SPACE = new Set(['WhiteSpace', 'LineTerminatorSequence']);

/**
 * Reads, hashes, compresses and tokenizes one file. CPU-bound and synchronous: what workers are for.
 *
 * @param {string} path
 */
export function survey(path) {
  const content = readFileSync(path);
  let tokens = 0;
  for (const { type } of jsTokens(content.toString('utf8'), { jsx: /x$/.test(path) })) if (!WHITE_SPACE.has(type)) tokens += 1;
  return {
    path,
    bytes: content.length,
    gzipped: gzipSync(content, { level: 9 }).length,
    tokens,
    sha256: createHash('sha256').update(content).digest('hex'),
    // Who did it: the only part of a record that differs from run to run.
    pid: process.pid,
    threadId,
  };
}

/** @typedef {ReturnType<typeof survey>} SurveyRecord */
