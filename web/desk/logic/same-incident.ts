import { searchForm } from './queue-order.js';
import type { OpenedAlert } from '../crypto/messages.js';

/** Reports of one incident come in within hours of each other. */
const withinMs = 24 * 3_600_000;
/** Two presses of the alarm from one place belong together only when they are close in time, too. */
const placeWithinMs = 3 * 3_600_000;
const nearMetres = 2_000;
const earthRadiusMetres = 6_371_000;
/** Shorter words are in every report. */
const leastLetters = 5;
const leastSharedWords = 3;
/** Endings change with case and number in all our languages but English; the first letters of a word do not. */
const stemLetters = 5;

/** What is compared of an alert that this reader could open. */
export type Comparable = Pick<OpenedAlert, 'answers' | 'location'> & { readonly receivedAt: string };

/**
 * Whether two reports may be about one incident: enough of their longer words are alike, or both tell nearly the same
 * place. A guess that a person decides about; it is made here because the server can read neither.
 */
export function mayBeSameIncident(one: Comparable, other: Comparable): boolean {
  const apartMs = Math.abs(Date.parse(one.receivedAt) - Date.parse(other.receivedAt));
  if (apartMs > withinMs) return false;
  if (apartMs <= placeWithinMs && distanceMetres(one.location, other.location) <= nearMetres) return true;
  const others = stemsOf(other);
  return [...stemsOf(one)].filter((stem) => others.has(stem)).length >= leastSharedWords;
}

function stemsOf({ answers }: Comparable): ReadonlySet<string> {
  const told = searchForm([answers.what ?? '', answers.where ?? ''].join(' '));
  const words = told.match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(words.filter((word) => word.length >= leastLetters).map((word) => word.slice(0, stemLetters)));
}

/** Along the surface of the earth; Infinity when one of them tells no place. */
function distanceMetres(one: OpenedAlert['location'], other: OpenedAlert['location']): number {
  if (one === undefined || other === undefined) return Infinity;
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const half = (degrees: number): number => Math.sin(radians(degrees) / 2) ** 2;
  const squared = half(one.lat - other.lat) + Math.cos(radians(one.lat)) * Math.cos(radians(other.lat)) * half(one.lon - other.lon);
  return 2 * earthRadiusMetres * Math.asin(Math.min(1, Math.sqrt(squared)));
}
