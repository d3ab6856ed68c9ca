// Somebody without a ticket, a class, a group; and the ticket that this phone makes and shows once.
import { byId, showScreen, svg } from "./dom.js";
import { makeTicket } from "./ticket.js";
import { say } from "./words.js";

const LEVELS = ["high", "quartile", "medium"];
const BORDER = 4;

// `done` is called after each person with what was kept: {id, name, people}.
export function setUpWalk(app, done) {
  const form = byId("walk-form");
  byId("to-walk").onclick = () => {
    form.reset();
    byId("walk-wrong").hidden = true;
    showScreen("walk");
    byId("first").focus();
  };
  byId("walk-back").onclick = app.toDesk;
  const given = () => {
    const people = howMany(byId("people"), byId("walk-wrong"));
    return people && { first: byId("first").value.trim(), last: byId("last").value.trim(), people };
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    const who = given();
    if (!who) return;
    const ticket = await makeTicket(app.phone.day.host, location.protocol);
    await app.phone.walkIn({ ...who, k: ticket.k });
    await showTicket(ticket.text, who.first);
    app.changed();
  };
  byId("walk-plain").onclick = async () => {
    const who = given();
    if (who) done({ ...who, id: await app.phone.walkIn(who) });
  };
  byId("ticket-done").onclick = () => {
    byId("qr").replaceChildren();
    app.toDesk();
  };
  byId("plus").onclick = async () => {
    const id = await app.phone.count();
    app.note(say("one_more"), () => app.phone.undo(id));
    app.changed();
  };
}

// Ask a group how many it is; `enter` is called with the number.
export function askSize(app, row, enter) {
  byId("group").querySelector("h1").textContent = say("group_of", { name: row.n || say("unnamed"), num: row.g });
  byId("size").value = row.g;
  byId("group-wrong").hidden = true;
  byId("group-back").onclick = app.toDesk;
  byId("group-form").onsubmit = (event) => {
    event.preventDefault();
    const people = howMany(byId("size"), byId("group-wrong"));
    if (people) enter(people);
  };
  showScreen("group");
  byId("size").select();
}

function howMany(field, wrong) {
  const people = Number(field.value);
  const good = Number.isInteger(people) && people >= 1 && people <= 500;
  wrong.hidden = good;
  field.toggleAttribute("aria-invalid", !good);
  if (!good) {
    wrong.querySelector("span").textContent = say("how_many");
    field.focus();
  }
  return good ? people : 0;
}

async function showTicket(text, name) {
  byId("ticket").querySelector("h1").textContent = name ? say("ticket_of", { name }) : say("ticket");
  byId("qr").replaceChildren(await drawQr(text));
  showScreen("ticket");
  byId("ticket").focus();
}

// The smallest version at level M, then the best level that fits it, with its white border.
export async function drawQr(text) {
  const { encodeQR } = await import("/static/vendor/qr/index.js");
  const make = (ecc) => encodeQR(text, "raw", { ecc, encoding: "alphanumeric", border: BORDER });
  const { length } = make("medium");
  const rows = LEVELS.map(make).find((one) => one.length === length);
  const path = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  const given = { viewBox: `0 0 ${length} ${length}`, "shape-rendering": "crispEdges", role: "img", "aria-label": say("qr") };
  return svg("svg", given, svg("rect", { width: length, height: length, fill: "#fff" }), svg("path", { d: path, fill: "#000" }));
}
