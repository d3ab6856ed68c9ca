"""A clip that the fake camera shows is what a scanner would see: each ticket, in its order, and nothing between."""

from pathlib import Path
from typing import Any

from tests.browser import clips
from tests.browser.chromium import camera, chromium
from tests.processes import ROOT
from workshops.tickets import Purpose, make_secret, qr_text

PAGE = "https://camera.test/"
WATCH = """async number => {
  const { decodeQR } = await import("/decode.js");
  const video = document.querySelector("video");
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
  await video.play();
  const { videoWidth: width, videoHeight: height } = video;
  const canvas = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  const seen = [];
  while (seen.filter(text => text).length < number) {
    await new Promise(resolve => video.requestVideoFrameCallback(resolve));
    canvas.drawImage(video, 0, 0);
    let text = null;
    try {
      text = decodeQR(canvas.getImageData(0, 0, width, height));
    } catch {}
    if (text !== seen.at(-1)) seen.push(text);
  }
  return { seen, size: [width, height] };
}"""


async def hand_out(route: Any) -> None:
    """The page with the video, and the decoder, which shares nothing with what drew the codes (npm `qr`)."""
    name = route.request.url.removeprefix(PAGE)
    if name:
        await route.fulfill(path=ROOT / "node_modules/qr" / name, content_type="text/javascript")
    else:
        await route.fulfill(body="<!doctype html><title>Camera</title><video muted></video>", content_type="text/html")


async def test_the_fake_camera_shows_the_tickets_in_their_order(tmp_path: Path) -> None:
    texts = [qr_text(make_secret(Purpose.TICKET, name).text) for name in ("one", "two", "three")]
    clip = clips.write(tmp_path / "clip.mjpeg", texts, blank=0.5, shown=1)
    async with chromium(*camera(clip)) as browser:
        page = await (await browser.new_context()).new_page()
        await page.route(f"{PAGE}**", hand_out)
        await page.goto(PAGE)
        found = await page.evaluate(WATCH, 3)
    assert [text for text in found["seen"] if text] in [texts[at:] + texts[:at] for at in range(3)]  # where it began
    assert None in found["seen"]
    assert found["size"] == [640, 480]
