// The personal link: everything in it stands behind the #, which browsers do not send to any server.

export interface DeskLink {
  readonly invitation: string | null;
  /** Where the vault lies, base64url of 16 bytes. */
  readonly locator: string | null;
  /** Pins the instance, base64url of 32 bytes. */
  readonly instance: string | null;
  /** An alert to open after sign-in, 32 hexadecimal characters. */
  readonly alertId: string | null;
}

/** Reads a fragment such as "#v=…&i=…". What has not the right form is treated as missing. */
export function readDeskLink(fragment: string): DeskLink {
  const fields = new URLSearchParams(fragment.replace(/^#/, ''));
  const field = (name: string, form: RegExp): string | null => {
    const value = fields.get(name);
    return value !== null && form.test(value) ? value : null;
  };
  return {
    invitation: field('invite', /^[\w-]{16,128}$/),
    locator: field('v', /^[\w-]{22}$/),
    instance: field('i', /^[\w-]{43}$/),
    alertId: field('a', /^[0-9a-f]{32}$/),
  };
}

/** The personal link of a responder, to keep in a password manager or on paper. */
export function personalLink(origin: string, locator: string, instance: string): string {
  return `${origin}/desk#v=${locator}&i=${instance}`;
}
