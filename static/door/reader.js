// The worker that reads QR codes from pictures: zxing-cpp as WebAssembly, and on a miss, or without it, a second decoder.
// It is served below /door, so that the door's service worker answers for what it loads.
import { decodeQR } from "/static/vendor/qr/decode.js";

const FOLDER = "/static/vendor/zxing-wasm/dist";
const OPTIONS = { formats: ["QRCode"], tryInvert: true, tryDownscale: true, tryHarder: false, tryRotate: false, tryDenoise: false, maxNumberOfSymbols: 1 };

async function loadZxing() {
  const { prepareZXingModule, readBarcodes } = await import(`${FOLDER}/es/reader/index.js`);
  await prepareZXingModule({ overrides: { locateFile: (name) => `${FOLDER}/reader/${name}` }, fireImmediately: true });
  return readBarcodes;
}

const zxing = typeof WebAssembly === "object" ? loadZxing().catch(() => null) : Promise.resolve(null);
zxing.then((read) => postMessage({ ready: read ? "zxing" : "qr" }));

async function read(picture) {
  const readBarcodes = await zxing;
  const [found] = readBarcodes ? await readBarcodes(picture, OPTIONS) : [];
  if (found?.isValid) return found.text;
  try {
    return decodeQR(picture);
  } catch {
    return null;
  }
}

onmessage = async ({ data: { id, width, height, buffer } }) => {
  const picture = new ImageData(new Uint8ClampedArray(buffer), width, height);
  postMessage({ id, text: await read(picture).catch(() => null), buffer }, [buffer]);
};
