// The scanner: what happens on this page, from a picture, a key or a tap to the verdict.
import { Decoder } from "./decoder.js";
import { showBar, showConflicts, showFound, showNote, showPlaces, showReads } from "./desk.js";
import { byId, screenShown, showScreen } from "./dom.js";
import { setUpCamera, setUpKeys } from "./inputs.js";
import { Phone } from "./phone.js";
import { setUpReady } from "./ready.js";
import { Store } from "./store.js";
import { Sync } from "./sync.js";
import { readText } from "./ticket.js";
import { unlock } from "./tone.js";
import { showVerdict } from "./verdict_view.js";
import { askSize, setUpWalk } from "./walk.js";
import { longDate, say } from "./words.js";

const SAME_CODE_MS = 1500;
const SILENT_MS = 4000;
const REFRESH_MS = 10_000;
const app = { tried: { camera: false, sound: false } };
const seen = { text: "", at: -Infinity, any: performance.now() };
let shown = null; // the verdict on the screen: {verdict, id, …}

app.note = showNote;
app.take = take;
app.typed = typed;
app.chosen = chosen;
app.changed = () => {
  showBar(app);
  app.sync.run();
};
app.toDesk = () => {
  shown = null;
  seen.any = performance.now();
  showScreen("desk");
  byId("hint").hidden = true;
  showConflicts(app);
  showBar(app);
};

// A picture of the camera. The code that is still in view has had its verdict.
async function look(picture, taken) {
  if (!["desk", "verdict"].includes(screenShown())) return;
  const text = await app.decoder.read(picture);
  const now = performance.now();
  if (text === null) {
    byId("hint").hidden = now - Math.max(seen.any, app.begun) < SILENT_MS || screenShown() !== "desk";
    return;
  }
  const isSame = text === seen.text && now - seen.at < SAME_CODE_MS;
  Object.assign(seen, { text, at: now, any: now });
  app.camera.wake();
  if (!isSame) await take(await readText(text, app.phone.day.host), "qr", taken);
}

// A read, whatever it came by: the verdict is kept, then shown, then sent.
async function take(read, method, taken) {
  const { phone } = app;
  if (phone.here === null) return showNote(say("no_slot"));
  const verdict = phone.judge(read);
  if (verdict.outcome === "admitted" && verdict.row.g) return askSize(app, verdict.row, (people) => enter(verdict, method, { people }));
  return enter(verdict, method, {}, taken);
}

async function enter(verdict, method, given, taken) {
  const id = await kept(app.phone.scan(verdict, method, given));
  present({ verdict, method, id, ...given });
  if (taken !== undefined) requestAnimationFrame(() => performance.measure("verdict", { start: taken, end: performance.now() }));
  app.sync.run();
}

function present(what, silent = false) {
  shown = what;
  const { verdict, id, letIn } = what;
  const undoes = id && (letIn || ["admitted", "walk_in"].includes(verdict.outcome));
  const acts = { next: app.toDesk, lookUp, letIn: () => letThemIn(what), undo: undoes && (() => takeBack(what)) };
  byId("text").value = "";
  byId("found").replaceChildren();
  showVerdict(app.phone, verdict, acts, { ...what, silent });
  showBar(app);
}

async function letThemIn({ verdict, method }) {
  const { phone } = app;
  const unknown = verdict.outcome === "not_on_list";
  const id = await kept(unknown ? phone.walkIn({ k: verdict.read.k, method }) : phone.scan(verdict, method, { letIn: true }));
  present({ verdict, method, id, letIn: true });
  app.sync.run();
}

async function takeBack({ verdict, id }) {
  await kept(app.phone.undo(id));
  app.toDesk();
  showNote(verdict.row?.n ? say("undone_of", { name: verdict.row.n }) : say("undone_nobody"));
  app.sync.run();
}

function lookUp() {
  app.toDesk();
  byId("text").focus();
}

// What could not be kept is said; the verdict is shown all the same.
async function kept(written) {
  try {
    return await written;
  } catch {
    byId("refused").hidden = false;
    byId("refused").lastElementChild.textContent = say("not_kept");
    return undefined;
  }
}

// What was typed: a code, a QR's text in one layout or another, else a name.
async function typed(texts, method, isName) {
  for (const text of texts) {
    const read = await readText(text, app.phone.day.host);
    if (read.k || read.c) return take(read, method);
  }
  if (!isName) return take({}, method);
  const found = showFound(app, texts[0], chosen);
  return found.length || showNote(say(texts[0].trim().length < 2 ? "more_letters" : "nobody"));
}

