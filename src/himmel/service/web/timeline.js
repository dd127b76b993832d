// The timeline of one clip: what is given stands there as a picture, what will be made as an empty part.
import { useEffect, useState } from "preact/hooks";
import { html } from "./html.js";
import { pose } from "./cast.js";
import { find } from "./jobs.js";
import { at, chosenWay, gap, given, length, region, strength, takeAway, way, ways } from "./draft.js";
import { Peek, mediumFrom, mediumOf, place, take } from "./media.js";
import { Region } from "./region.js";
import { Choice, Slider } from "./fields.js";
import { announce, seconds, t } from "./words.js";

const made = (lasts) => ({ made: true, lasts });
const kept = (medium, lasts = medium.seconds || 2) => ({ medium, lasts });

/** The parts of the clip that is composed, in order. */
function parts() {
  const [first, second] = given.value;
  const lasts = length.value;
  switch (chosenWay.value) {
    case "animate": return at.value > 0
      ? [made(at.value), kept(first, 0.25), made(Math.max(0.25, lasts - at.value))]
      : [kept(first, 0.25), made(lasts)];
    case "after": return [kept(first), made(lasts)];
    case "before": return [made(lasts), kept(first)];
    case "loop": return [kept(first), { ...made(lasts), back: true }];
    case "fill": {
      const [from, to] = gap.value;
      return [kept(first, from), made(to - from), kept(first, Math.max(0, (first.seconds || 2) - to))].filter((one) => one.lasts > 0);
    }
    case "edit": return [{ ...kept(first), changed: true }];
    case "connect": return [kept(first), made(lasts), kept(second)];
    case "picture": return [{ ...made(0), picture: true }];
    case "round": return [{ ...made(lasts), back: true }];
    default: return [made(lasts)];
  }
}

function Part({ part }) {
  const kind = part.changed ? "changed" : part.made ? "made" : "given";
  const text = part.picture ? t("part.picture") : `${t(`part.${kind}`)} · ${seconds(part.lasts)}`;
  return html`<li class=${`part ${kind}`} style=${{ flexGrow: Math.max(part.lasts, 0.3) }}>
    ${part.medium && html`<${Peek} medium=${part.medium} />`}
    <span>${text}${part.back ? " ↺" : ""}</span>
  </li>`;
}

/** Lets files, and clips of the gallery, be dropped anywhere on the page: on the characters, they are to be one. */
export function useDrops() {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const enter = (event) => {
      if (![...event.dataTransfer.types].some((type) => type === "Files" || type === "text/x-himmel")) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
      setOver(true);
    };
    const leave = (event) => event.relatedTarget === null && setOver(false);
    const drop = async (event) => {
      event.preventDefault();
      setOver(false);
      const files = [...event.dataTransfer.files];
      const video = find(event.dataTransfer.getData("text/x-himmel"));
      const cast = event.target.closest?.(".cast");
      if (!video && !files.length) return;
      for (const one of video ? [video] : cast ? files.slice(0, 1) : files) {
        const medium = await (video ? mediumOf(one) : mediumFrom(one));
        if (cast) pose(medium);
        else place(medium);
      }
      if (!cast) announce("said.placed");
    };
    const handlers = { dragover: enter, dragleave: leave, drop };
    for (const [name, handler] of Object.entries(handlers)) addEventListener(name, handler);
    return () => Object.entries(handlers).forEach(([name, handler]) => removeEventListener(name, handler));
  }, []);
  return over;
}

/** A button that opens the file chooser. */
export function Chooser({ label, accept = "image/*,video/*", onFiles, multiple = false }) {
  const taken = (event) => {
    onFiles([...event.currentTarget.files]);
    event.currentTarget.value = "";
  };
  return html`<label class="chooser">
    <input type="file" accept=${accept} multiple=${multiple} onChange=${taken} /><span>${label}</span>
  </label>`;
}

export function Timeline({ over }) {
  const media = given.value;
  return html`<section class=${`timeline ${over ? "over" : ""}`} aria-label=${t("timeline.title")}>
    <ol class="track" aria-label=${t("timeline.track")}>${parts().map((part, i) => html`<${Part} key=${i} part=${part} />`)}</ol>
    <div class="given-row">
      ${media.map((medium, i) => html`<span class="pill" key=${medium.url}>
        <span class="cut-off">${medium.name}</span>
        <button type="button" class="plain" onClick=${() => takeAway(i)} aria-label=${t("timeline.remove", { name: medium.name })}>×</button>
      </span>`)}
      <${Chooser} label=${t(media.length ? "timeline.another" : "timeline.add")} onFiles=${take} multiple />
      ${!media.length && html`<span class="quiet">${t("timeline.hint")}</span>`}
    </div>
    <${Choice} legend=${t("way.legend")} name="way" value=${chosenWay.value} onChange=${(value) => { way.value = value; }}
      options=${ways.value.map((one) => [one, t(`do.${one}`)])} />
    <p class="quiet">${t(`do.${chosenWay.value}.about`)}</p>
    <${Details} />
  </section>`;
}

/** What the chosen way still wants to know. */
function Details() {
  const medium = given.value[0];
  const whole = medium?.seconds || 2;
  const [from, to] = gap.value;
  switch (chosenWay.value) {
    case "picture": return null;
    case "animate": return html`<div class="pair">
      <${Length} onInput=${(value) => { at.value = Math.min(at.value, value); }} />
      <${Slider} label=${t("field.at")} least=${0} most=${length.value} step=${0.25} value=${at.value}
        shown=${seconds(at.value)} onInput=${(value) => { at.value = value; }} />
    </div>`;
    case "fill": return html`<div class="pair">
      <${Slider} label=${t("field.from")} least=${0} most=${whole} step=${0.25} value=${from} shown=${seconds(from)}
        onInput=${(value) => { gap.value = [Math.min(value, to - 0.25), to]; }} />
      <${Slider} label=${t("field.to")} least=${0} most=${whole} step=${0.25} value=${to} shown=${seconds(to)}
        onInput=${(value) => { gap.value = [from, Math.max(value, from + 0.25)]; }} />
    </div>`;
    case "edit": return html`<div>
      <${Region} medium=${medium} />
      ${!region.value && html`<${Slider} label=${t("field.strength")} least=${0.1} most=${1} step=${0.05} value=${strength.value}
        shown=${`${Math.round(strength.value * 100)} %`} onInput=${(value) => { strength.value = value; }} />`}
    </div>`;
    default: return html`<${Length} />`;
  }
}

function Length({ onInput = () => {} }) {
  const set = (value) => {
    length.value = value;
    onInput(value);
  };
  return html`<${Slider} label=${t("field.length")} least=${0.5} most=${10} step=${0.25} value=${length.value}
    shown=${seconds(length.value)} onInput=${set} />`;
}
