// The clip that is looked at: while it is made, when it is done, or why it is not. Two of them side by side.
import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "./api.js";
import { pose } from "./cast.js";
import { Unknown } from "./composer.js";
import * as draft from "./draft.js";
import { html } from "./html.js";
import { chosen, compare, compared, discard, find, open, order, preview, refresh, stop } from "./jobs.js";
import { Content, mediumOf, place, still } from "./media.js";
import { Badge } from "./proof.js";
import { Sorry, about } from "./sorry.js";
import { name, number, seconds, soon, t } from "./words.js";

const shape = (video) => {
  const [width, height] = video.size.split("x").map(Number);
  return { "--wide": width, "--high": height };
};

export function Stage() {
  const pair = compared.value.map(find).filter(Boolean);
  const video = chosen.value;
  const place = useRef(null);
  // What was pressed may be gone with the clip that it belonged to; the focus stays here instead of getting lost.
  useEffect(() => {
    if (video && document.activeElement === document.body) place.current.focus({ preventScroll: true });
  }, [video?.id]);
  return html`<section id="stage" class="stage" ref=${place} tabindex="-1" aria-label=${t("stage.title")}>
    ${pair.length === 2 ? html`<${Pair} pair=${pair} />` : video ? html`<${One} key=${video.id} video=${video} />` : html`<${Invitation} />`}
  </section>`;
}

function Invitation() {
  const use = (words) => {
    draft.mode.value = "clip";
    draft.prompt.value = words;
    document.getElementById("prompt")?.focus();
  };
  return html`<div class="invitation">
    <h2>${t("hello.title")}</h2>
    <p>${t("hello.text")}</p>
    <ul>${[0, 1, 2, 3].map((i) => html`<li key=${i}>
      <button type="button" onClick=${() => use(t(`hello.example${i}`))}>${t(`hello.example${i}`)}</button></li>`)}</ul>
  </div>`;
}

function One({ video }) {
  return html`<article>
    <div class="screen" style=${shape(video)}>
      ${video.status === "completed" && html`<${Content} video=${video} label=${name(video)} />`}
      ${open(video) && html`<${Making} video=${video} />`}
      ${video.status === "failed" && html`<div class="blank" />`}
    </div>
    <div class="title-row"><h2 dir="auto">${name(video)}</h2>
      ${video.status === "completed" && html`<${Badge} video=${video} />`}</div>
    ${open(video) && html`<${Progress} video=${video} />`}
    ${video.status === "failed" && (video.error?.code === "cancelled"
      ? html`<p class="quiet">${t("stage.cancelled")}</p>`
      : html`<${Sorry} code=${video.error?.code} message=${video.error?.message} />`)}
    <${Facts} video=${video} />
    <${Actions} video=${video} />
  </article>`;
}

function Making({ video }) {
  const { id, url } = preview.value;
  if (id === video.id) return html`<img class="blank" src=${url} alt=${t("stage.preview")} />`;
  return html`<div class=${`blank ${video.status === "in_progress" ? "making" : "waiting"}`} />`;
}

function Progress({ video }) {
  const { stage, position, seconds_left: left } = video.himmel;
  const queued = video.status === "queued";
  const text = queued
    ? position ? t("queue.place", { n: position }) : t("queue.next")
    : `${t(`step.${stage || "starting"}`)} · ${soon(left)}`;
  return html`<div class="progress-row">
    <progress max="100" value=${queued ? 0 : video.progress} aria-label=${t("stage.progress", { name: name(video) })} />
    <span class="tabular">${queued ? "" : `${video.progress} %`}</span>
    <span class="quiet">${text}</span>
    <button type="button" onClick=${() => stop(video.id).catch(refresh)}>${t("stage.cancel")}</button>
  </div>`;
}

function Facts({ video }) {
  const { settings, seed, way, read_as: read, unknown, asked } = video.himmel;
  const facts = [t(`way.${way}`), video.size.replace("x", " × ")];
  if (!still(video)) facts.push(seconds(Number(video.seconds)));
  facts.push(t("more.steps", { n: number(settings.steps) }), t("more.seed", { n: seed }));
  return html`<div class="facts">
    <p class="quiet">${facts.join(" · ")}</p>
    <${Unknown} phrases=${unknown} />
    ${asked?.size && html`<p class="quiet">${t("facts.asked", { size: asked.size })}</p>`}
    ${read.length > 0 && html`<details><summary>${t("facts.read")}</summary>
      ${read.map((words, i) => html`<p key=${i} class="read">${words}</p>`)}</details>`}
  </div>`;
}

