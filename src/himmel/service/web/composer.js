// Where a clip or a film is composed and ordered.
import { useEffect, useState } from "preact/hooks";
import { html } from "./html.js";
import { Names } from "./characters.js";
import * as draft from "./draft.js";
import { Choice, Field, Slider, Tick } from "./fields.js";
import { Film } from "./film.js";
import { order, server } from "./jobs.js";
import { preview } from "./preview.js";
import { Timeline } from "./timeline.js";
import { Sorry, about } from "./sorry.js";
import { number, seconds, t } from "./words.js";

const SIZES = ["64x64", "96x96", "128x128", "192x128", "224x128", "128x192", "128x224", "256x144", "256x256"];

export function Composer({ over }) {
  const [trouble, setTrouble] = useState(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => setTrouble(null), [draft.given.value, draft.cards.value]); // what was said was of other media
  const make = async (event, attested = false) => {
    event?.preventDefault();
    if (busy || !draft.filled.value) return;
    setBusy(true);
    setTrouble(null);
    try {
      const { path, fields } = draft.request(attested);
      await order(path, fields);
      draft.draw();
      document.getElementById("stage").scrollIntoView({ block: "nearest" });
    } catch (error) {
      setTrouble(error);
    }
    setBusy(false);
  };
  const keys = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) make(event);
  };
  const film = draft.mode.value === "film";
  return html`<form class="composer" id="composer" aria-label=${t("composer.title")} onSubmit=${make} onKeyDown=${keys}>
    <${Choice} legend=${t("mode.legend")} name="mode" value=${draft.mode.value}
      options=${[["clip", t("mode.clip")], ["film", t("mode.film")]]} onChange=${(value) => { draft.mode.value = value; }} />
    ${film ? html`<${Film} over=${over} />` : html`<${Clip} over=${over} />`}
    <${Reading} />
    <${More} film=${film} />
    ${trouble && html`<${Sorry} ...${about(trouble)} onAttest=${() => make(null, true)} />`}
    <div class="make-row">
      <button class="primary" type="submit" disabled=${busy || !draft.filled.value || server.value.state === "unreachable"}>
        ${busy ? t("make.busy") : t(film ? "make.film" : draft.chosenWay.value === "picture" ? "make.picture" : "make.clip")}
      </button>
      <small class="quiet">${t("make.keys")}</small>
    </div>
  </form>`;
}

function Clip({ over }) {
  return html`<div class="field">
      <label class="question" for="prompt">${t("prompt.label")}</label>
      <textarea id="prompt" rows="3" maxlength="2000" dir="auto" placeholder=${t("prompt.example")} value=${draft.prompt.value}
        onInput=${(event) => { draft.prompt.value = event.currentTarget.value; }} />
      <${Names} />
    </div>
    <${Timeline} over=${over} />`;
}

/** What the model will read, and what of it it does not know. */
function Reading() {
  const told = preview.value;
  return html`<div class="reading" aria-live="polite">
    ${told?.trouble && html`<${Sorry} ...${about(told.trouble)} />`}
    ${told && !told.trouble && html`<div>
      <h3>${t("reading.title")}</h3>
      ${told.read_as.map((words, i) => html`<p key=${i} class="read">${told.read_as.length > 1 && html`<b>${i + 1}</b> `}${words}</p>`)}
      <${Unknown} phrases=${told.unknown} />
    </div>`}
  </div>`;
}

export function Unknown({ phrases }) {
  if (!phrases.length) return null;
  return html`<p class="unknown">${t("reading.unknown")} ${phrases.map((one) => html`<mark key=${one}>${one}</mark> `)}</p>`;
}

/** A size lying and standing. */
const turned = (size) => [size, size.split("x").reverse().join("x")];

function More({ film }) {
  const [width, height] = draft.pixels.value;
  const medium = !film && draft.given.value[0];
  const summary = [
    `${width} × ${height}`,
    film ? seconds(draft.filmSeconds.value) : null,
    t("more.steps", { n: number(draft.steps.value) }),
    draft.seed.value ? t("more.seed", { n: draft.seed.value }) : t("more.new_seed"),
  ].filter(Boolean).join(" · ");
  const sizes = draft.usual.value ? turned(draft.usual.value.size) : SIZES;
  const listed = draft.size.value && !sizes.includes(draft.size.value) ? [draft.size.value, ...sizes] : sizes;
  const set = (name) => (value) => { draft[name].value = value; };
  return html`<details class="more">
    <summary><span>${t("more.title")}</span> <span class="quiet">${summary}</span></summary>
    <div class="more-fields">
      <div class="field">
        <label for="size">${t("field.size")}</label>
        <select id="size" value=${draft.size.value} onChange=${(event) => set("size")(event.currentTarget.value)}>
          <option value="">${medium && !draft.usual.value ? t("size.as_given", { size: `${width} × ${height}` }) : t("size.usual", { size: (draft.usual.value?.size ?? "128x128").replace("x", " × ") })}</option>
          ${listed.map((one) => html`<option key=${one} value=${one}>${one.replace("x", " × ")}</option>`)}
        </select>
        <small class="quiet">${t("size.hint")}</small>
      </div>
      <${Field} label=${t("field.seed")} hint=${t("seed.hint")} inputmode="numeric" pattern="[0-9]*" maxlength="18"
        value=${draft.seed.value} placeholder=${t("more.new_seed")} onInput=${(event) => set("seed")(event.currentTarget.value.replace(/\D/g, ""))} />
      <${Slider} label=${t("field.steps")} least=${draft.STEPS.least} most=${draft.STEPS.most} step=${1} value=${draft.steps.value}
        shown=${number(draft.steps.value)} onInput=${set("steps")} />
      ${!draft.usual.value && html`<${Slider} label=${t("field.drafts")} least=${1} most=${16} step=${1} value=${draft.drafts.value}
        shown=${number(draft.drafts.value)} onInput=${set("drafts")} />
      <${Slider} label=${t("field.reader_guidance")} least=${0} most=${0.2} step=${0.02} value=${draft.readerGuidance.value}
        shown=${number(draft.readerGuidance.value, 2)} onInput=${set("readerGuidance")} />`}
      <${Slider} label=${t("field.guidance")} least=${1} most=${8} step=${0.5} value=${draft.guidance.value}
        shown=${number(draft.guidance.value)} onInput=${set("guidance")} />
      <${Tick} label=${t("field.expand")} value=${draft.expand.value} onChange=${set("expand")} />
    </div>
  </details>`;
}
