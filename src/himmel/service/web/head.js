// The head of the page: language, looks, and how the service is.
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { keepKey } from "./api.js";
import { html } from "./html.js";
import { needsKey, refresh, server } from "./jobs.js";
import { LANGUAGES, language, speak, t } from "./words.js";

const KEPT = "himmel.looks";
export const looks = signal(localStorage.getItem(KEPT) ?? "auto");

export function Head() {
  const set = (event) => {
    looks.value = event.currentTarget.value;
    localStorage.setItem(KEPT, looks.value);
  };
  return html`<header class="head">
    <a class="skip" href="#composer">${t("head.skip")}</a>
    <h1 class="brand"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M2 17a10 10 0 0 1 20 0z" /></svg>himmel</h1>
    <span class=${`health ${server.value.state}`}>${t(`server.${server.value.state}`)}</span>
    <span class="push" />
    <select aria-label=${t("head.looks")} value=${looks.value} onChange=${set}>
      ${["auto", "light", "dark"].map((one) => html`<option key=${one} value=${one}>${t(`looks.${one}`)}</option>`)}
    </select>
    <select aria-label=${t("head.language")} value=${language.value} onChange=${(event) => speak(event.currentTarget.value)}>
      ${Object.entries(LANGUAGES).map(([id, text]) => html`<option key=${id} value=${id} lang=${id}>${text}</option>`)}
    </select>
  </header>`;
}

/** What stands between somebody and a clip, in plain words. */
export function Notices() {
  const { state, detail } = server.value;
  return html`<div class="notices" role="status">
    ${needsKey.value && html`<${KeyForm} />`}
    ${state !== "ready" && html`<p class=${`notice ${state}`}><strong>${t(`server.${state}`)}.</strong> ${t(`server.${state}.about`)}
      ${state === "broken" && html`<br /><span class="quiet" lang="en">${detail}</span>`}</p>`}
  </div>`;
}

function KeyForm() {
  const [value, setValue] = useState("");
  const enter = (event) => {
    event.preventDefault();
    keepKey(value);
    refresh();
  };
  return html`<form class="notice key" onSubmit=${enter}>
    <label for="key">${t("key.label")}</label>
    <input id="key" type="password" autocomplete="off" value=${value} onInput=${(event) => setValue(event.currentTarget.value)} />
    <button class="primary" type="submit">${t("key.enter")}</button>
    <small class="quiet">${t("key.about")}</small>
  </form>`;
}
