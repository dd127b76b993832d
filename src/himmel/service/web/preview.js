// What the model will read of the words, asked for a moment after the typing stops.
import { effect, signal } from "@preact/signals";
import * as api from "./api.js";
import { cast } from "./cast.js";
import { board, expand, filled, length, mode, prompt, seedNow } from "./draft.js";
import { server } from "./jobs.js";

const PAUSE = 500;
export const preview = signal(null); // what /v1/videos/previews answered, {trouble}, or null

/** What is asked, or null where there are no words. */
function question() {
  if (!filled.value || server.value.state !== "ready") return null;
  const base = { seed: seedNow.value, expand: expand.value };
  if (mode.value === "film") return { ...base, storyboard: board() };
  const words = prompt.value.trim();
  return words ? { ...base, prompt: words, seconds: Math.min(length.value, 10) } : null;
}

/** Begins. */
export function previewWords() {
  let asked = "";
  effect(() => {
    const fields = question();
    if (!fields) {
      asked = "";
      preview.value = null;
      return undefined;
    }
    const text = JSON.stringify([fields, cast.value.map((one) => one.id)]); // what a name means may have changed
    if (text === asked) return undefined;
    const end = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const told = await api.post("/v1/videos/previews", fields, end.signal);
        asked = text;
        preview.value = told;
      } catch (trouble) {
        if (!end.signal.aborted) preview.value = trouble.status >= 500 || !trouble.status ? null : { trouble };
      }
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      end.abort();
    };
  });
}
