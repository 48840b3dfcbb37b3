/** The colours and weights that outputs use: names of `util.styleText`. */
export type Format = 'bold' | 'cyan' | 'dim' | 'green' | 'red' | 'yellow';

/** Gives a text a colour or weight, where there is a terminal to show it. */
export type Style = (format: Format, text: string) => string;

/** No colours. */
export const plain: Style = (_format, text) => text;
