// What a ticket is worth at one place at one time: the rules of workshops/verdict.py, nothing of the page.
// places: [[slot, "c" confirmed | "o" offered | "w" waiting | "x" given back, since when], …], slots by index.
export const HALL = -1;
export const MINE = -1; // the door of an entry: this phone
export const LETS_IN = ["admitted", "already_in"];
const TEN_MINUTES = 600_000;

const isCancelled = (place, at) => place[1] === "x" && (place[2] == null || place[2] <= at);
export const isPlace = (place, at) => !isCancelled(place, at) && place[1] !== "w";

// The outcome for an active ticket of the day, read at `at` at the slot `here` or, with HALL, at the hall.
export function judge(places, slots, here, at) {
  return here === HALL ? atHall(places, at) : atStand(places, slots, here, at);
}

function atHall(places, at) {
  if (!places.length || places.some((place) => isPlace(place, at))) return "admitted";
  return places.every((place) => isCancelled(place, at)) ? "cancelled" : "waiting";
}

function atStand(places, slots, here, at) {
  if (!slots[here].on) return "cancelled";
  const own = places.filter(([slot]) => slot === here);
  if (own.some((place) => isPlace(place, at))) return "admitted";
  if (own.some((place) => !isCancelled(place, at))) return "waiting";
  const elsewhere = places.filter((place) => slots[place[0]].stand === slots[here].stand && isPlace(place, at));
  if (elsewhere.length) {
    return elsewhere.every(([slot]) => slots[slot].start > slots[here].start) ? "too_early" : "other_session";
  }
  return own.length ? "cancelled" : "not_booked";
}

// The verdict on what was read: `row` of the list or undefined, `ours` if the text could be a ticket of ours at all.
// A first entry by another phone less than ten minutes ago is flagged: perhaps two people show one ticket.
export function decide(day, read, row, here, at) {
  if (!read.k && !read.c) return { outcome: "not_a_ticket" };
  if (!row) return { outcome: "not_on_list" };
  if (row.s === "replaced") return { outcome: "replaced", row };
  const first = row.in.find(([slot]) => slot === here);
  if (first) return { outcome: "already_in", row, first, flagged: first[2] !== MINE && Math.abs(at - first[1]) < TEN_MINUTES };
  if (day.event.cancelled) return { outcome: "cancelled", row };
  return { outcome: judge(row.p, day.slots, here, at), row };
}

// good: green, wait: amber, no: red.
export function colour({ outcome, flagged }, strict) {
  if (LETS_IN.includes(outcome)) return flagged ? "wait" : "good";
  if (["not_a_ticket", "other_event"].includes(outcome)) return "no";
  return strict && outcome !== "replaced" ? "no" : "wait";
}

// Whether staff may let the person in with one tap in spite of the verdict.
export function mayLetIn({ outcome }, strict) {
  return !strict && !LETS_IN.includes(outcome) && !["not_a_ticket", "other_event", "replaced"].includes(outcome);
}

// Places of a slot that nobody holds, and who waits for one and is here. From the moment on when unclaimed places are
// given, a place is held by being at the stand only.
export function freePlaces(day, rows, here, at) {
  const slot = day.slots[here];
  const inside = [...rows].filter((row) => row.in.some(([place]) => place === here));
  const booked = (row) => row.p.some((place) => place[0] === here && isPlace(place, at));
  const given = at >= slot.start + day.event.unclaimed_after * 60_000;
  const held = given ? inside.length : slot.taken + inside.filter((row) => !booked(row)).length;
  const waits = (row) => row.p.some(([place, status]) => place === here && status === "w") && !inside.includes(row);
  const waiting = [...rows].filter((row) => waits(row) && row.in.length);
  return { free: Math.max(0, slot.capacity - held), given, waiting };
}
