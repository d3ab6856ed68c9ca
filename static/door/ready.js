// Ready without a network? Green only when everything that is needed in a basement is on this phone and was tried.
import { byId, el, icon, showScreen } from "./dom.js";
import { sound, unlock } from "./tone.js";
import { hour, say } from "./words.js";

export function setUpReady(app) {
  let back = "start";
  const open = (from) => () => {
    back = from;
    showScreen("ready");
    byId("ready").focus();
    return check(app);
  };
  byId("to-ready").onclick = open("start");
  byId("to-ready-too").onclick = open("desk");
  byId("ready-back").onclick = () => (back === "desk" ? app.toDesk() : showScreen("start"));
  byId("try-camera").onclick = async () => {
    await app.camera.start();
    await check(app);
  };
  byId("try-sound").onclick = async () => {
    app.tried.sound = await unlock();
    sound("good");
    await check(app);
  };
  byId("try-storage").onclick = async () => {
    await navigator.storage?.persist?.().catch(() => false);
    await check(app);
  };
}

// What is ready, in order: [word, whether, detail].
async function findings({ phone, decoder, camera, tried }) {
  const registration = await navigator.serviceWorker?.getRegistration("/door").catch(() => null);
  const page = Boolean(registration?.active && (await caches.match("/door/scan", { ignoreVary: true })));
  const engine = await Promise.race([decoder.ready, new Promise((resolve) => setTimeout(resolve, 3000, ""))]);
  const storage = Boolean(await navigator.storage?.persisted?.().catch(() => false));
  const list = phone.day && say("check_list_at", { num: phone.rows.size, hour: hour(phone.state.contact, phone.day.event.zone) });
  tried.camera ||= camera.state === "on";
  return [
    ["check_page", page, ""],
    ["check_list", Boolean(phone.day), list],
    ["check_decoder", Boolean(engine), engine === "qr" ? say("check_decoder_slow") : ""],
    ["check_camera", tried.camera, ""],
    ["check_sound", tried.sound, ""],
    ["check_storage", storage, storage ? "" : say("storage_refused")],
  ];
}

async function check(app) {
  const found = await findings(app);
  const isReady = found.every(([, good]) => good);
  byId("checks").replaceChildren(
    ...found.map(([word, good, detail]) =>
      el(`li.${good ? "good" : "wait"}`, {}, icon(good ? "check" : "alert"), el("span", {}, el("b", {}, say(word)), ` ${detail || say(good ? "yes" : "no")}`)),
    ),
  );
  const word = byId("ready-word");
  word.className = `notice ${isReady ? "good" : "wait"}`;
  word.replaceChildren(icon(isReady ? "check" : "alert"), el("b", {}, say(isReady ? "ready" : "not_ready")));
}
