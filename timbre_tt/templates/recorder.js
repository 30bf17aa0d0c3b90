const LOWEST_HZ = 60, HIGHEST_HZ = 8000, SIZE = 4096, HARMONICS = 12, RANGE_DB = 70;
const NAMES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];

/** Pitch of samples in Hz by YIN (de Cheveigne and Kawahara, 2002); null where there is none. */
function pitchOf(samples, rate) {
  const longest = Math.floor(rate / LOWEST_HZ), shortest = Math.floor(rate / 4000);
  const window = samples.length - longest;
  let energy = 0;
  for (let i = 0; i < samples.length; i++) energy += samples[i] * samples[i];
  if (energy / samples.length < 1e-6) return null;
  const normalised = new Float32Array(longest + 1).fill(1);
  let sum = 0;
  for (let lag = 1; lag <= longest; lag++) {
    let difference = 0;
    for (let i = 0; i < window; i += 2) difference += (samples[i] - samples[i + lag]) ** 2;
    sum += difference;
    normalised[lag] = (difference * lag) / Math.max(sum, 1e-12);
  }
  let lag = shortest;
  while (lag < longest && normalised[lag] > 0.15) lag++;
  if (lag >= longest) return null;
  while (lag + 1 < longest && normalised[lag + 1] < normalised[lag]) lag++;
  const [a, b, c] = [normalised[lag - 1], normalised[lag], normalised[lag + 1]];
  return rate / (lag + (a - c) / (2 * (a - 2 * b + c) || 1));
}

function nameOf(hz) {
  const midi = 69 + 12 * Math.log2(hz / 440), near = Math.round(midi), cents = Math.round(100 * (midi - near));
  return `${NAMES[((near % 12) + 12) % 12]}${Math.floor(near / 12) - 1} ${cents < 0 ? "−" : "+"}${Math.abs(cents)} cents`;
}

/** A wav file, 16 bit, one channel, of blocks of samples. */
function wav(blocks, rate) {
  const count = blocks.reduce((total, block) => total + block.length, 0);
  const view = new DataView(new ArrayBuffer(44 + 2 * count));
  const text = (at, word) => [...word].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF"); view.setUint32(4, 36 + 2 * count, true); text(8, "WAVEfmt ");
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
  view.setUint32(24, rate, true); view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true); view.setUint16(34, 16, true);
  text(36, "data"); view.setUint32(40, 2 * count, true);
  let at = 44;
  for (const block of blocks) {
    for (const sample of block) {
      view.setInt16(at, Math.max(-1, Math.min(1, sample)) * 32767, true);
      at += 2;
    }
  }
  return new File([view], "recording.wav", { type: "audio/wav" });
}

/** The spectrogram of what is heard, from right to left, with its f0 and the multiples of it. */
class Roll {
  constructor(canvas, dark) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d", { willReadFrequently: true });
    canvas.width = Math.max(200, canvas.clientWidth);
    canvas.height = canvas.clientHeight;
    this.colours = Array.from({ length: 256 }, (_, i) => shade(RAMPS[dark ? "dark" : "light"], i));
    this.own = dark ? "111, 242, 181" : "0, 122, 85";
    this.pen.fillStyle = `rgb(${this.colours[0]})`;
    this.pen.fillRect(0, 0, canvas.width, canvas.height);
  }

  y(hz) {
    return this.canvas.height * (1 - Math.log(hz / LOWEST_HZ) / Math.log(HIGHEST_HZ / LOWEST_HZ));
  }

  push(levels, rate, f0) {
    const { pen, canvas } = this, step = 2, { width, height } = canvas;
    pen.drawImage(canvas, -step, 0);
    for (let y = 0; y < height; y++) {
      const hz = LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** (1 - y / height);
      const level = levels[Math.round((hz * SIZE) / rate)] ?? -200;
      const shown = Math.max(0, Math.min(255, Math.round(255 * (1 + (level + 25) / RANGE_DB))));
      pen.fillStyle = `rgb(${this.colours[shown].map(Math.round)})`;
      pen.fillRect(width - step, y, step, 1);
    }
    for (let k = 1; f0 && k <= HARMONICS && k * f0 < HIGHEST_HZ; k++) {
      pen.fillStyle = `rgba(${this.own}, ${k === 1 ? 1 : 0.45})`;
      pen.fillRect(width - step, this.y(k * f0) - (k === 1 ? 1 : 0.5), step, k === 1 ? 3 : 1);
    }
  }
}

