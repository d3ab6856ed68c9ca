// The desk between two tickets: where and how many, names found, places free, what to look at, this phone's last reads.
import { button, byId, el, icon, showScreen } from "./dom.js";
import { search, tally } from "./list.js";
import { HALL } from "./verdict.js";
import { freeLines, pictureOf, slotsOf } from "./verdict_view.js";
import { hour, say, span } from "./words.js";

const OLD_MS = 30 * 60_000;
const MOST_READS = 30;

// The bar of every screen: the place, how many are in, how old the list is and what is not sent.
export function showBar({ phone, sync }) {
  const { day, here } = phone;
  const old = Date.now() - (phone.state.contact ?? 0) > OLD_MS;
  const waits = phone.queue.length;
  const parts = [
    day ? say("list_of", { hour: hour(phone.state.contact, day.event.zone) }) : say("no_list"),
    waits ? say("to_send", { num: waits }) : say("all_sent"),
    sync.wait && !sync.refused && say("no_network"),
  ];
  for (const line of document.querySelectorAll("[data-state]")) {
    line.textContent = parts.filter(Boolean).join(" · ");
    line.classList.toggle("old", old);
    if (old) line.prepend(icon("alert"));
  }
  if (!day) return;
  byId("where").firstElementChild.textContent = placeName(phone);
  const { inside, expected } = here === null ? { inside: 0, expected: 0 } : tally(phone.rows.values(), phone.own, here, phone.now);
  byId("count").textContent = say("count", { inside, expected });
  const free = byId("free");
  free.hidden = here === HALL || here === null;
  if (!free.hidden) free.querySelector("span").textContent = freeLines(day, phone.rows.values(), here, phone.now).join(" ");
}

function placeName({ day, stand, here }) {
  if (!stand) return say("hall");
  const title = day.stands.find((one) => one.id === stand)?.title ?? day.device.label;
  const slot = here === null ? null : day.slots[here];
  return slot ? `${title}, ${span(slot.start, slot.end, day.event.zone)}` : title;
}

// The choice of the place: the hall and the stands, or a stand's own.
export function showPlaces({ phone }) {
  const { day, stand } = phone;
  const option = (value, words, selected) => el("option", { value, selected }, words);
  const stands = day.stands.filter((one) => !day.device.workshop || one.id === day.device.workshop);
  byId("stand").replaceChildren(
    ...(day.device.workshop ? [] : [option("", say("hall"), !stand)]),
    ...stands.map((one) => option(one.id, [one.stand, one.title].filter(Boolean).join(" "), one.id === stand)),
  );
  const own = day.slots.filter((slot) => slot.stand === stand && slot.on);
  byId("slots").hidden = !stand;
  byId("slot").replaceChildren(
    option("", own.length ? say("follow") : say("no_slot"), !phone.state.place?.slot),
    ...own.map((slot) => option(slot.id, span(slot.start, slot.end, day.event.zone), slot.id === phone.state.place?.slot)),
  );
}

// People whose name is being written; each a button that checks them in.
export function showFound({ phone }, text, choose) {
  const found = search(phone.rows.values(), text);
  byId("found").replaceChildren(
    ...found.map((row) => {
      const first = row.in.find(([slot]) => slot === phone.here);
      const status = first ? [say("already_in_at", { hour: hour(first[1], phone.day.event.zone) })] : [];
      const lines = [...status, ...slotsOf(phone, row)];
      return el("li", {}, el("button", { type: "button", onclick: () => choose(row) }, el("b", {}, row.n), ...(lines.length ? lines : [say("why_none")]).map((line) => el("span", {}, line))));
    }),
  );
  return found;
}

// A line under the camera, with a way back where there is one.
export function showNote(words, undo) {
  const undoes = undo && button(say("undo"), async () => {
    await undo();
    showNote(say("undone_nobody"));
  });
  byId("notes").replaceChildren(el("span", {}, words), ...(undoes ? [undoes] : []));
}

// What the server says otherwise than this phone said.
export function showConflicts({ phone }) {
  const zone = phone.day.event.zone;
  const told = phone.own.filter((one) => one.conflict && !one.undone);
  byId("conflicts").hidden = !told.length;
  byId("conflicts").lastElementChild.replaceChildren(...told.slice(-10).reverse().map((one) => el("li.wait", {}, icon("alert"), el("span", {}, conflictWords(one, zone)))));
}

export function conflictWords({ conflict, name }, zone) {
  const named = name || say("unnamed");
  const { outcome, first } = conflict;
  if (outcome === "duplicate_other_phone" && first) return say("conflict", { name: named, by: first.by, hour: hour(first.t, zone) });
  const words = { admitted_after_cancel: "conflict_cancelled", replaced_ticket: "conflict_replaced" }[outcome] ?? "conflict_other";
  return say(words, { name: named });
}

// This phone's own reads, the newest first; each that let somebody in can be taken back.
export function showReads(app) {
  const { phone } = app;
  const zone = phone.day.event.zone;
  const again = () => showReads(app);
  byId("reads").replaceChildren(
    ...phone.own.slice(-MOST_READS).reverse().map((one) => {
      const word = one.undone ? say("undone") : one.outcome === "count" ? say("why_people", { num: one.people }) : say(one.counts ? "admitted" : one.outcome);
      const undo = button(say("undo"), async () => {
        await phone.undo(one.id);
        app.changed();
        again();
      });
      return el("li", {}, icon(one.undone ? "back" : one.counts ? "check" : pictureOf(one.outcome)),
        el("span", {}, el("b", {}, one.name || say("unnamed")), `${hour(one.at, zone)}, ${word}`), one.counts && !one.undone ? undo : null);
    }),
  );
  showScreen("own");
  byId("own").focus();
}
