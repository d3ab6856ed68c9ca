// The worker that reads codes, as the page asks it: one picture in, its text or null out.
export class Decoder {
  constructor() {
    this.worker = new Worker("/door/reader.js", { type: "module" });
    this.asked = new Map();
    this.ready = new Promise((resolve) => {
      this.worker.onmessage = ({ data }) => {
        if (data.ready) return resolve(data.ready);
        this.asked.get(data.id)?.(data.text);
        return this.asked.delete(data.id);
      };
      this.worker.onerror = () => resolve("");
    });
  }

  // `picture` is an ImageData; its pixels go over to the worker.
  read({ width, height, data }) {
    const id = crypto.randomUUID();
    const answer = new Promise((resolve) => this.asked.set(id, resolve));
    this.worker.postMessage({ id, width, height, buffer: data.buffer }, [data.buffer]);
    return answer;
  }

  // The text of the code in a photo, or null.
  async readPhoto(file) {
    const bitmap = await createImageBitmap(file);
    for (const side of [1600, 800]) {
      const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(bitmap.width * scale);
      canvas.height = Math.round(bitmap.height * scale);
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      const text = await this.read(context.getImageData(0, 0, canvas.width, canvas.height));
      if (text) return text;
    }
    return null;
  }
}
