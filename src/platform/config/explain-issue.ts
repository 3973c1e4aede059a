import type { core } from 'zod';

type Issue = core.$ZodIssue;

const maxFoundLength = 60;

export interface Explained {
  readonly path: readonly PropertyKey[];
  readonly allowed: string;
  /** The name of the field is wrong, not its value. */
  readonly unknownName?: true;
}

/** Turns one complaint of the schema into one or more of ours: the exact field, and in words what it may be. */
export function explainIssue(issue: Issue, parents: readonly PropertyKey[] = []): Explained[] {
  const path = [...parents, ...issue.path];
  switch (issue.code) {
    case 'invalid_union':
      return explainUnion(issue, path);
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], allowed: 'no such field here', unknownName: true as const }));
    case 'invalid_key':
    case 'invalid_element':
      return issue.issues.flatMap((inner) => explainIssue(inner, path));
    default:
      return [{ path, allowed: allowedBy(issue) }];
  }
}

// The branch that got furthest is the one that the author meant: the other branches only say what it is not.
function explainUnion(issue: Extract<Issue, { code: 'invalid_union' }>, path: PropertyKey[]): Explained[] {
  const branches = issue.errors.map((branch) => branch.flatMap((inner) => explainIssue(inner, path)));
  const depth = (branch: Explained[]): number => Math.max(0, ...branch.map((explained) => explained.path.length));
  const deepest = Math.max(0, ...branches.map(depth));
  if (deepest > path.length) return branches.find((branch) => depth(branch) === deepest) ?? [];
  const allowed = branches.flatMap((branch) => branch.map((explained) => explained.allowed));
  return [{ path, allowed: allowed.length > 0 ? [...new Set(allowed)].join(', or ') : issue.message }];
}

function allowedBy(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_NAMES[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return `one of ${issue.values.map((value) => String(value)).join(', ')}`;
    case 'too_small':
      return `${measureOf(issue.origin)} at least ${String(issue.minimum)}`;
    case 'too_big':
      return `${measureOf(issue.origin)} at most ${String(issue.maximum)}`;
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    default:
      return issue.message; // formats and rules of our own carry their message in the schema
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of fields',
  record: 'a group of fields',
};

function measureOf(origin: string): string {
  if (origin === 'string') return 'a text with a length of';
  if (origin === 'array' || origin === 'set') return 'a list with a number of entries of';
  return 'a number of';
}

/** The value as found, short enough for one line. */
export function describeFound(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value !== null && typeof value === 'object') return 'a group of fields';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > maxFoundLength ? `${text.slice(0, maxFoundLength)}…` : text;
}

/** "steps[2].wait" for ["steps", 2, "wait"]. */
export function fieldName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, part) => {
    if (typeof part === 'number') return `${name}[${part}]`;
    return name === '' ? String(part) : `${name}.${String(part)}`;
  }, '');
}
