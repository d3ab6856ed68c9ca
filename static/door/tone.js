// What is heard and felt with a verdict. Sound is unlocked by a tap; a phone that is silent still shows everything.
const TONES = { good: [[1320, 0, 0.12]], wait: [[660, 0, 0.13], [660, 0.2, 0.13]], no: [[180, 0, 0.55]] };
const SHAKES = { good: [60], wait: [70, 90, 70], no: [400] };
let context = null;

// To be called in a tap. Returns whether this phone can sound.
export async function unlock() {
  if (navigator.audioSession) navigator.audioSession.type = "playback";
  context ??= window.AudioContext ? new AudioContext() : null;
  await context?.resume().catch(() => {});
  return context?.state === "running";
}

export function sound(colour) {
  navigator.vibrate?.(SHAKES[colour]);
  if (context?.state !== "running") return;
  for (const [pitch, from, long] of TONES[colour]) {
    const [begin, end] = [context.currentTime + from, context.currentTime + from + long];
    const volume = new GainNode(context, { gain: 0 });
    const tone = new OscillatorNode(context, { type: colour === "no" ? "square" : "sine", frequency: pitch });
    volume.gain.setTargetAtTime(0.5, begin, 0.01);
    volume.gain.setTargetAtTime(0, end, 0.02);
    tone.connect(volume).connect(context.destination);
    tone.start(begin);
    tone.stop(end + 0.2);
  }
}
