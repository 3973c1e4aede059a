const maxLength = 500;

/** The address of a receiver; null unless it is https with a host name, and without password and fragment. */
export function parseWebhookAddress(text: string): URL | null {
  if (text.length > maxLength || /\s/.test(text) || !URL.canParse(text)) return null;
  const url = new URL(text);
  const plain = url.username === '' && url.password === '' && url.hash === '';
  return url.protocol === 'https:' && plain ? url : null;
}

/** What is allowed, for messages. */
export const WEBHOOK_ADDRESS_FORM = `https://host/path of at most ${maxLength} characters, without user, password and fragment`;
