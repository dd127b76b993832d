// Everything that was asked for, newest first.
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { html } from "./html.js";
import { compare, compared, jobs, loaded, more, older, open, selected } from "./jobs.js";
import { Content, Thumbnail, calm, still } from "./media.js";
import { CheckFile } from "./proof.js";
import { name, seconds, t, when } from "./words.js";

const search = signal("");

const found = (video, words) => {
  const text = [name(video), video.himmel.read_as.join(" "), video.himmel.seed, video.size].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
};

export function Gallery() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = jobs.value.filter((video) => found(video, words));
  // Whoever searches means all of them.
  useEffect(() => {
    if (words.length && more.value) older().catch(() => {});
  }, [search.value, jobs.value.length]);
  return html`<section class="gallery" aria-labelledby="gallery-title">
    <div class="gallery-head">
      <h2 id="gallery-title">${t("gallery.title")}</h2>
      <input type="search" aria-label=${t("gallery.search")} placeholder=${t("gallery.search")} value=${search.value}
        onInput=${(event) => { search.value = event.currentTarget.value; }} />
      <span class="push" />
      <${CheckFile} />
    </div>
    ${loaded.value && !shown.length && html`<p class="quiet">${t(words.length ? "gallery.none" : "gallery.empty")}</p>`}
    <ul class="tiles">${shown.map((video) => html`<${Tile} key=${video.id} video=${video} />`)}</ul>
    ${more.value && html`<button type="button" onClick=${() => older().catch(() => {})}>${t("gallery.more")}</button>`}
  </section>`;
}

function Tile({ video }) {
  const [alive, setAlive] = useState(false);
  const done = video.status === "completed";
  const state = open(video) ? t(`state.${video.status}`, { n: video.progress })
    : done ? "" : t(video.error?.code === "cancelled" ? "state.cancelled" : "state.failed");
  const choose = () => {
    compared.value = [];
    selected.value = video.id;
    document.getElementById("stage").scrollIntoView({ block: "nearest" });
  };
  const drag = (event) => event.dataTransfer.setData("text/x-himmel", video.id);
  const current = selected.value === video.id && compared.value.length < 2;
  return html`<li class=${`tile ${video.status} ${current ? "current" : ""}`}
      onPointerEnter=${(event) => event.pointerType === "mouse" && setAlive(true)} onPointerLeave=${() => setAlive(false)}>
    <button type="button" class="tile-button" draggable=${done} onDragStart=${drag} onClick=${choose}
      aria-current=${current ? "true" : undefined} title=${when(video.created_at)}>
      <span class="picture">
        ${done && (alive && !still(video) && !calm() ? html`<${Content} video=${video} label="" controls=${false} />` : html`<${Thumbnail} video=${video} />`)}
        ${!done && html`<span class="state">${state}</span>`}
        ${open(video) && html`<i class="bar" style=${{ width: `${video.progress}%` }} />`}
      </span>
      <span class="tile-name" dir="auto">${name(video)}</span>
    </button>
    <span class="tile-row">
      <span class="quiet">${still(video) ? video.size.replace("x", " × ") : seconds(Number(video.seconds))}</span>
      ${done && html`<label class="tick small"><input type="checkbox" checked=${compared.value.includes(video.id)}
        onChange=${() => compare(video.id)} /><span>${t("act.compare")}<span class="unseen">: ${name(video)}</span></span></label>`}
    </span>
  </li>`;
}
