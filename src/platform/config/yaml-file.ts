import { readFileSync } from 'node:fs';
import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { ConfigError, type ConfigProblem } from './config-error.js';
import { describeFound, explainIssue, fieldName } from './explain-issue.js';

/**
 * Reads a YAML file and checks it against a schema.
 *
 * @throws ConfigError naming file, line, column and field of everything that is wrong
 */
export function loadYaml<S extends z.ZodType>(file: string, schema: S): z.output<S> {
  return parseYaml(readText(file), file, schema);
}

/** The same for a text that is already in memory; `file` only names it in messages. */
export function parseYaml<S extends z.ZodType>(text: string, file: string, schema: S): z.output<S> {
  const { value, locate } = readYaml(text, file);
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  throw new ConfigError(
    checked.error.issues.flatMap((issue) =>
      explainIssue(issue).map(({ path, allowed, unknownName }) => ({
        where: locate(path, unknownName),
        field: fieldName(path),
        allowed,
        found: describeFound(valueAt(value, path)),
      })),
    ),
  );
}

/** The plain value of a YAML text, and where in the file a path stands. */
export interface LocatedYaml {
  readonly value: unknown;
  /** "file:line:column" of the value at a path, or of its name. */
  readonly locate: (path: readonly PropertyKey[], ofName?: boolean) => string;
}

/** Parses a YAML text without a schema; throws ConfigError when it is not YAML. */
export function readYaml(text: string, file: string): LocatedYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map((error): ConfigProblem => {
        const { line, col } = lines.linePos(error.pos[0]);
        return { where: `${file}:${line}:${col}`, field: '', allowed: 'valid YAML', found: error.message };
      }),
    );
  }
  return {
    value: document.toJS({ maxAliasCount: 100 }) as unknown,
    locate: (path, ofName = false) => {
      const offset = (ofName ? offsetOfName(document, path) : null) ?? offsetOf(document, path);
      if (offset === null) return file;
      const { line, col } = lines.linePos(offset);
      return `${file}:${line}:${col}`;
    },
  };
}

/** The text of a file, or a ConfigError that says which file and why not. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const found = code === 'ENOENT' ? 'no such file' : `a file that cannot be read (${code ?? 'unknown reason'})`;
    throw new ConfigError([{ where: file, field: '', allowed: 'a readable file', found }]);
  }
}

// A missing field has no place of its own: then the nearest group around it is named.
function offsetOf(document: Document, path: readonly PropertyKey[]): number | null {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return null;
}

function offsetOfName(document: Document, path: readonly PropertyKey[]): number | null {
  const group: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(group)) return null;
  const pair = group.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
  return pair && isScalar(pair.key) ? (pair.key.range?.[0] ?? null) : null;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, part) => (at !== null && typeof at === 'object' ? (at as Record<PropertyKey, unknown>)[part] : undefined),
    value,
  );
}
