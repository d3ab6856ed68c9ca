// What the phone keeps (IndexedDB): rows of the list, the queue, its own reads, and the state by name.
// Never a ticket's secret. Whatever belongs together is written in one transaction that has reached the disk when done.
const NAME = "door";
const STORES = { rows: "k", queue: "id", own: "id", state: undefined };

export class Store {
  constructor(db) {
    this.db = db;
  }

  static async open() {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(STORES)) asked.result.createObjectStore(name, keyPath && { keyPath });
    };
    return new Store(await answer(asked));
  }

  // Everything: {rows, queue, own, state}; the queue in the order in which it was filled.
  async load() {
    const tx = this.db.transaction(Object.keys(STORES));
    const [rows, queue, own, keys, values] = await Promise.all([
      ...["rows", "queue", "own"].map((name) => answer(tx.objectStore(name).getAll())),
      answer(tx.objectStore("state").getAllKeys()),
      answer(tx.objectStore("state").getAll()),
    ]);
    const state = Object.fromEntries(keys.map((key, index) => [key, values[index]]));
    queue.sort((one, other) => one.seq - other.seq);
    own.sort((one, other) => one.seq - other.seq);
    return { rows, queue, own, state };
  }

  // Write all of it or nothing; `sent` are ids that leave the queue, `rows` replace all where `fresh`.
  async write({ rows = [], queue = [], own = [], sent = [], state = {}, fresh = false }) {
    const tx = this.db.transaction(Object.keys(STORES), "readwrite", { durability: "strict" });
    const done = new Promise((resolve, reject) => {
      tx.oncomplete = resolve;
      tx.onabort = tx.onerror = () => reject(tx.error);
    });
    if (fresh) tx.objectStore("rows").clear();
    for (const row of rows) tx.objectStore("rows").put(row);
    for (const entry of queue) tx.objectStore("queue").put(entry);
    for (const one of own) tx.objectStore("own").put(one);
    for (const id of sent) tx.objectStore("queue").delete(id);
    for (const [key, value] of Object.entries(state)) tx.objectStore("state").put(value, key);
    await done;
  }

  async wipe() {
    const tx = this.db.transaction(Object.keys(STORES), "readwrite", { durability: "strict" });
    for (const name of Object.keys(STORES)) tx.objectStore(name).clear();
    await new Promise((resolve, reject) => {
      tx.oncomplete = resolve;
      tx.onabort = () => reject(tx.error);
    });
  }
}

const answer = (asked) =>
  new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
