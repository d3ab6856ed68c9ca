// The camera: its pictures one after the other, its lamp, the other camera; it sleeps when nobody comes.
const IDLE_MS = 120_000;
const SLOW_MS = 150;
const WIDTH = 1280;
const CHOSEN = "door.camera";

export class Camera {
  // `look` is awaited with each picture (ImageData, and when it was taken); `tell` hears of every change.
  constructor(video, look, tell) {
    Object.assign(this, { video, look, tell, stream: null, state: "off", torch: null, devices: [], width: WIDTH });
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    document.addEventListener("visibilitychange", () => this.stream && !document.hidden && this.stayAwake());
  }

  // Open the camera chosen before, else the one at the back. A refusal is told as the state "refused".
  async start() {
    if (this.stream) return;
    this.tell((this.state = "starting"));
    try {
      await this.open({ facingMode: { ideal: "environment" } });
      this.devices = (await navigator.mediaDevices.enumerateDevices()).filter((one) => one.kind === "videoinput");
      const chosen = this.devices.find((one) => one.label && one.label === localStorage.getItem(CHOSEN));
      if (chosen && chosen.label !== this.track.label) await this.open({ deviceId: { exact: chosen.deviceId } });
    } catch {
      this.close();
      this.tell((this.state = "refused"));
      return;
    }
    this.wake();
    this.stayAwake();
    this.tell((this.state = "on"));
    this.run();
  }

  get track() {
    return this.stream.getVideoTracks()[0];
  }

  async open(which) {
    this.close();
    const video = { width: { ideal: 1280 }, height: { ideal: 720 }, ...which };
    this.stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
    this.track.onended = () => this.stop();
    this.video.srcObject = this.stream;
    await this.video.play();
    this.torch = this.track.getCapabilities?.().torch ? false : null;
  }

  async next() {
    const place = this.devices.findIndex((one) => one.label === this.track.label);
    const other = this.devices[(place + 1) % this.devices.length];
    await this.open({ deviceId: { exact: other.deviceId } }).catch(() => this.stop());
    if (this.stream) localStorage.setItem(CHOSEN, other.label);
    this.tell(this.state);
  }

  async light() {
    await this.track.applyConstraints({ advanced: [{ torch: !this.torch }] }).then(() => (this.torch = !this.torch), () => {});
    this.tell(this.state);
  }

  // Somebody is here: two minutes more.
  wake() {
    clearTimeout(this.sleep);
    this.sleep = setTimeout(() => this.stop(), IDLE_MS);
  }

  stop() {
    this.close();
    this.tell((this.state = "asleep"));
  }

  close() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = this.video.srcObject = null;
    this.lock?.release().catch(() => {});
    this.lock = null;
  }

  async stayAwake() {
    this.lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
  }

  async run() {
    const turn = (this.turn = {});
    while (this.state === "on" && this.turn === turn) {
      await this.frame();
      if (!this.stream || !this.video.videoWidth) continue;
      const taken = performance.now();
      await this.look(this.picture(), taken);
      if (performance.now() - taken > SLOW_MS && this.width > 640) this.slow = (this.slow ?? 0) + 1;
      if (this.slow > 20) this.width = 640;
    }
  }

  frame() {
    return new Promise((resolve) => {
      if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(resolve);
      else requestAnimationFrame(resolve);
      setTimeout(resolve, 1000); // a camera that has been closed sends no frame
    });
  }

  picture() {
    const { videoWidth, videoHeight } = this.video;
    const scale = Math.min(1, this.width / Math.max(videoWidth, videoHeight));
    const [width, height] = [Math.round(videoWidth * scale), Math.round(videoHeight * scale)];
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    this.context.drawImage(this.video, 0, 0, width, height);
    return this.context.getImageData(0, 0, width, height);
  }
}
