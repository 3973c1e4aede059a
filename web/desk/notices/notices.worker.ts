// The desk's service worker: shows a notification when the service pushes one, and opens the desk when it is pressed.
// It knows nothing else. No fetch handler: the desk's code and answers are never kept, so it can never run an old build.

/** What the service pushes (src/delivery/channels/web-push), encrypted to this browser. */
interface Pushed {
  readonly title?: unknown;
  readonly body?: unknown;
  readonly lang?: unknown;
  readonly tag?: unknown;
  /** Only in the first one: this device gives it back, and so proves that it is reached. */
  readonly code?: unknown;
}

interface OpenPage {
  readonly url: string;
  focus(): Promise<unknown>;
  postMessage(message: unknown): void;
}

/** The part of ServiceWorkerGlobalScope that is used here; its types exclude those of a page. */
interface Scope {
  readonly registration: { showNotification(title: string, options: NotificationOptions): Promise<void> };
  readonly clients: {
    matchAll(options: { type: 'window'; includeUncontrolled: true }): Promise<readonly OpenPage[]>;
    openWindow(url: string): Promise<unknown>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install', listener: (event: Lasting) => void): void;
  addEventListener(type: 'push', listener: (event: Lasting & { readonly data: { json(): unknown } | null }) => void): void;
  addEventListener(type: 'notificationclick', listener: (event: Lasting & { readonly notification: { close(): void } }) => void): void;
}

interface Lasting {
  waitUntil(work: Promise<unknown>): void;
}

const scope = globalThis as unknown as Scope;
const deskPath = '/desk';
/** When what came cannot be read, something came all the same; which language its reader has is then unknown. */
const unreadable = { title: '•', body: '' } as const;

const openDesks = async (): Promise<OpenPage[]> => {
  const pages = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true });
  return pages.filter(({ url }) => new URL(url).pathname === deskPath);
};

async function show(pushed: Pushed): Promise<void> {
  const text = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);
  // Browsers take the permission away from whoever is pushed something and shows nothing.
  await scope.registration.showNotification(text(pushed.title, unreadable.title), {
    body: text(pushed.body, unreadable.body),
    lang: text(pushed.lang, ''),
    // A further notice about the same alert takes the place of the first one.
    tag: text(pushed.tag, ''),
    requireInteraction: true,
  });
  if (typeof pushed.code !== 'string') return;
  for (const page of await openDesks()) page.postMessage({ provedBy: pushed.code });
}

async function openDesk(): Promise<void> {
  const [desk] = await openDesks();
  await (desk ? desk.focus() : scope.clients.openWindow(deskPath));
}

function read(data: { json(): unknown } | null): Pushed {
  try {
    const value = data?.json();
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

scope.addEventListener('install', (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener('push', (event) => event.waitUntil(show(read(event.data))));
scope.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(openDesk());
});
