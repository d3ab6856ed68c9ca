// The phone and the server: the queue goes up, a newer list comes down, one call at a time. Nothing waits for it.
const EVERY_MS = 15_000;
const TIMEOUT_MS = 4000;
const LIST_TIMEOUT_MS = 15_000;
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 60_000;
const BATCH = 200;

export class Sync {
  // `tell` is called after each exchange with the entries on which the server says otherwise.
  constructor(phone, tell) {
    Object.assign(this, { phone, tell, busy: false, again: false, wait: 0, notBefore: 0, most: BATCH, refused: "" });
  }

  start() {
    addEventListener("online", () => this.run(true));
    document.addEventListener("visibilitychange", () => document.hidden || this.run(true));
    setInterval(() => document.hidden || this.run(), EVERY_MS);
    return this.run(true);
  }

  // Exchange now; while a failure is recent only if `urgent`.
  async run(urgent = false) {
    if (this.phone.rehearsal || !this.phone.state.event) return;
    if (this.busy) {
      this.again = true;
      return;
    }
    if (!urgent && Date.now() < this.notBefore) return;
    this.busy = true;
    let conflicts = [];
    try {
      conflicts = await this.exchange();
      this.wait = this.notBefore = 0;
    } catch {
      this.failed();
    } finally {
      this.busy = false;
    }
    this.tell(conflicts);
    if (this.again) {
      this.again = false;
      await this.run();
    }
  }

  // No network, a server that hangs or refuses: keep everything, and ask again later and later.
  failed() {
    this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 2 || FIRST_WAIT_MS);
    this.notBefore = Date.now() + this.wait;
    clearTimeout(this.timer);
    if (this.phone.queue.length) this.timer = setTimeout(() => this.run(), this.wait + 50);
  }

  async exchange() {
    const { phone } = this;
    if (!phone.day) await this.fetchList();
    const conflicts = [];
    let version;
    let moved = true;
    while (moved) {
      const scans = phone.batch(this.most);
      const answer = await this.send(scans);
      conflicts.push(...(await phone.answered(answer.results, { ...this.heard(answer), contact: Date.now() })));
      version = answer.list_version;
      moved = answer.results.length > 0 && phone.batch(1).length > 0;
    }
    if (version !== phone.day.list_version && !phone.rehearsal) await this.fetchList();
    return conflicts;
  }

  async send(scans) {
    const { phone } = this;
    const waiting = phone.queue.length;
    const body = JSON.stringify({ device: phone.day.device.id, client_now: Date.now(), queue: waiting, rehearsal: false, scans });
    this.asked = Date.now();
    const response = await this.call("scans", TIMEOUT_MS, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    if ([413, 422].includes(response.status)) this.most = Math.max(1, this.most >> 1);
    if (!response.ok) throw new Error(String(response.status));
    const answer = await response.json();
    this.most = BATCH;
    return answer;
  }

  async fetchList() {
    const { phone } = this;
    this.asked = Date.now();
    const headers = phone.day && phone.state.etag ? { "If-None-Match": phone.state.etag } : {};
    const response = await this.call("list", LIST_TIMEOUT_MS, { headers });
    if (response.status === 304) return phone.keep({ state: { contact: Date.now() } });
    if (this.refused && phone.day) return undefined; // it reads no more, and hands in what it has
    if (!response.ok) throw new Error(String(response.status));
    const list = await response.json();
    const state = { ...this.heard(list), etag: response.headers.get("ETag") ?? "", contact: Date.now(), listed: list.server_time };
    return phone.take(list, state);
  }

  async call(what, timeout, options) {
    const address = `/door/${this.phone.state.event}/${what}`;
    const response = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(timeout), ...options });
    const isRefused = [401, 403, 404].includes(response.status);
    this.refused = isRefused ? ((await response.json().catch(() => ({}))).type ?? "").split("/").at(-1) || "not-found" : "";
    return response;
  }

  // How far the server's clock is ahead of this phone's.
  heard({ server_time }) {
    return { off: Math.round(server_time - (this.asked + Date.now()) / 2) };
  }
}
