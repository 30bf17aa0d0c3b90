/** Plays several sounds of one length at once and lets one be heard; like an audio element, for `Picture`. */
class Transport extends EventTarget {
  constructor() {
    super();
    this.sounds = [];
    this.chosen = 0;
    this.duration = 0;
    this.paused = true;
    this.rest = 0;
  }

  add(url) {
    this.sounds.push({ url, buffer: null, gain: null, source: null });
  }

  get currentTime() {
    if (this.paused) return this.rest;
    return Math.min(this.duration, this.context.currentTime - this.begin);
  }

  set currentTime(seconds) {
    const played = !this.paused;
    if (played) this.stop();
    this.rest = Math.max(0, Math.min(seconds, this.duration));
    if (played) this.start();
    this.dispatchEvent(new Event("timeupdate"));
  }

  async load(sound) {
    if (sound.buffer) return;
    const answer = await fetch(sound.url);
    if (!answer.ok) throw new Error("the files of this comparison are gone; press Play it again");
    sound.buffer = await this.context.decodeAudioData(await answer.arrayBuffer());
  }

  async play() {
    this.context ??= new AudioContext();
    await Promise.all([this.context.resume(), ...this.sounds.map((sound) => this.load(sound))]);
    if (this.paused) this.start();
  }

  start() {
    if (this.rest >= this.duration - 0.02) this.rest = 0;
    const when = this.context.currentTime + 0.02;
    this.begin = when - this.rest;
    this.paused = false;
    for (const sound of this.sounds) this.startOne(sound, when, this.rest);
    this.dispatchEvent(new Event("play"));
  }

  startOne(sound, when, from) {
    if (!sound.buffer) return;
    sound.gain = new GainNode(this.context, { gain: sound === this.sounds[this.chosen] ? 1 : 0 });
    sound.source = new AudioBufferSourceNode(this.context, { buffer: sound.buffer });
    sound.source.connect(sound.gain).connect(this.context.destination);
    sound.source.start(when, from);
    const { source } = sound;
    source.onended = () => {
      if (sound.source === source && !this.paused && this.currentTime >= this.duration - 0.05) this.pause(0);
    };
  }

  stop() {
    this.rest = this.currentTime;
    this.paused = true;
    for (const sound of this.sounds) {
      sound.source?.stop();
      sound.source = null;
    }
  }

  pause(rest) {
    if (this.paused) return;
    this.stop();
    this.rest = rest ?? this.rest;
    this.dispatchEvent(new Event("pause"));
    this.dispatchEvent(new Event("timeupdate"));
  }

  /** Lets another be heard from this very moment on, within a hundredth of a second. */
  choose(index) {
    this.chosen = index;
    if (!this.paused) {
      this.sounds.forEach((sound, i) => {
        sound.gain?.gain.setTargetAtTime(i === index ? 1 : 0, this.context.currentTime, 0.003);
      });
    }
    this.dispatchEvent(new Event("choose"));
  }
}

