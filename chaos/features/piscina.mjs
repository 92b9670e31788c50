// Tries the features of piscina.
import { Piscina } from 'piscina';
import { piscinaLike } from './piscina-like.mjs';

export const { probes } = piscinaLike(Piscina, 'piscina-setup.mjs');
