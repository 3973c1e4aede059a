// Sealed packets that have not been received yet, kept over a reload where the browser has IndexedDB. Ciphertext only:
// neither the sender secret nor the words are in here, so whoever takes the phone finds bytes that it cannot open.
// What is sent after a reload is therefore sent without a way back to it; the page says so.

export interface QueuedPacket {
  /** Hexadecimal alert id. */
  readonly id: string;
  readonly bytes: Uint8Array;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const databaseName = 'n';
const storeName = 'q';

function open(): Promise<IDBDatabase | null> {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open(databaseName, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(storeName, { keyPath: 'id' });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
      request.onblocked = () => resolve(null);
    } catch {
      // Private windows and hardened browsers throw here.
      resolve(null);
    }
  });
}

async function within<T>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<{ readonly value: T } | null> {
  const database = await open();
  if (database === null) return null;
  return new Promise((resolve) => {
    try {
      const transaction = database.transaction(storeName, mode, { durability: 'strict' });
      const request = work(transaction.objectStore(storeName));
      transaction.oncomplete = () => resolve({ value: request.result });
      transaction.onerror = transaction.onabort = () => resolve(null);
    } catch {
      resolve(null);
    }
  }).then((result) => {
    database.close();
    return result as { readonly value: T } | null;
  });
}

/** Keeps a packet; false where nothing can be kept. */
export async function keepPacket(packet: QueuedPacket): Promise<boolean> {
  return (await within('readwrite', (store) => store.put(packet))) !== null;
}

/** Forgets a packet: it was received, refused for good, or the person wants it gone. */
export async function dropPacket(id: string): Promise<void> {
  await within('readwrite', (store) => store.delete(id));
}

/** What an earlier visit could not send, oldest first. */
export async function keptPackets(): Promise<QueuedPacket[]> {
  const all = await within('readonly', (store) => store.getAll() as IDBRequest<QueuedPacket[]>);
  return (all?.value ?? []).sort((a, b) => a.at - b.at);
}