function tag(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

function fileURL(path) {
  const root = window.gradio_config?.root ?? "";
  return `${root}/gradio_api/file=${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** The sounds of one transfer: one player for all, a picture of each. */
class Comparison {
  constructor(id) {
    this.id = id;
    this.transport = new Transport();
    this.figures = [];
    this.button = tag("button", { type: "button", class: "tt-play", "aria-label": "Play" });
    this.seek = tag("input", { type: "range", min: 0, max: 1, step: 0.01, value: 0, "aria-label": "Position" });
    this.time = tag("span", { class: "tt-time" });
    this.problem = tag("p", { class: "tt-problem", role: "alert" });
    this.switches = tag("div", { class: "tt-switches", role: "radiogroup", "aria-label": "What is heard" });
    this.grid = tag("div", { class: "tt-grid" });
    const bar = tag("div", { class: "tt-bar" }, this.button, this.seek, this.time);
    const hint = tag("p", { class: "tt-hint" },
      "Switch while it plays: the music goes on from the same moment (keys: space, 1 to 9). Below each spectrogram, ",
      tag("b", { class: "tt-own" }, "pitch and loudness"), " over those of ",
      tag("b", { class: "tt-input" }, "the input"), ".");
    const panel = tag("div", { class: "tt-panel" }, bar, this.switches, hint, this.problem);
    this.root = tag("div", { class: "tt-comparison", tabindex: 0 }, panel, this.grid);
    this.listen();
  }

  listen() {
    const { transport } = this;
    this.button.addEventListener("click", () => this.toggle());
    this.seek.addEventListener("input", () => { transport.currentTime = Number(this.seek.value); });
    this.root.addEventListener("keydown", (event) => this.key(event));
    for (const name of ["play", "pause", "timeupdate"]) transport.addEventListener(name, () => this.show());
    transport.addEventListener("play", () => this.follow());
    transport.addEventListener("choose", () => this.mark());
  }

  key(event) {
    const index = Number(event.key) - 1;
    if (event.key === " " && !["BUTTON", "A", "INPUT"].includes(event.target.tagName)) {
      event.preventDefault();
      this.toggle();
    } else if (index >= 0 && index < this.figures.length) this.transport.choose(index);
  }

  async toggle() {
    if (!this.transport.paused) return this.transport.pause();
    this.problem.textContent = "";
    try {
      await this.transport.play();
    } catch (error) {
      this.problem.textContent = `It cannot be played: ${error.message}`;
    }
  }

  follow() {
    this.show();
    if (!this.transport.paused && this.root.isConnected) requestAnimationFrame(() => this.follow());
    else if (!this.root.isConnected) this.transport.pause();
  }

  show() {
    const { transport } = this;
    this.button.classList.toggle("tt-playing", !transport.paused);
    this.button.setAttribute("aria-label", transport.paused ? "Play" : "Pause");
    this.seek.value = transport.currentTime;
    this.time.textContent = `${clock(transport.currentTime)} / ${clock(transport.duration)}`;
  }

  mark() {
    const { chosen } = this.transport;
    [...this.switches.children].forEach((button, i) => button.setAttribute("aria-checked", i === chosen));
    this.figures.forEach(({ figure }, i) => figure.classList.toggle("tt-chosen", i === chosen));
  }

  update({ sounds, seconds, frequencies }) {
    this.transport.duration = seconds;
    this.seek.max = seconds;
    sounds.slice(this.figures.length).forEach((sound) => this.add(sound, seconds, frequencies));
    this.show();
    this.mark();
  }

  add(sound, seconds, frequencies) {
    const index = this.figures.length;
    this.transport.add(fileURL(sound.files.flac));
    const choose = tag("button", { type: "button", role: "radio", "aria-checked": false }, sound.label);
    choose.addEventListener("click", () => this.transport.choose(index));
    this.switches.append(choose);
    const links = Object.entries(sound.files).map(([kind, path]) => {
      const name = path.split("/").pop();
      return tag("a", { href: fileURL(path), download: name, class: "tt-file" }, kind === "mid" ? "MIDI" : kind.toUpperCase());
    });
    const caption = tag("figcaption", {}, tag("b", {}, sound.label), tag("small", {}, sound.system ?? ""),
      tag("span", { class: "tt-files" }, "Download ", ...links));
    const notes = sound.notes.map((note) => tag("p", { class: "tt-note" }, note));
    const canvas = tag("canvas", { role: "img", "aria-label": `Spectrogram, pitch and loudness: ${sound.label}` });
    const figure = tag("figure", {}, caption, ...notes, canvas, tag("div", { class: "readout" }));
    this.grid.append(figure);
    const picture = new Picture(figure, this.transport, sound.picture, null, seconds, frequencies);
    this.figures.push({ figure, picture });
    picture.input = this.figures[0].picture.sound;
    if (index === 1) this.transport.choose(1);
  }
}

let comparison = null;

function showComparison() {
  const host = element.querySelector(".tt-host"), { value } = props;
  if (!host) return;
  if (!value) {
    comparison?.transport.pause();
    comparison = null;
    host.replaceChildren();
    return;
  }
  if (comparison?.id !== value.id) {
    comparison?.transport.pause();
    comparison = new Comparison(value.id);
  }
  host.replaceChildren(comparison.root);
  comparison.update(value);
}
watch("value", showComparison);
showComparison();
new MutationObserver(() => comparison?.figures.forEach(({ picture }) => picture.draw()))
  .observe(document.body, { attributes: true, attributeFilter: ["class"] });
