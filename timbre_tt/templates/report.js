"use strict";
{% include "picture.js" %}

const data = JSON.parse(document.getElementById("data").textContent);
const pictures = [];

for (const figure of document.querySelectorAll("figure[data-sound]")) {
  const sound = data.sounds[figure.dataset.sound];
  const audio = figure.querySelector("audio"), seconds = data.seconds[sound.recording];
  const input = data.sounds[sound.input];
  const picture = new Picture(figure, audio, sound, input, seconds, data.frequencies);
  audio.addEventListener("play", () => {
    for (const other of pictures) if (other !== picture) other.audio.pause();
  });
  pictures.push(picture);
}
for (const picture of pictures) {
  picture.input = pictures[picture.sound.input].sound;
  picture.draw();
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  pictures.forEach((picture) => picture.draw());
});

for (const table of document.querySelectorAll("table.sortable")) {
  table.querySelectorAll("th button").forEach((button, column) => {
    button.addEventListener("click", () => {
      const head = button.parentElement, rows = [...table.tBodies[0].rows];
      const first = head.dataset.better === "higher" ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const order = head.getAttribute("aria-sort") === first ? other : first;
      table.querySelectorAll("th").forEach((th) => th.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", order);
      const value = (row) => row.cells[column]?.dataset.value ?? "";
      rows.sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        if (x === "" || y === "") return (x === "") - (y === "");
        const way = order === "ascending" ? 1 : -1;
        return way * (column ? x - y : x.localeCompare(y));
      });
      table.tBodies[0].append(...rows);
    });
  });
}
