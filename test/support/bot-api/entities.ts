import { badRequest } from './refusal.js';

/** Tags that Telegram's HTML mode knows (https://core.telegram.org/bots/api#html-style). */
const htmlTags = new Set(['b', 'strong', 'i', 'em', 'u', 'ins', 's', 'strike', 'del', 'a', 'code', 'pre', 'tg-spoiler', 'span', 'blockquote', 'tg-emoji']);
/** Characters that must be escaped in MarkdownV2 outside of entities. */
const reservedInMarkdown = /[_*[\]()~`>#+\-=|{}.!]/;

/** The text without its markup, or Telegram's refusal of a markup that it cannot read. */
export function parseEntities(text: string, parseMode: string | undefined): string {
  switch (parseMode) {
    case undefined:
    case '':
      return text;
    case 'HTML':
      return parseHtml(text);
    case 'MarkdownV2':
      return parseMarkdown(text);
    default:
      throw badRequest('unsupported parse_mode');
  }
}

function parseHtml(text: string): string {
  const open: string[] = [];
  let plain = '';
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const entity = /^&(lt|gt|amp|quot|#\d+);/.exec(rest);
    if (entity) {
      plain += '.';
      at += entity[0].length;
    } else if (rest.startsWith('<')) {
      const tag = /^<(\/?)([a-zA-Z-]+)(\s[^<>]*)?>/.exec(rest);
      const name = tag?.[2]?.toLowerCase();
      if (!tag || name === undefined) throw badRequest(`can't parse entities: Unclosed start tag at byte offset ${at}`);
      if (!htmlTags.has(name)) throw badRequest(`can't parse entities: Unsupported start tag "${name}" at byte offset ${at}`);
      if (tag[1] === '') open.push(name);
      else if (open.pop() !== name) throw badRequest(`can't parse entities: Unexpected end tag at byte offset ${at}`);
      at += tag[0].length;
    } else {
      plain += text[at] ?? '';
      at++;
    }
  }
  if (open.length > 0) throw badRequest(`can't parse entities: Can't find end tag corresponding to start tag "${open.at(-1) ?? ''}"`);
  return plain;
}

/** Knows bold, italic, underline, strike and code, which is what a bot writes; anything else reserved is refused. */
function parseMarkdown(text: string): string {
  const open: string[] = [];
  let plain = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === '\\') {
      plain += text[++at] ?? '';
    } else if ('*_~`'.includes(character)) {
      if (open.at(-1) === character) open.pop();
      else open.push(character);
    } else if (reservedInMarkdown.test(character)) {
      throw badRequest(`can't parse entities: Character '${character}' is reserved and must be escaped with the preceding '\\'`);
    } else {
      plain += character;
    }
  }
  if (open.length > 0) throw badRequest("can't parse entities: Can't find end of an entity");
  return plain;
}
