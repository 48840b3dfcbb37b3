import type { PageInput, PageQuestion } from '../../src/web/view/question.js';

/** A question as the page asks it where nothing was chosen. */
export function questionAbout(manifests: string, chosen: Partial<PageInput> = {}): PageQuestion {
  return {
    manifests,
    policyName: '',
    ownPolicy: undefined,
    mode: '',
    guide: '',
    settings: { policies: [], defaultPolicy: 'default', mode: 'enforce' },
    today: '2026-11-26',
    ...chosen,
  };
}
