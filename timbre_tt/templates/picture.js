const RAMPS = {
  light: [[246, 245, 249], [214, 190, 222], [173, 96, 152], [110, 34, 110], [30, 12, 50]],
  dark: [[10, 8, 20], [66, 20, 96], [168, 50, 100], [240, 130, 70], [252, 240, 180]],
};

function bytes(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

function shade(ramp, level) {
  const at = (level / 255) * (ramp.length - 1);
  const low = Math.min(Math.floor(at), ramp.length - 2);
  return ramp[low].map((value, i) => value + (at - low) * (ramp[low + 1][i] - value));
}

/**
 * One sound: spectrogram with f0, the spectrum of a moment beside it, f0 and loudness below.
 *
 * `audio` is what plays it: an audio element, or what has its currentTime, duration, paused and events.
 * `frequencies` are those of the spectrogram: low and high in Hz, bins. Colours are the custom properties
 * --own, --input, --ink, --soft, --line and --scheme (light or dark) of the figure.
 */
class Picture {
  constructor(figure, audio, sound, input, seconds, frequencies) {
    this.sound = { ...sound, levels: bytes(sound.spectrogram) };
    this.input = input;
    this.seconds = seconds;
    this.frequencies = frequencies;
    this.canvas = figure.querySelector("canvas");
    this.audio = audio;
    this.readout = figure.querySelector(".readout");
    this.moment = null;
    this.canvas.addEventListener("pointermove", (event) => this.look(event));
    this.canvas.addEventListener("pointerleave", () => { this.moment = null; this.draw(); });
    this.canvas.addEventListener("click", (event) => {
      this.look(event);
      this.audio.currentTime = Math.min(this.moment, this.audio.duration || this.moment);
    });
    this.audio.addEventListener("timeupdate", () => this.draw());
    this.audio.addEventListener("play", () => this.follow());
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  css(name) {
    return getComputedStyle(this.canvas).getPropertyValue(name).trim();
  }

  follow() {
    this.draw();
    if (!this.audio.paused) requestAnimationFrame(() => this.follow());
  }

  look(event) {
    const { plot } = this.layout();
    const x = event.clientX - this.canvas.getBoundingClientRect().left;
    const share = Math.min(1, Math.max(0, (x - plot.x) / plot.width));
    this.moment = share * this.seconds;
    this.draw();
  }

  /** The moment under the pointer, else where it plays, else the loudest. */
  now() {
    if (this.moment !== null) return this.moment;
    if (this.audio.currentTime > 0) return this.audio.currentTime;
    const { loudness } = this.sound;
    return (loudness.indexOf(Math.max(...loudness)) / Math.max(1, loudness.length - 1)) * this.seconds;
  }

  /** The value of a curve at the moment. */
  at(values) {
    const share = this.now() / this.seconds;
    return values[Math.min(values.length - 1, Math.round(share * (values.length - 1)))];
  }

  layout() {
    const width = this.canvas.clientWidth, height = this.canvas.clientHeight;
    const side = Math.max(60, Math.min(110, width * 0.2)), left = 34, lower = 52;
    const plot = { x: left, y: 4, width: width - left - side - 8, height: height - 2 * lower - 34 };
    return {
      width, height, plot,
      side: { x: plot.x + plot.width + 8, y: plot.y, width: side, height: plot.height },
      f0: { x: left, y: plot.y + plot.height + 8, width: plot.width, height: lower },
      loudness: { x: left, y: plot.y + plot.height + lower + 16, width: plot.width, height: lower },
    };
  }

  draw() {
    const { width, height, plot, side, f0, loudness } = this.layout();
    if (width < 150) return;
    const scale = devicePixelRatio || 1, pen = this.canvas.getContext("2d");
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    pen.scale(scale, scale);
    pen.font = "11px system-ui, sans-serif";
    pen.drawImage(this.image(), plot.x, plot.y, plot.width, plot.height);
    this.labels(pen, plot, f0, loudness, side);
    const toY = (hz) => this.frequency(hz, plot);
    this.curve(pen, plot, this.sound.f0, toY, this.css("--own"), 1.2);
    this.curves(pen, f0, "f0", (hz) => Math.log2(Math.max(hz, 1)));
    this.curves(pen, loudness, "loudness", (db) => db);
    this.spectrum(pen, side);
    const now = this.now();
    const x = plot.x + (now / this.seconds) * plot.width;
    pen.strokeStyle = this.css("--soft");
    pen.beginPath();
    pen.moveTo(x, plot.y);
    pen.lineTo(x, loudness.y + loudness.height);
    pen.stroke();
  }

  frequency(hz, box) {
    const { low, high } = this.frequencies;
    return box.y + box.height * (1 - Math.log(hz / low) / Math.log(high / low));
  }

  image() {
    const theme = this.css("--scheme");
    if (this.drawn === theme) return this.picture;
    const { levels, frames } = this.sound, bins = this.frequencies.bins;
    const colours = Array.from({ length: 256 }, (_, i) => shade(RAMPS[theme], i));
    const picture = document.createElement("canvas");
    picture.width = frames;
    picture.height = bins;
    const pen = picture.getContext("2d"), pixels = pen.createImageData(frames, bins);
    for (let i = 0; i < levels.length; i++) {
      const bin = i % bins, frame = (i - bin) / bins;
      pixels.data.set([...colours[levels[i]], 255], 4 * ((bins - 1 - bin) * frames + frame));
    }
    pen.putImageData(pixels, 0, 0);
    this.drawn = theme;
    return (this.picture = picture);
  }

  labels(pen, plot, f0, loudness, side) {
    pen.fillStyle = this.css("--soft");
    pen.textAlign = "right";
    for (const hz of [100, 200, 500, 1000, 2000, 5000]) {
      pen.fillText(hz < 1000 ? hz : `${hz / 1000}k`, plot.x - 4, this.frequency(hz, plot) + 4);
    }
    pen.fillText("f0", f0.x - 4, f0.y + f0.height / 2 + 4);
    pen.fillText("dB", loudness.x - 4, loudness.y + loudness.height / 2 + 4);
    pen.strokeStyle = this.css("--line");
    for (const box of [plot, f0, loudness, side]) pen.strokeRect(box.x, box.y, box.width, box.height);
    const seconds = this.seconds;
    pen.textAlign = "left";
    pen.fillText("0 s", loudness.x, loudness.y + loudness.height + 13);
    pen.textAlign = "right";
    pen.fillText(`${seconds.toFixed(1)} s`, loudness.x + loudness.width, loudness.y + loudness.height + 13);
  }

  curve(pen, box, values, toY, colour, width) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.beginPath();
    let drawing = false;
    values.forEach((value, i) => {
      if (value === null) { drawing = false; return; }
      const x = box.x + (i / Math.max(1, values.length - 1)) * box.width, y = toY(value);
      if (drawing) pen.lineTo(x, y); else pen.moveTo(x, y);
      drawing = true;
    });
    pen.stroke();
    pen.lineWidth = 1;
  }

  curves(pen, box, name, scale) {
    const known = [...this.input[name], ...this.sound[name]].filter((v) => v !== null).map(scale);
    if (!known.length) return;
    const low = Math.min(...known), high = Math.max(...known), range = Math.max(high - low, 0.2);
    const toY = (value) => box.y + box.height - 4 - ((scale(value) - low) / range) * (box.height - 8);
    if (this.input !== this.sound) this.curve(pen, box, this.input[name], toY, this.css("--input"), 2.5);
    this.curve(pen, box, this.sound[name], toY, this.css("--own"), 1.2);
  }

  spectrum(pen, box) {
    const seconds = this.seconds, bins = this.frequencies.bins;
    const now = this.now();
    const frame = Math.min(this.sound.frames - 1, Math.floor((now / seconds) * this.sound.frames));
    const levels = this.sound.levels.subarray(frame * bins, (frame + 1) * bins);
    const f0 = this.at(this.sound.f0), loud = this.at(this.sound.loudness);
    pen.strokeStyle = this.css("--own");
    pen.globalAlpha = 0.45;
    if (f0) {
      for (let k = 1; k * f0 < this.frequencies.high; k++) {
        const y = this.frequency(k * f0, box);
        pen.beginPath();
        pen.moveTo(box.x, y);
        pen.lineTo(box.x + box.width, y);
        pen.stroke();
      }
    }
    pen.globalAlpha = 1;
    pen.strokeStyle = this.css("--ink");
    pen.beginPath();
    levels.forEach((level, bin) => {
      const x = box.x + (level / 255) * box.width, y = box.y + box.height * (1 - (bin + 0.5) / bins);
      if (bin) pen.lineTo(x, y); else pen.moveTo(x, y);
    });
    pen.stroke();
    this.readout.textContent = `${now.toFixed(2)} s · ${f0 ? `f0 ${f0.toFixed(1)} Hz` : "no pitch"} · ${loud.toFixed(1)} dB`;
  }
}
