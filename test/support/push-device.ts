import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify, type ECDH } from 'node:crypto';
import type { ReceivedPost } from './web-receiver.js';

/** A browser that has subscribed: it holds the private key of its subscription and reads what a push service was sent. */
export class PushDevice {
  private readonly pair: ECDH = createECDH('prime256v1');
  private readonly auth = randomBytes(16);

  /** @param endpoint address at the push service */
  constructor(readonly endpoint: string) {
    this.pair.generateKeys();
  }

  get subscription(): { endpoint: string; keys: { p256dh: string; auth: string } } {
    return { endpoint: this.endpoint, keys: { p256dh: this.pair.getPublicKey('base64url'), auth: this.auth.toString('base64url') } };
  }

  /** Decrypts a body of content coding aes128gcm in one record (RFC 8188, RFC 8291). Throws when it is not for us. */
  read({ body }: Pick<ReceivedPost, 'body'>): Buffer {
    const salt = body.subarray(0, 16);
    const keyLength = body.readUInt8(20);
    const senderKey = body.subarray(21, 21 + keyLength);
    const record = body.subarray(21 + keyLength);
    const derive = (secret: Uint8Array, from: Uint8Array, info: Buffer, length: number): Buffer => Buffer.from(hkdfSync('sha256', secret, from, info, length));
    const ikm = derive(this.pair.computeSecret(senderKey), this.auth, Buffer.concat([Buffer.from('WebPush: info\0'), this.pair.getPublicKey(), senderKey]), 32);
    const key = derive(ikm, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
    const nonce = derive(ikm, salt, Buffer.from('Content-Encoding: nonce\0'), 12);
    const opener = createDecipheriv('aes-128-gcm', key, nonce);
    opener.setAuthTag(record.subarray(-16));
    const padded = Buffer.concat([opener.update(record.subarray(0, -16)), opener.final()]);
    return padded.subarray(0, padded.lastIndexOf(2)); // 2 ends the last record; zeros may follow
  }
}

/** The claims of a VAPID header (RFC 8292) whose signature holds under that key; throws when it does not. */
export function checkVapid(header: string, publicKey: string): { aud: string; sub: string; exp: number } {
  const [, token = '', key] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(header) ?? [];
  if (key !== publicKey) throw new Error('another key');
  const point = Buffer.from(publicKey, 'base64url');
  const jwk = { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') };
  const [head = '', claims = '', signature = ''] = token.split('.');
  const holds = verify('sha256', Buffer.from(`${head}.${claims}`), { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
  if (!holds) throw new Error('the signature does not hold');
  return JSON.parse(Buffer.from(claims, 'base64url').toString()) as { aud: string; sub: string; exp: number };
}
