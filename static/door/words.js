// The words of the page in the reader's language, and times as this language writes them.
const known = JSON.parse(document.getElementById("words").textContent);
const locale = document.documentElement.lang;
const NO_BREAK = "\u00a0";

export const say = (name, values = {}) => known[name].replace(/%\((\w+)\)s/g, (_, key) => values[key]);

// 9 h, 9 h 45 · 9:00, 9:45.
export function hour(ms, zone) {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "numeric", minute: "2-digit", hourCycle: "h23" }).formatToParts(ms);
  const part = (type) => parts.find((one) => one.type === type).value;
  const [hours, minutes] = [Number(part("hour")), part("minute")];
  if (locale !== "fr") return `${hours}:${minutes}`;
  return `${hours}${NO_BREAK}h${minutes === "00" ? "" : NO_BREAK + minutes}`;
}

export const span = (start, end, zone) => `${hour(start, zone)}${NO_BREAK}– ${hour(end, zone)}`;

// mardi 12 janvier 2027, from "2027-01-12".
export function longDate(day) {
  const shown = new Intl.DateTimeFormat(locale === "fr" ? "fr-FR" : "en-GB", { dateStyle: "full", timeZone: "UTC" });
  return shown.format(new Date(`${day}T00:00Z`)).replace(",", "");
}

// The day of an instant in a zone, as "2027-01-12".
export const dayOf = (ms, zone) => new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" }).format(ms);
