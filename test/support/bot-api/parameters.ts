import { badRequest } from './refusal.js';

/** The parameters of one call, read as strictly as Telegram reads them. */
export class Parameters {
  constructor(readonly all: Readonly<Record<string, unknown>>) {}

  optionalInteger(name: string): number | undefined {
    const given = this.all[name];
    if (given === undefined || given === null) return undefined;
    const value = typeof given === 'string' && /^-?\d+$/.test(given) ? Number(given) : given;
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw badRequest(`field "${name}" must be of type Number`);
    return value;
  }

  integer(name: string, missing: string): number {
    const value = this.optionalInteger(name);
    if (value === undefined) throw badRequest(missing);
    return value;
  }

  optionalText(name: string): string | undefined {
    const given = this.all[name];
    if (given === undefined || given === null) return undefined;
    if (typeof given !== 'string') throw badRequest(`field "${name}" must be of type String`);
    return given;
  }

  text(name: string, missing: string): string {
    const value = this.optionalText(name);
    if (value === undefined || value === '') throw badRequest(missing);
    return value;
  }

  boolean(name: string): boolean {
    const given = this.all[name];
    if (given === undefined || given === null) return false;
    if (typeof given === 'boolean') return given;
    throw badRequest(`field "${name}" must be of type Boolean`);
  }

  /** Lists and objects come as JSON values, or as JSON text in a form. */
  list(name: string): readonly unknown[] | undefined {
    const value = this.json(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw badRequest(`can't parse ${name}: expected an Array`);
    return value as unknown[];
  }

  object(name: string): Readonly<Record<string, unknown>> | undefined {
    const value = this.json(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badRequest('object expected as reply markup');
    return value as Record<string, unknown>;
  }

  private json(name: string): unknown {
    const given = this.all[name];
    if (given === undefined || given === null) return undefined;
    if (typeof given !== 'string') return given;
    try {
      return JSON.parse(given) as unknown;
    } catch {
      throw badRequest(`can't parse ${name}: unexpected token`);
    }
  }
}
