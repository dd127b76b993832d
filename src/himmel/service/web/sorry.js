// Refusals and failures in plain words.
import { html } from "./html.js";
import { explain, t } from "./words.js";

export function Sorry({ code, message }) {
  const { text, detail } = explain(code, message);
  return html`<div class="sorry" role="alert">
    <p>${text}</p>
    ${detail && html`<details open=${code !== "moderation_blocked"}><summary>${t("trouble.detail")}</summary><p class="quiet" lang="en">${detail}</p></details>`}
  </div>`;
}
