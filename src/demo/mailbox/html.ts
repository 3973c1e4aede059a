/** Text that is already HTML; made by `html` alone, so that nothing unescaped can be put into a page by accident. */
export class Html {
  constructor(readonly text: string) {}
}

type Piece = string | number | Html | readonly Html[];

/** Tagged template: every value is escaped, unless it was itself made by this tag. */
export function html(strings: TemplateStringsArray, ...values: readonly Piece[]): Html {
  return new Html(strings.reduce((text, part, i) => text + (i === 0 ? '' : piece(values[i - 1] ?? '')) + part, ''));
}

function piece(value: Piece): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  return escape(String(value));
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Web addresses in a plain text become links; everything else stays text. */
export function linked(text: string): Html {
  const parts = text.split(/(https?:\/\/[^\s<>"']+)/);
  return new Html(
    parts.map((part, i) => (i % 2 === 1 ? html`<a href="${part}" target="_blank" rel="noreferrer">${part}</a>` : html`${part}`).text).join(''),
  );
}