function Actions({ video }) {
  const [form, setForm] = useState(false);
  const [trouble, setTrouble] = useState(null);
  const done = video.status === "completed";
  const repeat = draft.again(video);
  const attempt = (work) => async () => {
    setTrouble(null);
    try {
      await work();
    } catch (error) {
      setTrouble(error);
    }
  };
  const use = async () => {
    place(await mediumOf(video));
    document.getElementById("composer").scrollIntoView({ block: "nearest" });
  };
  return html`<div class="actions" role="group" aria-label=${t("stage.actions")}>
      ${done && html`<${Download} video=${video} attempt=${attempt} />`}
      ${!open(video) && repeat && html`<button type="button" title=${t("act.vary_about")}
        onClick=${attempt(() => order(repeat.path, repeat.fields))}>${t(done ? "act.vary" : "act.again")}</button>`}
      ${done && !still(video) && html`<button type="button" aria-expanded=${form} onClick=${() => setForm(!form)}>${t("act.remix")}</button>`}
      ${done && html`<button type="button" title=${t("act.use_about")} onClick=${attempt(use)}>${t("act.use")}</button>`}
      ${done && html`<button type="button" title=${t("act.cast_about")} onClick=${attempt(async () => pose(await mediumOf(video)))}>${t("act.cast")}</button>`}
      <button type="button" title=${t("act.reuse_about")} onClick=${() => draft.reuse(video)}>${t("act.reuse")}</button>
      ${done && html`<button type="button" aria-pressed=${compared.value.includes(video.id)}
        onClick=${() => compare(video.id)}>${t("act.compare")}</button>`}
      ${done && html`<${Recipe} video=${video} attempt=${attempt} />`}
      <${Discard} video=${video} attempt=${attempt} />
    </div>
    ${compared.value.length === 1 && html`<p class="quiet" role="status">${t("compare.second")}</p>`}
    ${form && html`<${Remix} video=${video} onDone=${() => setForm(false)} />`}
    ${trouble && html`<${Sorry} ...${about(trouble)} onAttest=${attempt(() => order(repeat.path, { ...repeat.fields, attest_likeness: true }))} />`}`;
}

function Remix({ video, onDone }) {
  const [words, setWords] = useState(video.prompt ?? "");
  const [strength, setStrength] = useState(0.6);
  const [trouble, setTrouble] = useState(null);
  const field = useRef(null);
  useEffect(() => field.current.focus(), []);
  const make = async (event, attested = false) => {
    event?.preventDefault();
    try {
      const fields = { prompt: words.trim(), strength, ...(attested ? { attest_likeness: true } : {}) };
      await order(`/v1/videos/${video.id}/remix`, fields);
      onDone();
    } catch (error) {
      setTrouble(error);
    }
  };
  return html`<form class="remix" onSubmit=${make}>
    <label for="remix-words">${t("remix.label")}</label>
    <textarea id="remix-words" ref=${field} rows="2" maxlength="2000" dir="auto" value=${words} onInput=${(event) => setWords(event.currentTarget.value)} />
    <div class="make-row">
      <label>${t("field.strength")} <input type="range" min="0.1" max="1" step="0.05" value=${strength}
        aria-valuetext=${`${Math.round(strength * 100)} %`} onInput=${(event) => setStrength(Number(event.currentTarget.value))} /></label>
      <button class="primary" type="submit" disabled=${!words.trim()}>${t("remix.make")}</button>
    </div>
    ${trouble && html`<${Sorry} ...${about(trouble)} onAttest=${() => make(null, true)} />`}
  </form>`;
}

/** Saves a file, fetched with the key where there is one. */
async function save(blob, called) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = called;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function Download({ video, attempt }) {
  const fetchAndSave = async () => save(await api.content(video.id, "video"), `${video.id}.${still(video) ? "png" : "mp4"}`);
  return html`<button type="button" title=${t("act.download_about")} onClick=${attempt(fetchAndSave)}>${t("act.download")}</button>`;
}

function Recipe({ video, attempt }) {
  const fetchAndSave = async () => save(new Blob([JSON.stringify(await api.recipe(video.id), null, 2)]), `${video.id}.json`);
  return html`<button type="button" class="bare" title=${t("act.recipe_about")} onClick=${attempt(fetchAndSave)}>${t("act.recipe")}</button>`;
}

function Discard({ video, attempt }) {
  const [sure, setSure] = useState(false);
  useEffect(() => {
    const timer = sure && setTimeout(() => setSure(false), 5000);
    return () => clearTimeout(timer);
  }, [sure]);
  const press = () => (sure ? attempt(() => discard(video.id))() : setSure(true));
  return html`<button type="button" class=${sure ? "danger" : "bare"} onClick=${press}>${t(sure ? "act.delete_sure" : "act.delete")}</button>`;
}

function Pair({ pair }) {
  const players = useRef([]);
  const together = () => players.current.filter(Boolean).forEach((player) => {
    player.currentTime = 0;
    player.play();
  });
  const rows = [
    ["compare.words", name], ["field.seed", (video) => video.himmel.seed], ["field.size", (video) => video.size.replace("x", " × ")],
    ["field.steps", (video) => video.himmel.settings.steps], ["field.guidance", (video) => video.himmel.settings.guidance],
    ["compare.length", (video) => seconds(Number(video.seconds))],
  ];
  return html`<div class="pair-view">
    <h2>${t("compare.title")}</h2>
    <div class="two">${pair.map((video, i) => html`<figure key=${video.id}>
      <div class="screen" style=${shape(video)}><${Content} video=${video} label=${name(video)} onElement=${(element) => { players.current[i] = element; }} /></div>
      <figcaption>${"AB"[i]}</figcaption></figure>`)}</div>
    <div class="actions">
      <button type="button" onClick=${together}>${t("compare.together")}</button>
      <button type="button" onClick=${() => { compared.value = []; }}>${t("compare.end")}</button>
    </div>
    <table><caption class="unseen">${t("compare.table")}</caption>
      <thead><tr><td /><th scope="col">A</th><th scope="col">B</th></tr></thead>
      <tbody>${rows.map(([label, of]) => html`<tr key=${label} class=${of(pair[0]) === of(pair[1]) ? "same" : "other"}>
        <th scope="row">${t(label)}</th><td>${of(pair[0])}</td><td>${of(pair[1])}</td></tr>`)}</tbody>
    </table>
  </div>`;
}