const TAP = `registerProcessor("tap", class extends AudioWorkletProcessor {
  process([input]) { if (input[0]) this.port.postMessage(input[0].slice()); return true; }
});`;

/** Records the microphone as it is, without the filters that are made for speech. */
class Recorder {
  constructor(element, upload, done, mostSeconds) {
    Object.assign(this, { upload, done, mostSeconds, blocks: [], stream: null });
    for (const name of ["button", "canvas", "readout"]) this[name] = element.querySelector(`.tt-rec-${name}`);
    this.button.addEventListener("click", () => (this.stream ? this.stop() : this.start()));
  }

  async start() {
    this.readout.textContent = "";
    try {
      if (!navigator.mediaDevices) throw new Error("the browser gives it only to https or to 127.0.0.1");
      const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: plain });
      this.context = new AudioContext();
      const code = URL.createObjectURL(new Blob([TAP], { type: "text/javascript" }));
      await this.context.audioWorklet.addModule(code);
      URL.revokeObjectURL(code);
    } catch (error) {
      this.close();
      this.readout.textContent = `No microphone: ${error.message}`;
      return;
    }
    this.blocks = [];
    const source = this.context.createMediaStreamSource(this.stream);
    const tap = new AudioWorkletNode(this.context, "tap");
    tap.port.onmessage = ({ data }) => this.blocks.push(data);
    this.analyser = new AnalyserNode(this.context, { fftSize: SIZE, smoothingTimeConstant: 0 });
    source.connect(tap).connect(this.analyser);
    source.connect(this.analyser);
    this.button.classList.add("tt-on");
    this.button.textContent = "■ Stop";
    this.canvas.hidden = false;
    this.roll = new Roll(this.canvas, document.body.classList.contains("dark"));
    this.follow();
  }

  seconds() {
    return this.blocks.reduce((total, block) => total + block.length, 0) / this.context.sampleRate;
  }

  follow() {
    if (!this.stream) return;
    const rate = this.context.sampleRate;
    const levels = new Float32Array(SIZE / 2), samples = new Float32Array(2048);
    this.analyser.getFloatFrequencyData(levels);
    this.analyser.getFloatTimeDomainData(samples);
    const f0 = pitchOf(samples, rate);
    this.roll.push(levels, rate, f0);
    const seconds = this.seconds();
    this.readout.textContent = `${seconds.toFixed(1)} s · ${f0 ? `f0 ${f0.toFixed(0)} Hz, ${nameOf(f0)}` : "no pitch"}`;
    if (seconds >= this.mostSeconds) this.stop();
    else requestAnimationFrame(() => this.follow());
  }

  async stop() {
    const { blocks } = this, rate = this.context.sampleRate;
    this.close();
    if (!blocks.length) {
      this.readout.textContent = "Nothing was recorded.";
      return;
    }
    this.readout.textContent = "Taking it over …";
    try {
      const { path } = await this.upload(wav(blocks, rate));
      this.done(path);
      this.readout.textContent = "Recorded.";
    } catch (error) {
      this.readout.textContent = `It could not be taken over: ${error.message}`;
    }
  }

  close() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.context?.close();
    this.button.classList.remove("tt-on");
    this.button.textContent = "● Record";
  }
}

new Recorder(element, upload, (path) => trigger("recorded", { path }), props.most_seconds);
