// This phone at its place: what it knows of the day, what it says to a read, what it has still to send.
// A rehearsal happens in memory alone; ending it loads what is kept.
import { currentSlot, openDay, openRow, placeOf, slotOf } from "./list.js";
import { HALL, LETS_IN, MINE, decide } from "./verdict.js";

const SAME_MS = 500; // an entry of the list is a read of ours if its door has our name and it is as old, within this
const BATCH = 200;
const BATCH_BYTES = 60_000;

export class Phone {
  constructor(store) {
    this.store = store;
    this.rehearsal = false;
  }

  // Read what is kept. `event` is another day's than before: the list of that one goes, its queue stays.
  async load(event) {
    const kept = await this.store.load();
    if (event && kept.state.event !== event) {
      const state = { event, day: null, place: null, etag: "", contact: 0 };
      await this.store.write({ fresh: true, state });
      Object.assign(kept, { rows: [], state: { ...kept.state, ...state } });
    }
    this.state = kept.state;
    this.queue = kept.queue;
    this.own = kept.own.filter((one) => one.event === this.state.event);
    this.rows = new Map(kept.rows.map((row) => [row.k, row]));
    this.codes = new Map(kept.rows.filter((row) => row.c).map((row) => [row.c, row]));
  }

  get day() {
    return this.state.day;
  }

  get now() {
    return Date.now() + (this.state.off ?? 0);
  }

  get over() {
    return Boolean(this.day) && this.now > this.day.reads_until;
  }

  // The stand's id, or null at the hall.
  get stand() {
    return this.day.device.workshop ?? this.state.place?.stand ?? null;
  }

  // The slot by index, HALL, or null at a stand without any.
  get here() {
    if (!this.day || !this.stand) return HALL;
    const chosen = this.state.place?.slot ? slotOf(this.day, this.state.place.slot) : -1;
    return chosen >= 0 ? chosen : currentSlot(this.day, this.stand, this.now);
  }

  async choose(stand, slot = null) {
    await this.keep({ state: { place: { stand, slot } } });
  }

  find(read) {
    return read.k ? this.rows.get(read.k) : this.codes.get(read.c);
  }

  // What this phone says to a read, nothing kept yet: a group is first asked how many it is.
  judge(read) {
    return { read, ...decide(this.day, read, this.find(read), this.here, this.now) };
  }

  // Keep the read and its verdict. `letIn`: staff let the person in in spite of it. Returns the entry's id.
  async scan({ read, outcome, row }, method, { letIn = false, people } = {}) {
    const { k, c } = read;
    const counts = letIn || outcome === "admitted";
    const entry = this.entry("in", { k, c, method, local: outcome, let_in: letIn || undefined, people });
    const own = { k: row?.k ?? k, name: row?.n ?? "", outcome, counts, people: people ?? 1 };
    if (counts && row && !row.in.some(([slot]) => slot === entry.slot)) row.in.push([entry.slot, entry.at, MINE]);
    return this.record(entry, own, row);
  }

  // Somebody without a ticket on this list: a name or none, one or many, `k` of the ticket they will carry.
  async walkIn({ first = "", last = "", people = 1, k, method = "name" }) {
    const given = { method, k, first_name: first || undefined, last_name: last || undefined, people };
    const entry = this.entry("walk_in", { ...given, local: "admitted" });
    const name = [first, last && `${last[0].toUpperCase()}.`].filter(Boolean).join(" ");
    const row = k && { k, n: name, s: "ok", p: [], in: [[entry.slot, entry.at, MINE]] };
    if (row) this.rows.set(k, row);
    return this.record(entry, { k, name, outcome: "walk_in", counts: true, people }, row);
  }

  async count(people = 1) {
    const entry = this.entry("count", { method: "name", people, local: "admitted" });
    return this.record(entry, { name: "", outcome: "count", counts: true, people });
  }

  // Take back a read of this phone's own.
  async undo(id) {
    const own = this.own.find((one) => one.id === id);
    if (!own || own.undone) return;
    own.undone = true;
    const row = this.rows.get(own.k);
    if (row && own.counts) row.in = row.in.filter((entry) => !isOf(entry, own));
    const entry = this.entry("undo", { method: "name", undo_of: id, local: own.outcome });
    if (!this.rehearsal) this.queue.push(entry);
    await this.keep({ queue: [entry], own: [own], rows: row ? [row] : [], state: { seq: entry.seq } });
  }

