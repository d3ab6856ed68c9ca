// What a scanned or typed text says: a ticket of ours (k), its code (c), or nothing; and tickets made on this phone.
// The same formats as workshops/tickets.py. A secret lives in these functions only: what is kept is k.
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SECRET = /^(?:HTTPS?:\/\/[^/?#]+\/[TM]\/)?([A-Z2-7]{26})\/?(?:[?#].*)?$/;
const LINK = /^[A-Z][A-Z0-9+.-]*:\/\/([^/?#]*)/;

// {k}, {c} or {} for a text that is no ticket of ours. `host` as in PUBLIC_URL, in upper case.
export async function readText(text, host) {
  const said = text.trim().toUpperCase();
  const link = LINK.exec(said);
  const found = !(link && link[1] !== host) && SECRET.exec(said);
  const secret = found && decode32(found[1]);
  if (secret) return { k: await keyOf(secret) };
  const c = link ? null : readCode(text);
  return c ? { c } : {};
}

// The code as it is stored, from what was typed or heard (o for 0, i or l for 1); null if it is wrong.
export function readCode(text) {
  const code = text.trim().toUpperCase().replace(/[ \t\u00a0\u2010\u2011\u2013-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  const good = code.length === 8 && [...code].every((one) => CROCKFORD.includes(one));
  return good && check(code.slice(0, 7)) === code[7] ? `${code.slice(0, 4)}-${code.slice(4)}` : null;
}

// A new ticket: k, and the text of its QR, which is shown once and never stored.
export async function makeTicket(host, scheme) {
  const secret = crypto.getRandomValues(new Uint8Array(16));
  return { k: await keyOf(secret), text: `${scheme.toUpperCase()}//${host}/T/${encode32(secret)}` };
}

async function keyOf(secret) {
  const salted = new Uint8Array([...new TextEncoder().encode("door|1|"), ...secret]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", salted));
  return [...digest.slice(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function encode32(bytes) {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return bits.match(/.{1,5}/g).map((five) => BASE32[parseInt(five.padEnd(5, "0"), 2)]).join("");
}

// 26 characters carry 130 bits: the last two must be zero.
function decode32(text) {
  const bits = [...text].map((one) => BASE32.indexOf(one).toString(2).padStart(5, "0")).join("");
  if (bits.slice(128) !== "00") return null;
  return Uint8Array.from(bits.slice(0, 128).match(/.{8}/g), (byte) => parseInt(byte, 2));
}

// The check character of the Luhn mod N algorithm, N = 32.
function check(code) {
  let total = 0;
  [...code].reverse().forEach((one, place) => {
    const doubled = CROCKFORD.indexOf(one) * (2 - (place % 2));
    total += Math.floor(doubled / 32) + (doubled % 32);
  });
  return CROCKFORD[(32 - (total % 32)) % 32];
}
