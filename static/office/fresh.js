/* Keeps a page of staff fresh without a reload: asks every 10 seconds, while it is looked at, whether its part that
   changes is another (ETag), and puts in place only the pieces that differ. Without this script: the link "Refresh". */
const region = document.querySelector("[data-fresh]");
const line = document.querySelector("[data-fresh-line]");
const said = document.querySelector("[data-fresh-said]");
const EVERY = 10_000;
const LATEST = 120_000;
let etag = region.dataset.etag || "";
let pause = EVERY;
let timer = 0;
let asking = false;
let checked = new Date();

function hour(moment) {
  const parts = new Intl.DateTimeFormat("en-GB", { hour: "numeric", minute: "2-digit", timeZone: line.dataset.zone }).formatToParts(moment);
  const [hours, minutes] = ["hour", "minute"].map((kind) => parts.find((part) => part.type === kind).value);
  return document.documentElement.lang === "fr" ? `${Number(hours)}\u00a0h\u00a0${minutes}` : `${Number(hours)}:${minutes}`;
}

function tell(words) {
  const text = words.replace("{}", hour(checked));
  if (line.textContent !== text) line.textContent = text;
  line.parentElement.classList.toggle("stale", words !== line.dataset.updated);
}

/** Put the pieces that differ in place; whoever has the focus on a link keeps it. */
function show(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const before = [...region.querySelectorAll("[data-piece]")];
  const after = [...holder.content.querySelectorAll("[data-piece]")];
  const told = () => region.querySelector("[data-total]")?.dataset.total;
  const total = told();
  const focused = region.contains(document.activeElement) && document.activeElement.getAttribute("href");
  if (before.length === after.length) {
    before.forEach((piece, index) => {
      if (piece.outerHTML !== after[index].outerHTML) piece.replaceWith(after[index]);
    });
  } else {
    region.replaceChildren(holder.content);
  }
  if (focused && !region.contains(document.activeElement)) {
    region.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
  if (told() !== total) said.textContent = told();
}

function later(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(ask, milliseconds);
}

async function ask() {
  if (asking || document.hidden) return;
  asking = true;
  try {
    const headers = etag ? { "If-None-Match": etag } : {};
    const answer = await fetch(region.dataset.fresh, { headers, redirect: "manual", signal: AbortSignal.timeout(EVERY) });
    if (answer.type === "opaqueredirect" || [401, 403, 404].includes(answer.status)) return tell(line.dataset.ended);
    if (!answer.ok && answer.status !== 304) throw new Error(answer.status);
    if (answer.status === 200) {
      const first = !etag;
      etag = answer.headers.get("etag");
      show(await answer.text());
      if (!first) document.querySelector("[data-changed]")?.removeAttribute("hidden");
    }
    checked = new Date();
    pause = EVERY;
    tell(line.dataset.updated);
  } catch {
    pause = Math.min(2 * pause, LATEST);
    tell(line.dataset.offline);
  } finally {
    asking = false;
  }
  later(pause);
}

document.addEventListener("visibilitychange", () => document.hidden || later(0));
addEventListener("online", () => later(0));
addEventListener("pageshow", (event) => event.persisted && later(0));
later(etag ? EVERY : 0);