  entry(kind, values) {
    const [seq, t, off] = [(this.state.seq ?? 0) + 1, Date.now(), this.state.off ?? 0];
    const scan = { id: newId(), seq, kind, place: placeOf(this.day, this.here), t, off, list_version: this.day.list_version, ...values };
    return { id: scan.id, event: this.state.event, seq, slot: this.here, at: t + off, scan };
  }

  async record(entry, own, row) {
    const { id, event, seq, slot, at } = entry;
    const kept = { id, event, seq, slot, at, kind: entry.scan.kind, undone: false, ...own };
    this.own.push(kept);
    if (!this.rehearsal) this.queue.push(entry);
    await this.keep({ queue: [entry], own: [kept], rows: row ? [row] : [], state: { seq } });
    return id;
  }

  async keep(changes) {
    Object.assign(this.state, changes.state);
    if (!this.rehearsal) await this.store.write(changes);
  }

  async rehearse(on) {
    this.rehearsal = on;
    if (!on) await this.load();
  }

  // What the next call sends: at most 200 reads and 64 KB.
  batch(most = BATCH) {
    const chosen = [];
    let bytes = 0;
    for (const entry of this.queue.filter((one) => one.event === this.state.event).slice(0, most)) {
      bytes += new Blob([JSON.stringify(entry.scan)]).size + 1;
      if (bytes > BATCH_BYTES && chosen.length) break;
      chosen.push(entry.scan);
    }
    return chosen;
  }

  // The server has these: they leave the queue, and what it says otherwise than this phone is kept to be looked at.
  async answered(results, state) {
    const said = new Map(results.map((one) => [one.id, one]));
    this.queue = this.queue.filter((entry) => !said.has(entry.id));
    const changed = this.own.filter((one) => said.has(one.id) && differs(one, said.get(one.id)));
    for (const one of changed) one.conflict = said.get(one.id);
    await this.keep({ sent: [...said.keys()], own: changed, state });
    return changed;
  }

  // Take a new list; what is not sent yet is done again on it.
  async take(list, state) {
    const rows = new Map(list.rows.map((row) => [row.k, openRow(row)]));
    const day = openDay(list);
    for (const own of this.own) this.applyOwn(own, rows, day);
    this.rows = rows;
    this.codes = new Map([...rows.values()].filter((row) => row.c).map((row) => [row.c, row]));
    this.own = this.own.map((one) => ({ ...one, slot: slotAgain(one, this.day, day) }));
    await this.keep({ rows: [...rows.values()], own: this.own, fresh: true, state: { ...state, day } });
  }

  applyOwn(own, rows, day) {
    const slot = slotAgain(own, this.day, day);
    const waits = this.queue.some((entry) => entry.id === own.id);
    const row = rows.get(own.k) ?? (waits && own.k && own.kind === "walk_in" && !own.undone ? { k: own.k, n: own.name, s: "ok", p: [], in: [] } : null);
    if (!row || !own.counts) return;
    rows.set(row.k, row);
    const label = day.device.label;
    const found = row.in.find((entry) => isOf(entry, { ...own, slot }) && [undefined, label].includes(day.doors[entry[2]]));
    const other = row.in.find((entry) => entry[0] === slot);
    if (own.undone) row.in = row.in.filter((entry) => entry !== found);
    else if (found) found[2] = MINE;
    else if (!other && waits) row.in.push([slot, own.at, MINE]);
    else if (other && own.outcome === "admitted") own.conflict ??= { outcome: "duplicate_other_phone", first: { t: other[1], by: day.doors[other[2]] } };
  }
}

const isOf = ([slot, ms], own) => slot === own.slot && Math.abs(ms - own.at) < SAME_MS;

// The same slot in a list whose stands may stand in another order.
function slotAgain(own, before, after) {
  if (own.slot === HALL || !before) return own.slot;
  return slotOf(after, before.slots[own.slot]?.id);
}

// Whether the server's word is news to whoever let somebody in.
const differs = (own, result) =>
  LETS_IN.includes(own.outcome) && own.counts && ["duplicate_other_phone", "admitted_after_cancel", "replaced_ticket", "other_event", "refused_input"].includes(result.outcome);

const newId = () => crypto.randomUUID();
