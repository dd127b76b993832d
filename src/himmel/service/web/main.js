// The studio: puts the parts of the page together.
import { effect } from "@preact/signals";
import { render } from "preact";
import { watchCast } from "./cast.js";
import { Characters } from "./characters.js";
import { Composer } from "./composer.js";
import { Gallery } from "./gallery.js";
import { Head, Notices, looks } from "./head.js";
import { html } from "./html.js";
import { watch } from "./jobs.js";
import { previewWords } from "./preview.js";
import { Stage } from "./stage.js";
import { useDrops } from "./timeline.js";
import { language, said, t } from "./words.js";

function Studio() {
  const over = useDrops();
  const { id, values } = said.value;
  return html`<${Head} />
    <${Notices} />
    <main>
      <div class="side"><${Composer} over=${over} /><${Characters} /></div>
      <${Stage} />
      <${Gallery} />
    </main>
    <footer class="quiet">${t("foot.text")}</footer>
    <div class="unseen" role="status" aria-live="polite">${id && t(id, values)}</div>`;
}

effect(() => {
  document.documentElement.lang = language.value;
  document.documentElement.dataset.looks = looks.value;
});
watch();
watchCast();
previewWords();
render(html`<${Studio} />`, document.getElementById("studio"));
