// Finds the sentence of limits.json for a goal that is not reached, and fills in its figures.
import { nameOf } from '../harness/variant.mjs';
import { withUnit } from './markdown.mjs';

/** The sentence for this result, else the one for its question; undefined without one. */
export function limitOf(limits, result, { text }) {
  return limits[nameOf(result)]?.[text] ?? limits[result.question]?.[text];
}

/** Replaces `{question/contender/metric}` by the measured figure: that of the same Node if there is one, else that of the question. */
export function filled(sentence, results, { variant }) {
  return sentence.replaceAll(/\{([^/{}]+)\/([^/{}]+)\/([^{}]+)\}/g, (_, question, contender, metric) => {
    const result = results.get(nameOf({ question, variant })) ?? results.get(question);
    const summary = result?.measured[contender]?.[metric];
    if (summary === undefined) return 'not measured';
    return withUnit(summary.median, result.metrics[metric].unit);
  });
}
