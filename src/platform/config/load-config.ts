import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError, type ConfigProblem } from './config-error.js';
import { describeFound, explainIssue, fieldName } from './explain-issue.js';
import { slices, type ServiceConfig, type ServiceConfigInput, type SliceName } from './slices.js';
import { withPassword } from '../database/hosts.js';
import { readText, readYaml } from './yaml-file.js';

const PREFIX = 'JARDAM_';
/** Variables with our prefix that are not settings of the service. */
const OTHER_VARIABLES = [/^JARDAM_CONFIG$/, /^JARDAM_TEST_/, /^JARDAM_DEMO_/];

type Values = Record<string, Record<string, unknown>>;

/**
 * Reads the configuration: defaults, then the file named in JARDAM_CONFIG, then single variables.
 *
 * "http.port" of the file is JARDAM_HTTP_PORT as a variable; lists are separated by commas. DATABASE_URL is
 * database.url, because every hosting service calls it so; JARDAM_DATA_DIR is instance.dataDir. A variable with our prefix that names no setting is an
 * error: a misspelt limit must not be silently absent.
 *
 * @throws ConfigError that lists everything that is wrong, without any secret
 */
export function loadConfig(environment: NodeJS.ProcessEnv, overrides: ServiceConfigInput = {}): ServiceConfig {
  const problems: ConfigProblem[] = [];
  const values: Values = Object.fromEntries(Object.keys(slices).map((name) => [name, {}]));
  const origins = new Map<string, string>();

  const file = environment.JARDAM_CONFIG;
  if (file) takeFile(file, values, origins, problems);
  takeVariables(environment, values, origins, problems);
  for (const [name, slice] of Object.entries(overrides)) values[name] = { ...values[name], ...slice };

  const config: Record<string, unknown> = {};
  for (const [name, { schema }] of Object.entries(slices)) {
    const checked = schema.safeParse(values[name]);
    if (checked.success) config[name] = checked.data;
    else problems.push(...problemsOf(checked.error, name as SliceName, values, origins));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return withDatabasePassword(withBotToken(withKeyFiles(config as CheckedSlices)));
}

type CheckedSlices = { readonly [Name in SliceName]: z.output<(typeof slices)[Name]['schema']> };

/** Key files live beside each other, apart from the database's folder, so that a copy of that holds none of them. */
function withKeyFiles(config: CheckedSlices): ServiceConfig & Pick<CheckedSlices, 'database'> {
  const inDataDir = (name: string): string => join(config.instance.dataDir, 'keys', `${name}.key`);
  return {
    ...config,
    gatekeeper: { ...config.gatekeeper, keyFile: config.gatekeeper.keyFile ?? inDataDir('gatekeeper') },
    contacts: { ...config.contacts, keyFile: config.contacts.keyFile ?? inDataDir('contacts') },
    admission: { ...config.admission, keyFile: config.admission.keyFile ?? inDataDir('admission') },
    telegram: { ...config.telegram, keyFile: config.telegram.keyFile ?? inDataDir('telegram') },
  };
}

/** Takes the bot's token out of telegram.tokenFile. */
function withBotToken(config: ServiceConfig & Pick<CheckedSlices, 'database'>): ServiceConfig & Pick<CheckedSlices, 'database'> {
  const { tokenFile, ...telegram } = config.telegram as CheckedSlices['telegram'] & ServiceConfig['telegram'];
  if (tokenFile === undefined) return { ...config, telegram };
  const token = readText(tokenFile).trim();
  if (!slices.telegram.schema.shape.token.safeParse(token).success) {
    const problem = { where: 'configuration', field: 'telegram.tokenFile', allowed: 'a file that holds the token that BotFather gave', found: 'something else' };
    throw new ConfigError([problem]);
  }
  return { ...config, telegram: { ...telegram, token } };
}

/** Puts the password of database.passwordFile into the address, which is what the driver takes. */
function withDatabasePassword(config: ServiceConfig & Pick<CheckedSlices, 'database'>): ServiceConfig {
  const { passwordFile, ...database } = config.database;
  if (passwordFile === undefined) return { ...config, database };
  const problem = (allowed: string, found: string): ConfigError =>
    new ConfigError([{ where: 'configuration', field: 'database.passwordFile', allowed, found }]);
  if (database.url === undefined) throw problem('nothing without database.url', 'a file');
  const password = readText(passwordFile).split(/\r?\n/, 1)[0] ?? '';
  if (password === '') throw problem('a file whose first line is the password', 'an empty first line');
  return { ...config, database: { ...database, url: withPassword(database.url, password) } };
}

/** The configuration of defaults and the given parts alone, for tests and the demo. */
export function configOf(parts: ServiceConfigInput): ServiceConfig {
  return loadConfig({}, parts);
}

/** Name of the environment variable for a field. */
export function variableOf(slice: SliceName, field: string): string {
  if (slice === 'database' && field === 'url') return 'DATABASE_URL';
  if (slice === 'instance' && field === 'dataDir') return 'JARDAM_DATA_DIR';
  const inside = slice === 'instance' ? '' : `${slice}_`;
  return `${PREFIX}${inside}${field.replace(/[A-Z]/g, (letter) => `_${letter}`)}`.toUpperCase();
}

function takeFile(file: string, values: Values, origins: Map<string, string>, problems: ConfigProblem[]): void {
  const { value, locate } = readYaml(readText(file), file);
  const shape = z.record(z.string(), z.record(z.string(), z.unknown()).nullable()).safeParse(value ?? {});
  if (!shape.success) {
    for (const issue of shape.error.issues) {
      problems.push({ where: locate(issue.path), field: fieldName(issue.path), allowed: 'a group of fields', found: 'something else' });
    }
    return;
  }
  for (const [name, fields] of Object.entries(shape.data)) {
    const slice = values[name];
    if (!slice) {
      problems.push({ where: locate([name], true), field: name, allowed: `one of ${Object.keys(slices).join(', ')}`, found: describeFound(name) });
      continue;
    }
    for (const [field, given] of Object.entries(fields ?? {})) {
      if (name === 'telegram' && field === 'token') {
        // Configuration files are copied, shared and committed; whoever has the token is the bot.
        const allowed = `tokenFile here, or the variable ${variableOf('telegram', 'token')}`;
        problems.push({ where: locate([name, field], true), field: 'telegram.token', allowed, found: 'a value that is not shown' });
        continue;
      }
      slice[field] = given;
      origins.set(`${name}.${field}`, locate([name, field]));
    }
  }
}

function takeVariables(environment: NodeJS.ProcessEnv, values: Values, origins: Map<string, string>, problems: ConfigProblem[]): void {
  const known = new Set<string>();
  for (const [name, { schema }] of Object.entries(slices)) {
    for (const [field, fieldSchema] of Object.entries(schema.shape as Record<string, z.ZodType>)) {
      const variable = variableOf(name as SliceName, field);
      known.add(variable);
      const text = environment[variable];
      const slice = values[name];
      if (text === undefined || text === '' || !slice) continue;
      slice[field] = fromText(text, fieldSchema);
      origins.set(`${name}.${field}`, variable);
    }
  }
  for (const variable of Object.keys(environment)) {
    if (!variable.startsWith(PREFIX) || known.has(variable) || OTHER_VARIABLES.some((other) => other.test(variable))) continue;
    problems.push({ where: variable, field: '', allowed: `a known setting${nearest(variable, known)}`, found: 'an unknown name' });
  }
}

/** Variables are text; the reading that the field accepts is the meant one. */
function fromText(text: string, schema: z.ZodType): unknown {
  const readings: unknown[] = [text];
  if (/^-?\d+(\.\d+)?$/.test(text)) readings.push(Number(text));
  if (text === 'true' || text === 'false') readings.push(text === 'true');
  readings.push(text.split(',').map((part) => part.trim()));
  const accepted = readings.find((reading) => schema.safeParse(reading).success);
  return accepted ?? (typeof readings[1] === 'number' ? readings[1] : text);
}

function problemsOf(error: z.ZodError, slice: SliceName, values: Values, origins: Map<string, string>): ConfigProblem[] {
  const shape = slices[slice].schema.shape as Record<string, z.ZodType>;
  return error.issues.flatMap((issue) =>
    explainIssue(issue).map(({ path, allowed }) => {
      const field = String(path[0]);
      return {
        where: origins.get(`${slice}.${field}`) ?? 'configuration',
        field: fieldName([slice, ...path]),
        allowed,
        found: isSecret(shape[field]) ? 'a value that is not shown' : describeFound(values[slice]?.[field]),
      };
    }),
  );
}

function isSecret(schema: z.ZodType | undefined): boolean {
  const inner: unknown = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  return inner instanceof z.ZodType && inner.meta()?.secret === true;
}

function nearest(variable: string, known: ReadonlySet<string>): string {
  const best = [...known].map((name) => ({ name, away: distance(variable, name) })).sort((a, b) => a.away - b.away)[0];
  return best && best.away <= 4 ? `, perhaps ${best.name}` : '';
}

/** Levenshtein distance: how many letters a misspelling is away from a name. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
