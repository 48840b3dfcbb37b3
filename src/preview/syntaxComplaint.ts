import type { YAMLParseError } from 'yaml';
import type { Complaint } from '../errors.js';

/** What is wrong with a text that is no YAML, in the words of whoever wrote it rather than of the YAML specification. */
export function syntaxComplaint({ code, message }: YAMLParseError): Complaint {
  const words = wordings.find(({ says }) => message.startsWith(says));
  const found = words?.found ?? message.charAt(0).toLowerCase() + message.slice(1);
  const advice = words?.advice ?? advices[code];
  return { where: 'manifest', expected: 'YAML', found, ...(advice !== undefined && { advice }) };
}

const compareIndent = 'compare its indentation with the lines above';

const wordings: readonly { readonly says: string; readonly found: string; readonly advice: string }[] = [
  {
    says: 'Sequence item without - indicator',
    found: 'a line that does not line up with the list above',
    advice: compareIndent,
  },
  {
    says: 'All mapping items must start at the same column',
    found: 'a key that does not line up with those above',
    advice: compareIndent,
  },
  {
    says: 'Nested mappings are not allowed in compact mappings',
    found: 'a second "key:" in the line',
    advice: 'write the text in quotes, or indent it on a line of its own',
  },
  {
    says: 'Implicit keys need to be on a single line',
    found: 'a text of several lines where a key should be',
    advice: `look for a missing colon, or ${compareIndent}`,
  },
  {
    says: 'Implicit map keys need to be followed by map values',
    found: 'a line without a colon',
    advice: 'write key: value',
  },
  {
    says: 'Tabs are not allowed as indentation',
    found: 'a tab in the indentation',
    advice: 'indent with spaces',
  },
  {
    says: 'Flow ',
    found: 'a bracket that is not closed before this line',
    advice: 'look for a missing ] or }, and indent what stands in it',
  },
  {
    says: 'Missing closing',
    found: 'a text whose quotes are never closed',
    advice: 'look for a missing quote',
  },
];

const punctuation = 'look for a missing quote, bracket or colon';

const advices: Readonly<Partial<Record<YAMLParseError['code'], string>>> = {
  BAD_INDENT: compareIndent,
  BLOCK_AS_IMPLICIT_KEY: compareIndent,
  BLOCK_IN_FLOW: 'look for a bracket that is not closed',
  MISSING_CHAR: punctuation,
  BAD_SCALAR_START: 'write the text in quotes',
  UNEXPECTED_TOKEN: punctuation,
};
