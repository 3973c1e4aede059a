// Words of the list that somebody may have meant: one slip of the pen or the thumb away.

const maxSuggestions = 3;

/** Up to three words that differ from `typed` by one letter added, left out or changed, or by two that changed places. */
export function nearWords(typed: string, list: readonly string[]): string[] {
  return list.filter((word) => isOneSlipAway(typed, word)).slice(0, maxSuggestions);
}

function isOneSlipAway(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  const [restA, restB] = [a.slice(start), b.slice(start)];
  return (
    restA.slice(1) === restB.slice(1) ||
    restA.slice(1) === restB ||
    restA === restB.slice(1) ||
    (restA.slice(2) === restB.slice(2) && restA[0] === restB[1] && restA[1] === restB[0])
  );
}
