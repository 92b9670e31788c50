/**
 * Gives every property test the same seed, so that one `npm test` draws the cases of any other and a failure repeats.
 *
 * `npm run model` sets MODEL_RUNS and, unless it is given a seed, draws new cases in each run.
 */
import fc from 'fast-check';

if (process.env['MODEL_RUNS'] === undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20_261_130 });
