// The verdict: the whole screen in its colour, with icon, words, name, reason and what can be done.
import { button, byId, el, icon, showScreen } from "./dom.js";
import { sound } from "./tone.js";
import { HALL, LETS_IN, MINE, colour, freePlaces, isPlace, mayLetIn } from "./verdict.js";
import { dayOf, hour, longDate, say, span } from "./words.js";

const MOST_LINES = 2;
const PICTURES = {
  admitted: "check", walk_in: "check", already_in: "again", waiting: "wait", too_early: "clock", other_session: "next",
  not_booked: "ask", not_on_list: "ask", cancelled: "cross", replaced: "again", other_event: "day", not_a_ticket: "stray",
};
const SAID = { replaced: "why_replaced", not_a_ticket: "why_not_a_ticket" };

// `acts`: {next, undo, letIn, lookUp}, functions. `letIn` in `shown`: staff let them in; `silent`: it was shown before.
export function showVerdict(phone, verdict, acts, { letIn = false, people, silent = false } = {}) {
  const { event, device } = phone.day;
  const look = letIn ? "good" : colour(verdict, event.strict);
  const outcome = letIn ? "admitted" : verdict.outcome;
  const lines = reasons(phone, verdict, { letIn, people });
  byId("verdict").replaceChildren(
    el(`section.verdict.${look}`, { role: "alert" }, icon(letIn ? "check" : PICTURES[outcome]), el("h1.word", {}, title(phone, verdict, letIn)),
      verdict.row?.n && el("p.name", {}, verdict.row.n), ...lines.map((line) => el("p.why", {}, line))),
    el(`div.acts.${look}`, {}, ...buttons(phone, verdict, acts, letIn)),
    el(`p.state.${look}`, { "data-state": "" }),
  );
  Object.assign(byId("verdict").dataset, { outcome, colour: look, device: device.id });
  showScreen("verdict");
  if (!silent) sound(look);
}

function title(phone, verdict, letIn) {
  const { zone } = phone.day.event;
  if (letIn) return say("admitted");
  if (verdict.outcome === "already_in") return say("already_in_at", { hour: hour(verdict.first[1], zone) });
  return say(verdict.outcome);
}

function buttons(phone, verdict, acts, letIn) {
  const { here, day, now } = phone;
  const strict = day.event.strict;
  const made = [];
  if (!letIn && mayLetIn(verdict, strict)) {
    const free = here !== HALL && freePlaces(day, phone.rows.values(), here, now).free;
    const gives = free > 0 && ["waiting", "not_booked"].includes(verdict.outcome);
    const words = here === HALL ? "sign_up_here" : gives ? "give_place" : "let_in";
    made.push(button(say(words), acts.letIn, here === HALL || gives ? "main" : "quiet", "check"));
  }
  if (!letIn && (["replaced", "not_on_list", "not_a_ticket"].includes(verdict.outcome) || verdict.flagged)) {
    made.push(button(say("look_up"), acts.lookUp, "quiet", "lens"));
  }
  made.push(button(say("next"), acts.next, made.some((one) => one.classList.contains("main")) ? "quiet" : "main", "next"));
  if (acts.undo) made.push(button(say("undo"), acts.undo, "quiet", "back"));
  return made;
}

function reasons(phone, verdict, { letIn, people }) {
  const { day, now } = phone;
  const lines = [];
  if (dayOf(now, day.event.zone) !== day.event.date) lines.push(say("why_trial_day", { day: longDate(day.event.date) }));
  if (letIn) lines.push(say(verdict.outcome === "not_on_list" ? "why_walk_in" : "why_let_in"));
  if (people > 1) lines.push(say("why_people", { num: people }));
  return [...lines, ...(letIn && !verdict.row ? [] : why(phone, verdict))].filter(Boolean);
}

function why(phone, { outcome, row, first, flagged }) {
  const { day, here, now } = phone;
  const { event } = day;
  if (outcome in SAID) return [say(SAID[outcome])];
  if (outcome === "walk_in") return [say("why_walk_in")];
  if (outcome === "not_on_list") return [event.strict ? say("why_strict") : say("why_not_on_list", { hour: hour(phone.state.contact, event.zone) })];
  if (outcome === "already_in") {
    const by = first[2] === MINE ? say("this_phone") : day.doors[first[2]] ?? "?";
    return [say(flagged ? "why_elsewhere" : "why_before", { by }), ...slotsOf(phone, row, true)];
  }
  if (outcome === "cancelled") return [say(event.cancelled ? "why_day_cancelled" : here === HALL ? "why_cancelled" : "why_cancelled_here")];
  const lines = slotsOf(phone, row, outcome === "admitted" || outcome === "waiting" || outcome === "too_early" || outcome === "other_session");
  if (here !== HALL && ["not_booked", "waiting"].includes(outcome)) lines.push(...freeLines(day, phone.rows.values(), here, now));
  return lines.length ? lines : [say("why_none")];
}

// A person's slots in words, at a stand its own first; what tells two people of one name apart.
export function slotsOf(phone, row, mineOnly = false) {
  const { day, here, now } = phone;
  const waiting = row.p.every((place) => !isPlace(place, now));
  const held = row.p.filter((place) => isPlace(place, now) || (waiting && place[1] === "w"));
  const mine = here === HALL ? [] : held.filter(([slot]) => day.slots[slot].stand === day.slots[here].stand);
  const chosen = mineOnly && mine.length ? mine : held;
  const still = chosen.filter(([slot]) => day.slots[slot].end > now);
  return (chosen.length > MOST_LINES && still.length ? still : chosen)
    .map(([slot]) => day.slots[slot])
    .sort((one, other) => one.start - other.start)
    .slice(0, MOST_LINES)
    .map((slot) => `${span(slot.start, slot.end, day.event.zone)}, ${slot.title}`);
}

// What is free at a slot, and who comes first.
export function freeLines(day, rows, here, now) {
  const { free, given, waiting } = freePlaces(day, rows, here, now);
  const capacity = day.slots[here].capacity;
  const lines = [given ? say("free_to_give", { num: free }) : say("free", { num: free, capacity })];
  if (waiting.length) lines.push(say("waiting_first", { names: waiting.slice(0, 5).map((row) => row.n).join(", ") }));
  return lines;
}

export const pictureOf = (outcome) => PICTURES[outcome] ?? "check";
export const isIn = (outcome) => LETS_IN.includes(outcome);
