import { problem, type Problem, type ProblemExtra } from '../../platform/http/problem.js';

/** Status, title, and what the caller can do. The text is for developers of clients; people read the page's own words. */
type Answer = readonly [status: number, title: string, detail?: string];

const unreadable: Answer = [400, 'The bytes are not a message of this protocol'];

/** Every refusal of the intake, as it is told over HTTP. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  truncated: [400, 'The message was cut short', 'Send all of it again.'],
  'trailing-bytes': [400, 'There are bytes behind the end of the message'],
  'too-large': [413, 'The message is too large'],
  'header-too-long': [413, 'The header of the submission is too long'],
  'bad-header': [400, 'The header of the submission does not have the right form'],
  'bad-magic': unreadable,
  'bad-suite': unreadable,
  'bad-kind': unreadable,
  'bad-flags': unreadable,
  'bad-reserved': unreadable,
  'bad-seq': unreadable,
  'bad-slot-count': unreadable,
  'bad-gates': unreadable,
  'bad-payload-length': unreadable,
  'not-a-report': [400, 'This kind of message is not taken here'],
  'not-for-here': [400, 'This kind of message is not taken here'],
  'not-a-first-message': [400, 'The first message about an alert has number 0 and no predecessor'],
  'bad-signature': [422, 'The signature of the sender does not hold', 'The message was changed on its way, or sealed wrongly. Seal it again.'],
  'bad-gate': [422, 'Release keys and gates do not belong together', 'Every gate needs its own release key, and no other may be sent.'],
  'bad-tiers': [422, 'The message is sealed to a tier that its header leaves out'],
  'wrong-alert': [422, 'The message belongs to another alert'],
  'wrong-sender': [422, 'The message was not signed by the sender of this alert'],
  'unknown-policy': [422, 'No such policy was published here', 'Fetch /instance again and seal anew.'],
  'tier-not-in-policy': [422, 'The policy has no such tier', 'Fetch /instance again and seal anew.'],
  'no-tier-allowed': [422, 'The message may go to nobody', 'At least one tier of this severity must be allowed.'],
  'unknown-roster': [422, 'The message names a roster that was not published here', 'Fetch /roster, verify it and seal anew.'],
  'stale-roster': [422, 'The message was sealed to a roster that was replaced long ago', 'Fetch /roster, verify it and seal anew.'],
  'sequence-conflict': [409, 'Another first message of this sender is here already'],
  'alert-exists': [409, 'An alert with this id is here already', 'Draw a new id and seal anew.'],
  'mailbox-taken': [409, 'This mailbox belongs to another alert', 'Draw a new sender secret and seal anew.'],
  replayed: [409, 'Another message with this number is here already'],
  'out-of-order': [409, 'The message does not continue from the last one', 'expectedSeq is the number of the next.'],
  'already-closed': [409, 'The alert is closed', 'A new alert is the way to be heard.'],
  'admission-required': [429, 'So many reports come in that a small proof of work is asked for', 'Solve the challenge under "admission" and send again.'],
  busy: [503, 'More reports wait than can be written', 'Send the same bytes again in a few seconds.'],
  'unknown-alert': [404, 'There is no such alert'],
  'too-many-messages': [429, 'This alert holds as many messages as it may'],
  'attachment-too-large': [413, 'The file is too large'],
  'too-many-attachments': [409, 'This alert holds as many files as it may'],
  'attachments-full': [507, 'The room for files is used up for today', 'The report itself has arrived. Announce the file again later.'],
  'attachment-exists': [409, 'A file with this id was announced differently', 'Draw a new object id.'],
  'unknown-attachment': [404, 'No such file was announced'],
  'wrong-offset': [409, 'The part does not begin where the last one ended', 'Continue at Upload-Offset.'],
  'empty-part': [400, 'The part is empty'],
  'attachment-damaged': [422, 'What arrived is not what was announced', 'Nothing of it was kept. Begin again at offset 0.'],
  'locator-taken': [409, 'These words lead to another alert', 'Draw new words.'],
  'unknown-mailbox': [401, 'No mailbox opens with this token'],
  'unknown-message': [404, 'There is no such message'],
  'not-set-up': [503, 'This coalition has not been set up yet', 'A roster and a policy have to be published first.'],
};

/** A refusal with the members that its reader needs; `refused` is its code. */
export type Refusal = { readonly refused: string } & ProblemExtra;

/** The problem details of a refusal. A code that is not in the table is a fault of this program and throws. */
export function problemOf({ refused, ...extra }: Refusal): Problem {
  const answer = ANSWERS[refused];
  if (answer === undefined) throw new Error(`the refusal ${refused} has no answer`);
  const [status, title, detail] = answer;
  return problem(status, refused, title, detail, extra);
}
