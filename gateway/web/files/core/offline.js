// What this phone remembers for a moment without the gateway: in IndexedDB, erased when it is let go.

const NAME = "hearth-app";
const STORE = "kept";

const opened = () => new Promise((resolve, reject) => {
  const asked = indexedDB.open(NAME, 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});

async function inStore(mode, act) {
  const database = await opened();
  try {
    const transaction = database.transaction(STORE, mode);
    const asked = act(transaction.objectStore(STORE));
    return await new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

let isOver = false; // this phone was let go: nothing is kept any more

export const keep = async (name, value) => (isOver ? undefined : inStore("readwrite", (store) => store.put(value, name)).catch(() => undefined));
export const kept = (name) => inStore("readonly", (store) => store.get(name)).catch(() => undefined);
export const forgetAll = () => inStore("readwrite", (store) => store.clear()).catch(() => undefined);

/** For good, until the page is loaded anew. */
export const end = () => { isOver = true; return forgetAll(); };
