// Pictures and clips: those that the service has, and files that somebody drops here.
import { useEffect, useState } from "preact/hooks";
import * as api from "./api.js";
import { html } from "./html.js";
import { mode, give, cards } from "./draft.js";

/** An address for what the service has. With a key it has to be fetched, since elements cannot send one. */
export function useContent(id, variant) {
  const keyed = Boolean(api.key.value);
  const [url, setUrl] = useState(null);
  useEffect(() => {
    if (!keyed) return undefined;
    let made = null;
    let gone = false;
    api.content(id, variant).then((blob) => {
      if (gone) return;
      made = URL.createObjectURL(blob);
      setUrl(made);
    }, () => {});
    return () => {
      gone = true;
      if (made) URL.revokeObjectURL(made);
      setUrl(null);
    };
  }, [id, variant, keyed]);
  return keyed ? url : api.contentUrl(id, variant);
}

export const still = (video) => video.himmel.way === "image";
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** The thumbnail of a finished clip. */
export function Thumbnail({ video, alt = "" }) {
  const url = useContent(video.id, "thumbnail");
  return url && html`<img src=${url} alt=${alt} loading="lazy" />`;
}

/** A finished clip, or picture. */
export function Content({ video, label, onElement, controls = true }) {
  const url = useContent(video.id, "video");
  if (!url) return null;
  if (still(video)) return html`<img class="content" src=${url} alt=${label} />`;
  return html`<video class="content" key=${url} ref=${onElement} src=${url} aria-label=${label} controls=${controls}
    loop muted playsinline autoplay=${!calm()} tabindex="0" />`;
}

/** The medium on the timeline for a finished clip of ours. */
export async function mediumOf(video) {
  const [width, height] = video.size.split("x").map(Number);
  const url = api.key.value
    ? URL.createObjectURL(await api.content(video.id, "video"))
    : api.contentUrl(video.id, "video");
  const kind = still(video) ? "still" : "clip";
  return { kind, id: video.id, name: video.prompt || video.id, url, width, height, seconds: Number(video.seconds) };
}

/** The medium for a file; sizes are 0 where this browser cannot read it, which does not mean that the service cannot. */
export function mediumFrom(file) {
  const url = URL.createObjectURL(file);
  const base = { file, name: file.name, url, width: 0, height: 0, seconds: 0 };
  return new Promise((done) => {
    if (file.type.startsWith("image/") && file.type !== "image/gif") {
      const image = new Image();
      const tell = () => done({ ...base, kind: "still", width: image.naturalWidth, height: image.naturalHeight });
      image.onload = tell;
      image.onerror = tell;
      image.src = url;
      return;
    }
    const video = document.createElement("video");
    video.preload = "metadata";
    video.onloadedmetadata = () => {
      const seconds = Number.isFinite(video.duration) ? video.duration : 0;
      done({ ...base, kind: "clip", width: video.videoWidth, height: video.videoHeight, seconds });
    };
    video.onerror = () => done({ ...base, kind: "clip" });
    video.src = url;
  });
}

let cardKeys = 0;
/** Takes in files, in the order given: on the timeline of a clip, or as cards of a film. */
export async function take(files) {
  for (const file of files) place(await mediumFrom(file));
}

export function place(medium) {
  if (mode.value === "film") {
    cardKeys += 1;
    cards.value = [...cards.value, { key: `card${cardKeys}`, medium, at: 0 }];
  } else give(medium);
}

/** A small picture of a medium. */
export function Peek({ medium }) {
  return medium.kind === "still"
    ? html`<img src=${medium.url} alt="" />`
    : html`<video src=${medium.url} muted preload="metadata" tabindex="-1" aria-hidden="true" />`;
}
