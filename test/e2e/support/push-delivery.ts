import type { CDPSession, Page } from 'playwright-core';

/** Longer than a service worker needs to start on a busy machine. */
const patienceMs = 30_000;

/**
 * The last step of a push, from the browser's own push client to the page's service worker, by the debugging protocol.
 * The browser also tells when it has displayed a notification. Asking the page again and again would not do: asked for
 * its notifications, Chromium forgets those that it has stored and does not display yet, and they never ring.
 */
export class PushDelivery {
  private constructor(
    private readonly cdp: CDPSession,
    private readonly origin: string,
    private readonly registrationId: Promise<string>,
  ) {}

  /** Before the page registers its service worker, or at any time after. @param origin where the worker is from */
  static async to(page: Page, origin: string): Promise<PushDelivery> {
    const cdp = await page.context().newCDPSession(page);
    const registrationId = new Promise<string>((resolve) => {
      cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
        const mine = registrations.find(({ scopeURL, isDeleted }) => scopeURL.startsWith(`${origin}/`) && !isDeleted);
        if (mine) resolve(mine.registrationId);
      });
    });
    await cdp.send('ServiceWorker.enable');
    await cdp.send('BackgroundService.startObserving', { service: 'notifications' });
    await cdp.send('BackgroundService.setRecording', { service: 'notifications', shouldRecord: true });
    return new PushDelivery(cdp, origin, registrationId);
  }

  /** Hands `data` to the service worker; comes back when the browser displays the next notification. */
  async push(data: string): Promise<void> {
    const registrationId = await this.registrationId;
    const displayed = this.nextDisplayed();
    await this.cdp.send('ServiceWorker.deliverPushMessage', { origin: this.origin, registrationId, data });
    await displayed;
  }

  private nextDisplayed(): Promise<void> {
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => reject(new Error(`nothing was displayed within ${patienceMs} ms after the push`)), patienceMs);
      this.cdp.on('BackgroundService.backgroundServiceEventReceived', ({ backgroundServiceEvent: { eventName } }) => {
        if (eventName !== 'Notification displayed') return;
        clearTimeout(patience);
        resolve();
      });
    });
  }
}
