// Refusals and failures in plain words.
import { useState } from "preact/hooks";
import { html } from "./html.js";
import { Tick } from "./fields.js";
import { explain, t } from "./words.js";

/** What `Sorry` is told of an api.Trouble. */
export const about = ({ code, message, param }) => ({ code, message, param });

/** What went wrong. onAttest: asks again, with the word of the visitor that all agree whose faces are in their media. */
export function Sorry({ code, message, param, onAttest }) {
  const { text, detail } = explain(code, message);
  const face = onAttest && param === "attest_likeness";
  return html`<div class="sorry" role="alert">
    <p>${face ? t("face.found") : text}</p>
    ${face && html`<${Attest} onAttest=${onAttest} />`}
    ${detail && html`<details open=${code !== "moderation_blocked"}><summary>${t("trouble.detail")}</summary><p class="quiet" lang="en">${detail}</p></details>`}
  </div>`;
}

function Attest({ onAttest }) {
  const [agreed, setAgreed] = useState(false);
  return html`<div class="attest">
    <${Tick} label=${t("face.agree")} value=${agreed} onChange=${setAgreed} />
    <button type="button" disabled=${!agreed} onClick=${onAttest}>${t("face.go_on")}</button>
    <small class="quiet">${t("face.about")}</small>
  </div>`;
}
