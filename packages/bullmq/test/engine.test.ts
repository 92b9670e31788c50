/** Which errors of an engine pass, by their codes, and by their texts, which are all that a record keeps. */
import { describe, expect, it } from 'vitest';
import { isPassing } from '../src/engine.ts';

describe('isPassing', () => {
  it.each([
    'read ECONNRESET',
    'connect ECONNREFUSED 127.0.0.1:5432',
    'write EPIPE',
    'read ETIMEDOUT',
    'Connection is closed.',
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'timeout exceeded when trying to connect',
    'terminating connection due to administrator command',
    'terminating connection because of crash of another server process',
    'the database system is shutting down',
    'the database system is starting up',
    'the database system is in recovery mode',
    'the database system is not yet accepting connections',
    'LOADING Redis is loading the dataset in memory',
  ])('knows the text %j', (message) => {
    expect([isPassing({ message }), isPassing(new Error(message))]).toEqual([true, true]);
  });

  it.each(['57P01', '57P02', '57P03', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'])('knows the code %s', (code) => {
    expect(isPassing(Object.assign(new Error('an error'), { code }))).toBe(true);
  });

  it.each([undefined, null, 'text', new Error('the module could not be loaded: loading'), new Error('MYECONNRESETS'), { code: '42P01' }])(
    'does not take %j for one',
    (error) => {
      expect(isPassing(error)).toBe(false);
    },
  );
});
