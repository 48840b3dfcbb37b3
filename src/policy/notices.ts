import { shorten } from '../shorten.js';

/** All that there may be to notice, by code: also what the metric counts. */
export const noticeCodes = {
  unknownMode: 'the namespace label podtemper.io/mode is no mode; taken as audit',
  unknownPolicy: 'the namespace label podtemper.io/policy names no policy; taken as audit',
  unknownGrant: 'the namespace label podtemper.io/opt-out names no control',
  unknownAnnotation: 'a pod annotation of ours does not exist',
  unknownControl: 'the opt-out names no control',
  optOutDenied: 'the namespace or the policy does not grant the opt-out',
  optOutNeedsReason: 'the policy demands a reason for the opt-out',
  optOutNeedsExpiry: 'the policy demands a last day of the opt-out',
  optOutExpired: 'the last day of the opt-out is over',
  badDate: 'the last day of the opt-out is no date',
  badRunAsUser: 'the user ID that the pod asks for cannot be used',
  badWritablePath: 'a writable path that the pod asks for cannot be used',
  tooManyWritablePaths: 'the pod asks for more writable paths than there may be',
  tooManyContainers: 'the pod has more containers than are looked at: it is left alone',
  nearlyTooLarge: 'the pod is nearly as large as one that can be stored: it is left alone',
  noRoomForMark: 'the annotations are full: the pod does not say what changed it',
  moreNotices: 'there was more of the same than one pod is told of',
} as const;
export type NoticeCode = keyof typeof noticeCodes;

/** What a person should know of how labels and annotations were read. */
export interface Notice {
  readonly code: NoticeCode;
  readonly text: string;
}

/** Notices of one kind of fault that one pod can get: its annotations may hold 256 KiB of faults. */
const maxNotices = 50;
/** Longest quotation, in UTF-16 units. */
const maxQuoted = 500;

/** Collects notices. Past the fiftieth they are only counted, and no text is worked out. */
export class Notices {
  readonly #list: Notice[];
  #leftOut = 0;

  constructor(earlier: readonly Notice[] = []) {
    this.#list = [...earlier];
  }

  add(code: NoticeCode, text: () => string): void {
    if (this.#list.length < maxNotices) this.#list.push({ code, text: text() });
    else this.#leftOut++;
  }

  get isEmpty(): boolean {
    return this.#list.length === 0;
  }

  all(): readonly Notice[] {
    if (this.#leftOut === 0) return this.#list;
    return [...this.#list, { code: 'moreNotices', text: `… and ${this.#leftOut} more faults of this kind` }];
  }
}

/** What was found, in quotes, as much of it as a person reads. */
export function quote(text: string): string {
  return `"${shorten(text, maxQuoted)}"`;
}
