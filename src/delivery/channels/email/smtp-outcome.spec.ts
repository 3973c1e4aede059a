import { describe, expect, it } from '@jest/globals';
import { outcomeOfFailure, type SmtpFailure } from './smtp-outcome.js';

const failure = (parts: Partial<SmtpFailure>): SmtpFailure => ({ responseCode: null, response: '', command: 'CONN', dataStarted: false, code: 'ECONNECTION', ...parts });

describe('what a mail server says', () => {
  it('about the recipient ends the contact: 550', () => {
    expect(outcomeOfFailure(failure({ responseCode: 550, command: 'RCPT TO', response: '550 5.1.1 unknown' }))).toEqual({ kind: 'refused', code: 'smtp-550', contactIsDead: true });
  });

  it('about policy does not end the contact: relaying denied would end everybody', () => {
    expect(outcomeOfFailure(failure({ responseCode: 554, command: 'RCPT TO', response: '554 5.7.1 relay access denied' }))).toEqual({ kind: 'refused', code: 'smtp-554', contactIsDead: false });
  });

  it('about the text does not end the contact', () => {
    expect(outcomeOfFailure(failure({ responseCode: 554, command: 'DATA', dataStarted: true }))).toMatchObject({ kind: 'refused', contactIsDead: false });
  });

  it('about us is tried again: password, sender, greeting', () => {
    for (const command of ['AUTH PLAIN', 'MAIL FROM', 'EHLO']) {
      expect(outcomeOfFailure(failure({ responseCode: 535, command }))).toEqual({ kind: 'retry', code: 'smtp-535', providerTrouble: true });
    }
  });

  it('for now: greylisting is the recipient\'s, 421 is everybody\'s', () => {
    expect(outcomeOfFailure(failure({ responseCode: 450, command: 'RCPT TO' }))).toMatchObject({ kind: 'retry', providerTrouble: false });
    expect(outcomeOfFailure(failure({ responseCode: 421, command: 'RCPT TO' }))).toMatchObject({ kind: 'retry', providerTrouble: true });
  });

  it('nothing: not sent before the text, perhaps sent after it', () => {
    expect(outcomeOfFailure(failure({ code: 'ECONNREFUSED' }))).toEqual({ kind: 'retry', code: 'econnrefused', providerTrouble: true });
    expect(outcomeOfFailure(failure({ dataStarted: true }))).toEqual({ kind: 'ambiguous', code: 'lost-after-data-econnection' });
  });
});
