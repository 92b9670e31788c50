// Names a result: by its question and, if another Node ran the contenders than the one that ran the benchmark, by the major version of that one.

/** The name of the files of a result: `latency-threads`, or `latency-threads.node24`. */
export function nameOf({ question, variant }) {
  return variant === undefined ? question : `${question}.${variant}`;
}

/** The name for people: `latency-threads`, or `latency-threads, Node 24`. */
export function titleOf({ question, variant }) {
  return variant === undefined ? question : `${question}, ${variant.replace('node', 'Node ')}`;
}
