// Server-sent events over fetch, as the HTML standard writes them (section 9.2.6, "Interpreting an event stream").

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Feeds decoded text and gives back the events that are complete. A block without data is no event; comments, ids and
 *  retry times are not used here. */
export class EventStreamParser {
  private rest = '';
  private event = '';
  private data: string[] = [];

  push(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    this.rest += text;
    // A carriage return at the very end may be half of a CRLF: it waits for what follows.
    const complete = /^[^\r\n]*(?:\r\n|\r(?!$)|\n)/;
    for (let line = complete.exec(this.rest); line !== null; line = complete.exec(this.rest)) {
      this.rest = this.rest.slice(line[0].length);
      const found = this.line(line[0].replace(/[\r\n]+$/, ''));
      if (found !== null) events.push(found);
    }
    return events;
  }

  private line(line: string): ServerEvent | null {
    if (line === '') {
      const found = this.data.length === 0 ? null : { event: this.event || 'message', data: this.data.join('\n') };
      this.event = '';
      this.data = [];
      return found;
    }
    const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === 'event') this.event = value;
    if (field === 'data') this.data.push(value);
    return null;
  }
}

/** The alert id of a `changed` event; null when the data is not what it should be. */
export function changedAlertId({ event, data }: ServerEvent): string | null {
  if (event !== 'changed') return null;
  try {
    const json: unknown = JSON.parse(data);
    const id = typeof json === 'object' && json !== null && 'alertId' in json ? json.alertId : null;
    return typeof id === 'string' ? id : null;
  } catch {
    return null;
  }
}