function chosen(row) {
  return take({ k: row.k }, "name");
}

function setUpStart() {
  const { phone } = app;
  byId("stand").onchange = async ({ target }) => {
    await phone.choose(target.value || null);
    showPlaces(app);
    showBar(app);
  };
  byId("slot").onchange = ({ target }) => phone.choose(phone.stand, target.value || null).then(() => showBar(app));
  byId("begin").onclick = async () => {
    const sounds = unlock();
    app.toDesk();
    app.camera.start();
    navigator.storage?.persist?.().catch(() => {});
    app.tried.sound ||= await sounds;
  };
  byId("to-trial").onclick = byId("trial-end").onclick = async () => {
    await phone.rehearse(!phone.rehearsal);
    byId("trial").hidden = !phone.rehearsal;
    byId("to-trial").hidden = phone.rehearsal;
    if (phone.rehearsal) byId("begin").click();
    else toStart();
    app.changed();
  };
  byId("where").onclick = toStart;
  byId("to-own").onclick = () => showReads(app);
  byId("own-back").onclick = app.toDesk;
  byId("send").onclick = () => app.sync.run(true);
}

function toStart() {
  const { event } = app.phone.day;
  byId("start").querySelector("h1").textContent = event.title;
  byId("day").textContent = [event.commune, longDate(event.date)].filter(Boolean).join(", ");
  showPlaces(app);
  showBar(app);
  showScreen("start");
}

function gone(words, title = "gone_title") {
  byId("gone").querySelector("h1").textContent = say(title);
  byId("gone").querySelector(".why").textContent = words;
  showScreen("gone");
}

// After each exchange with the server.
async function heard(conflicts) {
  const { phone, sync } = app;
  if (!phone.day) return gone(say(sync.refused ? "gone_link" : "gone_list"));
  const refused = sync.refused && !phone.over;
  byId("refused").hidden = !refused;
  if (refused) byId("refused").lastElementChild.textContent = say(["device-revoked", "day-over", "not-a-device"].includes(sync.refused) ? `refused_${sync.refused}` : "refused_other");
  if (phone.over) return leave();
  if (screenShown() === "gone" || !screenShown()) toStart();
  const told = conflicts.find((one) => one.id === shown?.id && one.conflict.first);
  if (told) {
    const { first } = told.conflict;
    shown.verdict = { ...shown.verdict, outcome: "already_in", flagged: true, first: [phone.here, first.t, phone.day.doors.indexOf(first.by)] };
    present({ ...shown, letIn: false });
  }
  showConflicts(app);
  showBar(app);
  const unknown = shown?.verdict.outcome === "not_on_list" && !shown.letIn;
  return unknown && phone.find(shown.verdict.read) && take(shown.verdict.read, shown.method); // it is on the new list
}

// The day is over: nothing stays on the phone once everything has been sent.
async function leave() {
  if (app.phone.queue.length) return gone(say("over_unsent", { num: app.phone.queue.length }));
  await app.store.wipe();
  app.phone.state = {};
  return gone(say("gone_over"));
}

async function open() {
  const asked = new URLSearchParams(location.search).get("e");
  try {
    app.store = await Store.open();
  } catch {
    return gone(say("gone_storage"));
  }
  app.phone = new Phone(app.store);
  await app.phone.load(asked);
  app.decoder = new Decoder();
  app.sync = new Sync(app.phone, heard);
  setUpCamera(app, look);
  setUpStart();
  setUpKeys(app);
  setUpReady(app);
  setUpWalk(app, ({ id, first, last, people }) => {
    const n = [first, last && `${last[0].toUpperCase()}.`].filter(Boolean).join(" ");
    present({ verdict: { outcome: "walk_in", row: { n, p: [], in: [] } }, id, people });
    app.sync.run();
  });
  app.decoder.ready.then(() => navigator.serviceWorker?.register("/door/sw.js", { scope: "/door" }).catch(() => {})); // what is here by now is not fetched twice
  if (!app.phone.state.event) return gone(say("gone_link"));
  if (app.phone.day && !app.phone.over) toStart();
  setInterval(() => showBar(app), REFRESH_MS);
  return app.sync.start();
}

open();
