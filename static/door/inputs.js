// What comes in: pictures of the camera, photos, keys.
import { Camera } from "./camera.js";
import { byId, screenShown } from "./dom.js";
import { showFound } from "./desk.js";
import { readText } from "./ticket.js";
import { Wedge } from "./wedge.js";
import { say } from "./words.js";

const isName = (text) => /^[\p{L}\p{M} '’.-]*$/u.test(text);

// What is typed: by hand into the one field, by a hand scanner anywhere.
export function setUpKeys(app) {
  const wedge = new Wedge();
  const field = byId("text");
  let burst = [];
  document.addEventListener("keydown", (event) => {
    const ended = wedge.take(event);
    burst = ended ?? [];
    if (!ended || !["desk", "verdict"].includes(screenShown())) return;
    const isField = event.target === field;
    if (isField && (event.key === "Enter" || field.value !== ended[0])) return; // the form takes it
    event.preventDefault();
    app.typed(ended, "wedge", false);
  }, { capture: true });
  byId("ask").onsubmit = (event) => {
    event.preventDefault();
    const text = field.value;
    app.typed([text, ...burst], burst.length ? "wedge" : "code", isName(text));
  };
  field.oninput = () => showFound(app, field.value, app.chosen);
  field.onfocus = () => app.camera.wake();
}

// The camera, its tools, and the photo where there is none. `look` is awaited with each picture.
export function setUpCamera(app, look) {
  const video = byId("eye").querySelector("video");
  app.camera = new Camera(video, look, (state) => {
    const { camera } = app;
    app.tried.camera ||= state === "on";
    app.begun = performance.now();
    byId("eye").classList.toggle("open", state === "on");
    byId("torch").hidden = camera.torch === null || state !== "on";
    byId("torch").setAttribute("aria-pressed", String(Boolean(camera.torch)));
    byId("flip").hidden = camera.devices.length < 2 || state !== "on";
    byId("no-camera").hidden = !["refused", "asleep"].includes(state);
    byId("no-camera").querySelector("b").textContent = say(state === "asleep" ? "camera_asleep" : "camera_refused");
  });
  byId("torch").onclick = () => app.camera.light();
  byId("flip").onclick = () => app.camera.next();
  byId("camera-again").onclick = () => app.camera.start();
  byId("photo").onchange = async ({ target }) => {
    const text = target.files[0] && (await app.decoder.readPhoto(target.files[0]).catch(() => null));
    target.value = "";
    if (text) return app.take(await readText(text, app.phone.day.host), "photo");
    return app.note(say("photo_missed"));
  };
}
