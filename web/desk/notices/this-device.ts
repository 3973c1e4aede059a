// Whether this browser is notified, and how it begins and ends to be (W3C Push API). The subscription is an address like
// any other of its owner's: it counts only after it has given back the code that was sent there.
import type { Problem, Result } from '../../common/api.js';
import type { Language } from '../../common/i18n.js';
import { forget, recall, remember } from '../../common/storage.js';
import { registerServiceWorker } from '../../common/worker.js';
import type { ContactsApi, OwnContact } from '../service/contacts-api.js';

/**
 * - unsupported: this browser notifies nobody.
 * - blocked: its owner, or whoever set it up, has forbidden it.
 */
export type DeviceState = 'unsupported' | 'blocked' | 'off' | 'on';

const scope = '/desk';
const workerUrl = '/notices.js';
/** Which of the contacts is this browser: an id, no address. */
const keptName = 'device';
/** A push service is quick or does not answer at all; the system may be slow to wake up. */
export const deviceAnswerMs = 60_000;

export async function stateOfDevice(contacts: readonly Pick<OwnContact, 'contactId' | 'verifiedAt' | 'disabled'>[]): Promise<DeviceState> {
  if (!('serviceWorker' in navigator) || !('PushManager' in globalThis) || !('Notification' in globalThis)) return 'unsupported';
  if (Notification.permission === 'denied') return 'blocked';
  const known = contacts.find(({ contactId }) => contactId === recall(keptName));
  const counts = known !== undefined && known.verifiedAt !== null && known.disabled === null;
  return counts && Notification.permission === 'granted' && (await subscription()) !== null ? 'on' : 'off';
}

/** Asks for permission, so it must be called from a press. Resolves when the first notification has come and was given back. */
export async function switchOn(api: ContactsApi, key: string, lang: Language): Promise<Result<unknown>> {
  // A prompt that is dismissed is no final no, but to whoever sits there it is the same: allow it and try again.
  if ((await Notification.requestPermission()) !== 'granted') return failed('device-blocked');
  let subscribed: PushSubscription;
  try {
    await registerServiceWorker(workerUrl, scope);
    const { pushManager } = await ready();
    subscribed = await subscribeTo(pushManager, key);
  } catch {
    return failed('device-no-service');
  }
  const { endpoint, keys } = subscribed.toJSON();
  const added = await api.add({ channel: 'web-push', subscription: { endpoint: endpoint ?? '', keys: { p256dh: keys?.['p256dh'] ?? '', auth: keys?.['auth'] ?? '' } }, lang });
  if (!added.ok) return added;
  const { contactId } = added.body;
  remember(keptName, contactId);
  return prove(api, contactId);
}

/** Takes the contact away first: were that refused, the device must go on ringing. */
export async function switchOff(api: ContactsApi): Promise<Result<null>> {
  const contactId = recall(keptName);
  if (contactId === null) return failed('device-no-service');
  const removed = await api.remove(contactId);
  if (!removed.ok && removed.status !== 404) return removed;
  forget(keptName);
  await (await subscription())?.unsubscribe();
  return removed;
}

async function prove(api: ContactsApi, contactId: string): Promise<Result<unknown>> {
  const code = nextCode(); // before it is sent: it may be quicker than the answer
  const sent = await api.sendCode(contactId);
  if (!sent.ok) {
    code.forget();
    return sent;
  }
  const came = await code.came;
  return came === null ? failed('device-silent') : api.prove(contactId, came);
}

/** The code in the next notification that has one, from our own service worker; null when none comes. */
function nextCode(): { readonly came: Promise<string | null>; forget(): void } {
  let forget: () => void = () => undefined;
  const came = new Promise<string | null>((resolve) => {
    const end = (code: string | null): void => {
      clearTimeout(timer);
      navigator.serviceWorker.removeEventListener('message', hear);
      resolve(code);
    };
    const hear = ({ data }: MessageEvent<{ readonly provedBy?: unknown } | null>): void => {
      if (typeof data?.provedBy === 'string') end(data.provedBy);
    };
    const timer = setTimeout(() => end(null), deviceAnswerMs);
    navigator.serviceWorker.addEventListener('message', hear);
    forget = () => end(null);
  });
  return { came, forget: () => forget() };
}

/** Like navigator.serviceWorker.ready, which waits for ever when the page lies outside the scope. */
async function ready(): Promise<ServiceWorkerRegistration> {
  const registration = await navigator.serviceWorker.getRegistration(scope);
  const worker = registration?.active ?? registration?.waiting ?? registration?.installing;
  if (!registration || !worker) throw new Error('the service worker is gone');
  if (worker.state === 'activated') return registration;
  return new Promise((resolve, reject) => {
    worker.addEventListener('statechange', () => {
      if (worker.state === 'activated') resolve(registration);
      if (worker.state === 'redundant') reject(new Error('the service worker could not be installed'));
    });
  });
}

async function subscribeTo(pushManager: PushManager, key: string): Promise<PushSubscription> {
  const options = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return await pushManager.subscribe(options);
  } catch (error) {
    // Subscribed to another key: the service has lost its own and made a new one.
    const old = await pushManager.getSubscription();
    if (old === null) throw error;
    await old.unsubscribe();
    return pushManager.subscribe(options);
  }
}

async function subscription(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration(scope);
  return (await registration?.pushManager.getSubscription()) ?? null;
}

function failed(code: string): Problem {
  return { ok: false, status: 0, code, extra: {} };
}
