// The list of the day as the phone keeps it: slots in order, rows by key and by code, people by name.
import { HALL, isPlace } from "./verdict.js";

const SOON = 600_000;

// The list without its rows, its slots in one row: places of people name them by index.
export function openDay(list) {
  const slots = list.stands.flatMap((stand) =>
    stand.slots.map(([id, start, end, capacity, taken, on]) => ({ id, start, end, capacity, taken, on: Boolean(on), stand: stand.id, title: stand.title })),
  );
  return { ...list, slots, rows: undefined };
}

// A row as the list sends it: people of whom a stand's phone may know nothing have a key only.
export const openRow = (row) => ({ ...row, n: row.n ?? "", p: row.p ?? [], in: row.in ?? [] });

export const fold = (text) =>
  text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();

// People whose name has a word that begins with each word written; by name, at most `most`.
export function search(rows, text, most = 20) {
  const words = fold(text).split(" ").filter(Boolean);
  if (words.join("").length < 2) return [];
  const found = [];
  for (const row of rows) {
    const name = ` ${fold(row.n)}`;
    if (row.n && row.s !== "replaced" && words.every((word) => name.includes(` ${word}`))) found.push(row);
  }
  return found.sort((one, other) => one.n.localeCompare(other.n)).slice(0, most);
}

// The slot that a stand is at: the last that has begun or begins within ten minutes, else its first; null without any.
export function currentSlot(day, stand, at) {
  const own = day.slots.map((slot, index) => [index, slot]).filter(([, slot]) => slot.stand === stand && slot.on);
  const begun = own.filter(([, slot]) => slot.start - SOON <= at);
  return (begun.at(-1) ?? own[0] ?? [null])[0];
}

export const slotOf = (day, place) => (place === "hall" ? HALL : day.slots.findIndex((slot) => slot.id === place));
export const placeOf = (day, slot) => (slot === HALL ? "hall" : day.slots[slot].id);

// How many are in at a place, and how many it expects. `own` are this phone's entries, some of people on no list.
export function tally(rows, own, here, at) {
  let inside = 0;
  let expected = 0;
  const keys = new Set();
  for (const row of rows) {
    keys.add(row.k);
    if (row.in.some(([slot]) => slot === here)) inside += 1;
    if (row.s !== "replaced" && row.p.some((place) => (here === HALL || place[0] === here) && isPlace(place, at))) expected += 1;
  }
  for (const one of own) {
    if (one.undone || one.slot !== here || !one.counts) continue;
    inside += keys.has(one.k) ? one.people - 1 : one.people;
  }
  return { inside, expected };
}
