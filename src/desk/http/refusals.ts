import type { EnvelopeErrorCode } from '@jardam/protocol';
import type { ActRefusal } from '../../escalation/acts.js';
import { problem, type Problem } from '../../platform/http/problem.js';
import type { Enrolled } from '../enrolment.js';
import type { StatementRefusal } from '../alerts/statement-check.js';
import type { MessageRefusal } from '../alerts/team-messages.js';

type Answer = readonly [status: number, title: string];
type OwnMessageRefusal = Exclude<MessageRefusal, EnvelopeErrorCode | 'not-found'> | 'unknown-roster';
type EnrolmentRefusal = Extract<Enrolled, { refused: unknown }>['refused'];

const actAnswers: Readonly<Record<Exclude<StatementRefusal | ActRefusal, 'unknown-alert'>, Answer>> = {
  'malformed-statement': [400, 'The statement cannot be read'],
  'wrong-responder': [403, 'The statement names somebody else'],
  'bad-signature': [422, 'The signature does not hold'],
  'bad-detail': [422, 'The statement says something that its type does not know'],
  'proof-missing': [422, 'An acknowledgement needs the proof that the alert was opened'],
  'wrong-alert': [422, 'The statement is about another alert'],
  'wrong-envelope': [422, 'The statement names an envelope that this alert does not have'],
  'unknown-event': [422, 'The statement names an event that did not happen'],
  'wrong-tier': [422, 'The statement speaks for a tier that is not yours, or not reached'],
  'future-gen': [409, 'The statement is ahead of the alert'],
  'already-closed': [409, 'The alert is closed'],
  'already-answered': [409, 'You have already answered'],
  'stale-gen': [409, 'The alert has moved on since you looked'],
  'not-acknowledged': [409, 'Nobody has taken the alert yet'],
  'not-owner': [409, 'Somebody else has the alert'],
  'not-asked': [409, 'The alert was not handed to you'],
  'not-now': [409, 'That cannot be done in the state the alert is in'],
  'last-tier': [409, 'There is no further tier'],
  'nobody-reachable': [409, 'Nobody there can be reached'],
  'snooze-not-allowed': [409, 'An alert of this severity is not put off'],
  'snooze-too-long': [409, 'That is longer than the policy allows before somebody acts again'],
  'target-cannot-open': [409, 'They could not open it: the sender did not allow it, or it is not their turn'],
};

const messageAnswers: Readonly<Record<OwnMessageRefusal, Answer>> = {
  'not-a-team-message': [422, 'Only replies and team notes are taken here'],
  'wrong-size': [422, 'Replies and notes have one size only'],
  'no-stanza-for-defender': [422, 'A reply must be sealed to the defender'],
  'stanza-for-defender': [422, 'A team note must not be sealed to the defender'],
  'unknown-roster': [422, 'The message names a roster that was never published here'],
  replayed: [409, 'Another message was sent with the same one-time key'],
  'too-many-messages': [409, 'There are too many messages on this alert'],
};

const enrolmentAnswers: Readonly<Record<EnrolmentRefusal, Answer>> = {
  'invitation-not-valid': [404, 'The invitation is not valid'],
  'not-set-up': [409, 'This service has no signed roster yet'],
  'bad-possession': [422, 'The keys are not bound to each other by a valid signature'],
  'unusable-key': [422, 'The encryption key cannot be used'],
  'already-known': [409, 'There is already somebody with that id'],
};

/** Why an act was not taken. */
export function actProblem(refused: StatementRefusal | ActRefusal | 'not-found'): Problem {
  if (refused === 'not-found' || refused === 'unknown-alert') return problem(404, 'not-found', 'There is nothing here for you');
  return problem(actAnswers[refused][0], refused, actAnswers[refused][1]);
}

/** Why a reply or note was not taken. Codes of the envelope pass through, as in the defender's API. */
export function messageProblem(refused: MessageRefusal): Problem {
  if (refused === 'not-found') return problem(404, 'not-found', 'There is nothing here for you');
  const own = (messageAnswers as Readonly<Partial<Record<MessageRefusal, Answer>>>)[refused];
  if (own !== undefined) return problem(own[0], refused, own[1]);
  return refused === 'bad-signature'
    ? problem(422, refused, 'The signature does not hold')
    : problem(400, refused, 'The envelope does not have the right form');
}

/** Why somebody could not enrol. */
export function enrolmentProblem(refused: EnrolmentRefusal): Problem {
  return problem(enrolmentAnswers[refused][0], refused, enrolmentAnswers[refused][1]);
}
