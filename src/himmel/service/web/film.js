// The storyboard: scenes as cards on a time line, cuts between them, pictures and clips at times.
import { html } from "./html.js";
import { Names } from "./characters.js";
import { cards, filmSeconds, scene, scenes, style } from "./draft.js";
import { Field, Tick } from "./fields.js";
import { Peek, take } from "./media.js";
import { Chooser } from "./timeline.js";
import { announce, seconds, t } from "./words.js";

const change = (key, values) => {
  scenes.value = scenes.value.map((one) => (one.key === key ? { ...one, ...values } : one));
};

function move(index, by) {
  const list = [...scenes.value];
  const [one] = list.splice(index, 1);
  list.splice(index + by, 0, one);
  scenes.value = list;
  announce("said.moved", { n: index + by + 1 });
}

function add() {
  scenes.value = [...scenes.value, scene()];
  requestAnimationFrame(() => document.getElementById(scenes.value.at(-1).key)?.focus());
}

export function Film({ over }) {
  const whole = Math.max(filmSeconds.value, 0.1);
  return html`<section class=${`timeline film ${over ? "over" : ""}`} aria-label=${t("film.title")}>
    <div class="film-line" aria-hidden="true">
      ${scenes.value.map((one, i) => html`<button type="button" tabindex="-1" key=${one.key} style=${{ flexGrow: one.seconds }}
        class=${`part made ${i && one.cut ? "cut" : ""}`} onClick=${() => document.getElementById(one.key).focus()}>
        <span>${one.prompt || t("film.scene", { n: i + 1 })}</span></button>`)}
      ${cards.value.map((card) => html`<i key=${card.key} class="pin" style=${{ left: `${(100 * card.at) / whole}%` }}
        ><${Peek} medium=${card.medium} /></i>`)}
    </div>
    <p class="quiet film-total">${t("film.total", { n: scenes.value.length, time: seconds(filmSeconds.value) })}</p>
    <ol class="scenes">${scenes.value.map((one, i) => html`<${Scene} key=${one.key} one=${one} i=${i} count=${scenes.value.length} />`)}</ol>
    <${Names} />
    <div class="given-row">
      <button type="button" onClick=${add}>${t("film.add")}</button>
      <${Chooser} label=${t("film.add_card")} onFiles=${take} multiple />
    </div>
    ${cards.value.length > 0 && html`<ul class="cards">${cards.value.map((card) => html`<${Card} key=${card.key} card=${card} />`)}</ul>`}
    <${Field} label=${t("film.style")} hint=${t("film.style_hint")} value=${style.value} maxlength="500" data-named
      onInput=${(event) => { style.value = event.currentTarget.value; }} />
  </section>`;
}

function Scene({ one, i, count }) {
  const n = i + 1;
  const remove = () => { scenes.value = scenes.value.filter((other) => other.key !== one.key); };
  return html`<li class=${`scene ${i && one.cut ? "cut" : ""}`}>
    ${i > 0 && html`<${Tick} label=${t("film.cut")} value=${one.cut} onChange=${(cut) => change(one.key, { cut })} />`}
    <label class="unseen" for=${one.key}>${t("film.words", { n })}</label>
    <textarea id=${one.key} rows="2" maxlength="2000" dir="auto" value=${one.prompt} placeholder=${t(`film.example${i % 3}`)}
      onInput=${(event) => change(one.key, { prompt: event.currentTarget.value })} />
    <div class="scene-row">
      <label>${t("film.lasts")} <input type="number" min="0.25" max="60" step="0.25" value=${one.seconds} aria-label=${t("film.lasts_label", { n })}
        onChange=${(event) => change(one.key, { seconds: Math.min(60, Math.max(0.25, Number(event.currentTarget.value) || 2)) })} /></label>
      <span class="push" />
      <button type="button" class="plain" disabled=${i === 0} onClick=${() => move(i, -1)} aria-label=${t("film.earlier", { n })}>↑</button>
      <button type="button" class="plain" disabled=${i === count - 1} onClick=${() => move(i, 1)} aria-label=${t("film.later", { n })}>↓</button>
      <button type="button" class="plain" disabled=${count === 1} onClick=${remove} aria-label=${t("film.remove", { n })}>×</button>
    </div>
  </li>`;
}

function Card({ card }) {
  const set = (values) => {
    cards.value = cards.value.map((one) => (one.key === card.key ? { ...one, ...values } : one));
  };
  return html`<li class="card-row">
    <span class="peek"><${Peek} medium=${card.medium} /></span><span class="cut-off">${card.medium.name}</span>
    <label>${t("film.at")} <input type="number" min="0" max="600" step="0.25" value=${card.at}
      aria-label=${t("film.at_label", { name: card.medium.name })}
      onChange=${(event) => set({ at: Math.max(0, Number(event.currentTarget.value) || 0) })} /></label>
    <button type="button" class="plain" aria-label=${t("timeline.remove", { name: card.medium.name })}
      onClick=${() => { cards.value = cards.value.filter((one) => one.key !== card.key); }}>×</button>
  </li>`;
}
