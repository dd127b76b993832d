// The characters that the service knows of ours, and the medium that the next one is read from.
import { effect, signal } from "@preact/signals";
import * as api from "./api.js";
import { loaded, needsKey, server } from "./jobs.js";
import { announce } from "./words.js";

export const cast = signal([]); // newest first
export const subject = signal(null); // a medium as on the timeline, or null
export const unfolded = signal(false); // whether the part of the page about characters is open

const tabs = "BroadcastChannel" in window ? new BroadcastChannel("himmel.cast") : null;
let field = null; // the words that were written in last

async function refresh() {
  const told = await api.characters().catch(() => null);
  if (told) cast.value = told.data;
}

/** Chooses what the next character is read from, and shows where it gets its name. */
export function pose(medium) {
  subject.value = medium;
  unfolded.value = true;
  requestAnimationFrame(() => document.getElementById("cast-name")?.focus());
}

/** Makes one of the chosen medium. attested: whether all agree who can be recognised in it. Raises api.Trouble. */
export async function christen(name, attested = false) {
  const { id, file, kind } = subject.value;
  const video = file ?? new File([await api.content(id, "video")], kind === "still" ? "still.png" : "clip.mp4");
  const made = await api.post("/v1/videos/characters", { name, video, ...(attested ? { attest_likeness: true } : {}) });
  cast.value = [made, ...cast.value];
  subject.value = null;
  tabs?.postMessage("changed");
  announce("said.christened", { name: made.name, words: made.himmel.words });
}

export async function forget(id) {
  await api.removeCharacter(id);
  cast.value = cast.value.filter((one) => one.id !== id);
  tabs?.postMessage("changed");
}

/** Puts a name into the words, where the cursor stood last. */
export function mention(name) {
  const into = field?.isConnected ? field : document.querySelector("#composer textarea");
  const { selectionStart: from, selectionEnd: to, value } = into;
  const apart = /[\p{L}\p{N},.;:!?]$/u.test(value.slice(0, from)) ? " " : "";
  into.setRangeText(`${apart}${name}`, from, to, "end");
  into.dispatchEvent(new Event("input", { bubbles: true }));
  into.focus();
}

/** Begins. */
export function watchCast() {
  tabs?.addEventListener("message", refresh);
  addEventListener("focusin", ({ target }) => {
    if (target.matches?.("#composer textarea, #composer [data-named]")) field = target;
  });
  effect(() => {
    if (loaded.value && !needsKey.value && server.value.state !== "unreachable") refresh();
  });
}
