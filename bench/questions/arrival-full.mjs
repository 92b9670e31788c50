// Question `arrival-full`: measures `arrival` while other programs use all processors.
import arrival from './arrival.mjs';

export default {
  ...arrival,
  name: 'arrival-full',
  asks: `${arrival.asks}, beside two processes that compute without pause`,
  busy: 2,
};
