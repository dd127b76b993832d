// What the service knows of our jobs, kept fresh: one is followed live, the others are asked after while any is unfinished.
import { batch, computed, effect, signal } from "@preact/signals";
import * as api from "./api.js";
import { announce, name } from "./words.js";

export const jobs = signal([]); // newest first
export const more = signal(false); // whether older ones were not read yet
export const loaded = signal(false);
export const selected = signal(null);
export const compared = signal([]);
export const server = signal({ state: "loading", detail: "" });
export const needsKey = signal(false);
export const abilities = signal(null);
export const preview = signal({ id: null, url: "" }); // what the job that is followed looks like so far

const PACE = 1500;
const PATIENCE = 2500;
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("himmel") : null;

export const open = (video) => video.status === "queued" || video.status === "in_progress";
export const find = (id) => jobs.value.find((video) => video.id === id) ?? null;
export const chosen = computed(() => jobs.value.find((video) => video.id === selected.value) ?? null);
const followed = computed(() => {
  const left = jobs.value.filter(open);
  return (left.find((video) => video.status === "in_progress") ?? left.at(-1))?.id ?? null;
});

/** Takes in what was told of one job. */
export function put(video) {
  const before = find(video.id);
  if (before && !open(before) && open(video)) return; // an answer that was overtaken
  if (before && open(before) && !open(video)) tell(video);
  jobs.value = before ? jobs.value.map((one) => (one.id === video.id ? video : one)) : [video, ...jobs.value];
}

function tell(video) {
  announce(video.status === "completed" ? "said.done" : "said.failed", { name: name(video) });
}

/** Tells the other tabs that something changed. */
export const share = () => tabs?.postMessage("changed");

/** Reads the newest jobs, and forgets those of them that are gone. */
export async function refresh() {
  try {
    const page = await api.list();
    const known = new Set(page.data.map((video) => video.id));
    const oldest = page.data.at(-1)?.created_at ?? 0;
    const older = page.has_more ? jobs.value.filter((video) => !known.has(video.id) && video.created_at <= oldest) : [];
    batch(() => {
      for (const video of page.data) {
        const before = find(video.id);
        if (before && open(before) && !open(video)) tell(video);
      }
      jobs.value = [...page.data, ...older];
      if (!older.length) more.value = page.has_more;
      loaded.value = true;
      needsKey.value = false;
    });
  } catch (trouble) {
    if (trouble.status === 401) needsKey.value = true;
  }
}

/** Reads the next page of older jobs. */
export async function older() {
  const page = await api.list(jobs.value.at(-1)?.id);
  const known = new Set(jobs.value.map((video) => video.id));
  jobs.value = [...jobs.value, ...page.data.filter((video) => !known.has(video.id))];
  more.value = page.has_more;
}

/** Asks for a job and shows it. path, fields: of the request. Raises api.Trouble. */
export async function order(path, fields) {
  const video = await api.post(path, fields);
  batch(() => {
    put(video);
    compared.value = [];
    selected.value = video.id;
  });
  share();
  announce("said.begun", { name: name(video) });
  return video;
}

export async function stop(id) {
  put(await api.cancel(id));
  share();
}

export async function discard(id) {
  await api.remove(id);
  batch(() => {
    jobs.value = jobs.value.filter((video) => video.id !== id);
    compared.value = compared.value.filter((one) => one !== id);
    if (selected.value === id) selected.value = null;
  });
  share();
}

/** Chooses a clip for the comparison, or no longer; the older of two gives way to a third. */
export function compare(id) {
  const now = compared.value;
  compared.value = now.includes(id) ? now.filter((one) => one !== id) : [...now, id].slice(-2);
}

async function look() {
  const before = server.value;
  const now = await api.readiness();
  if (before.state !== now.state || before.detail !== now.detail) server.value = now;
  if (now.state === "ready" && !abilities.value) {
    abilities.value = await api.capabilities().catch(() => null);
  }
  if (before.state === "unreachable" && now.state !== "unreachable") await refresh();
}

function watchServer() {
  const again = async () => {
    await look();
    setTimeout(again, server.value.state === "ready" ? PATIENCE : PACE);
  };
  again();
}

// Only the tab that is looked at holds a connection open: browsers allow few for one host.
function watchJob() {
  const visible = signal(!document.hidden);
  document.addEventListener("visibilitychange", () => {
    visible.value = !document.hidden;
    if (visible.value) refresh();
  });
  effect(() => {
    const id = visible.value && server.value.state !== "unreachable" ? followed.value : null;
    if (!id) return undefined;
    const end = new AbortController();
    const listen = async () => {
      while (!end.signal.aborted) {
        const look = (job, url) => { preview.value = { id: job, url }; };
        await api.follow(id, (video) => (video ? put(video) : refresh()), look, end.signal).catch(() => {});
        if (!end.signal.aborted) await new Promise((done) => setTimeout(done, PACE));
      }
    };
    listen();
    return () => end.abort();
  });
}

/** Begins. */
export function watch() {
  tabs?.addEventListener("message", refresh);
  refresh();
  watchServer();
  watchJob();
  setInterval(() => {
    if (!document.hidden && jobs.value.some(open)) refresh();
  }, PACE);
}
