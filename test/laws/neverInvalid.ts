import { expectNone, hardenIn, type Law } from './scenario.js';
import { newProblems } from './validity.js';

/** Law 1: what was accepted without us is accepted with us, starts where it started, and finds its own files. */
export const neverInvalid: Law = (scenario, { harden }) => {
  const { hardened } = hardenIn(scenario, scenario.pod, harden);
  expectNone(newProblems(scenario.pod, hardened, scenario.facts), 'worse than before');
};
