import { RangeSetBuilder } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  ViewPlugin,
  type ViewUpdate,
} from '@codemirror/view';

/** Comments, texts in quotes, keys, and values that are no texts: all that YAML needs to be read at a glance. */
const tokens = new RegExp(
  [
    String.raw`(?<comment>(?:^|(?<=\s))#.*)`,
    String.raw`(?<quoted>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')`,
    String.raw`(?<key>[\w$][\w./$-]*(?=\s*:(?:\s|$)))`,
    String.raw`(?<plain>(?<=[:[,{-]\s+)(?:true|false|null|~|-?\d[\w.]*)(?=\s*(?:[,}\]]|$)))`,
  ].join('|'),
  'g',
);

const marks: Readonly<Record<string, Decoration>> = {
  comment: Decoration.mark({ class: 'tok-comment' }),
  quoted: Decoration.mark({ class: 'tok-quoted' }),
  key: Decoration.mark({ class: 'tok-key' }),
  plain: Decoration.mark({ class: 'tok-plain' }),
};

/** Paints the lines that can be seen. */
export const highlight = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = paint(view);
    }

    update({ docChanged, viewportChanged, view }: ViewUpdate): void {
      if (docChanged || viewportChanged) this.decorations = paint(view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

/** Longest line that is painted, in characters. */
const maxLength = 2000;

function paint({ visibleRanges, state }: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  for (const { from, to } of visibleRanges) {
    for (let position = from; position <= to;) {
      const line = state.doc.lineAt(position);
      if (line.length <= maxLength) paintLine(builder, line);
      position = line.to + 1;
    }
  }
  return builder.finish();
}

function paintLine(
  builder: RangeSetBuilder<Decoration>,
  { from, text }: { readonly from: number; readonly text: string },
): void {
  for (const match of text.matchAll(tokens)) {
    const [name] = Object.entries(match.groups ?? {}).find(([, value]) => value !== undefined) ?? [];
    const mark = name === undefined ? undefined : marks[name];
    const start = from + match.index;
    if (mark !== undefined) builder.add(start, start + match[0].length, mark);
  }
}
