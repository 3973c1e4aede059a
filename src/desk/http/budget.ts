import { problem } from '../../platform/http/problem.js';
import type { Budget, SessionBudget } from '../sign-in/session-budget.js';
import type { DeskSession } from '../sign-in/sessions.js';

/** Counts a request, or refuses it with 429 and the time until the next one. */
export function spend(budgets: SessionBudget, session: DeskSession, budget: Budget): void {
  const waitMs = budgets.take(session.tokenHash, budget);
  if (waitMs === 0) return;
  throw problem(429, 'too-many-requests', 'Too many requests from this session', 'Opening and acknowledging alerts is not affected.', {
    retryAfterMs: waitMs,
  });
}
