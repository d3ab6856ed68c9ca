// Instead of a camera: a table on which the tests lay tickets. `held(text)` lays one there, `held(null)` takes it away.
(() => {
  let text = null;
  window.held = (given) => (text = given);
  navigator.mediaDevices.getUserMedia = async () => {
    const { encodeQR } = await import("/static/vendor/qr/index.js");
    const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 720 });
    const table = canvas.getContext("2d");
    let ticks = 0;
    const draw = () => {
      table.fillStyle = "#6e6e6e";
      table.fillRect(0, 0, 1280, 720);
      table.fillStyle = "#777";
      table.fillRect(ticks++ % 1280, 0, 4, 4); // a picture that does not change is not sent
      if (text) {
        const rows = encodeQR(text, "raw", { ecc: "medium", border: 4 });
        const side = Math.floor(500 / rows.length);
        rows.forEach((row, y) =>
          row.forEach((dark, x) => {
            table.fillStyle = dark ? "#111" : "#fff";
            table.fillRect(400 + x * side, 100 + y * side, side, side);
          }),
        );
      }
      setTimeout(draw, 40);
    };
    draw();
    return canvas.captureStream(25);
  };
})();
