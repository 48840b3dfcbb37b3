import { failureIsOurs } from './failureIsOurs.js';
import { neverInvalid } from './neverInvalid.js';
import { neverOverwritten } from './neverOverwritten.js';
import { nothingInSilence } from './nothingInSilence.js';
import { onceIsEnough } from './onceIsEnough.js';
import { onlyDeclared } from './onlyDeclared.js';
import { patchIsReport } from './patchIsReport.js';
import type { Law } from './scenario.js';

/** The seven laws that podtemper keeps, whatever pod comes, by number. */
export const laws: readonly { readonly number: number; readonly name: string; readonly law: Law }[] = [
  { number: 1, name: 'never invalid', law: neverInvalid },
  { number: 2, name: 'never overwritten', law: neverOverwritten },
  { number: 3, name: 'once is enough', law: onceIsEnough },
  { number: 4, name: 'only what is declared', law: onlyDeclared },
  { number: 5, name: 'the patch is the report', law: patchIsReport },
  { number: 6, name: 'nothing in silence', law: nothingInSilence },
  { number: 7, name: "a failure of ours is not the user's", law: failureIsOurs },
];
