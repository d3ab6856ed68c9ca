// Hand scanners type like a keyboard, very fast, and end with Enter or Tab. Their layout may be another than the phone's:
// what was typed is kept twice, by the signs that came and by the keys of a US keyboard, and either may be the ticket.
const GAP_MS = 250;
const PLAIN = { Minus: "-", Slash: "/", Period: ".", Semicolon: ";", Space: " ", Equal: "=", Comma: "," };
const SHIFTED = { Minus: "_", Slash: "?", Semicolon: ":", Equal: "+", Period: ">", Space: " " };

export class Wedge {
  constructor() {
    this.byKey = this.byCode = "";
    this.last = -Infinity;
  }

  // Take a keydown. Returns what was typed, by key and by code, when a burst of at least `least` signs ends; else null.
  take(event, least = 8) {
    const burst = event.timeStamp - this.last <= GAP_MS;
    if (!burst) this.byKey = this.byCode = "";
    const ends = event.key === "Enter" || event.key === "Tab";
    if (ends) {
      const typed = [this.byKey, this.byCode];
      this.byKey = this.byCode = "";
      return Math.max(...typed.map((text) => text.length)) >= least ? typed : null;
    }
    const coded = byCode(event);
    if (event.key.length !== 1 && !coded) return null; // Shift, a dead key without a code
    this.last = event.timeStamp;
    this.byKey += event.key.length === 1 ? event.key : "";
    this.byCode += coded;
    return null;
  }
}

function byCode({ code = "", shiftKey }) {
  if (/^Key[A-Z]$/.test(code)) return shiftKey ? code[3] : code[3].toLowerCase();
  if (/^Digit\d$/.test(code) || /^Numpad\d$/.test(code)) return code.at(-1);
  return (shiftKey ? SHIFTED : PLAIN)[code] ?? "";
}
