// Everything that is asked of the service. Speaks HTTP only, to the host that sent this page.
import { signal } from "@preact/signals";

const KEY = "himmel.key";
export const key = signal(sessionStorage.getItem(KEY) ?? "");

/** Remembers an API key until the tab is closed. */
export function keepKey(value) {
  key.value = value.trim();
  sessionStorage.setItem(KEY, key.value);
}

/** What went wrong. status: of HTTP, 0 where the service could not be reached. param: the field that it is about. */
export class Trouble extends Error {
  constructor(status, code, message, param = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = param;
  }
}

const auth = () => (key.value ? { authorization: `Bearer ${key.value}` } : {});

async function ask(path, options = {}) {
  let reply;
  try {
    reply = await fetch(path, { ...options, headers: { ...auth(), ...options.headers } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble(0, "unreachable", "");
  }
  if (reply.ok) return reply;
  const told = await reply.json().catch(() => ({}));
  throw new Trouble(reply.status, told.error?.code ?? `status_${reply.status}`, told.error?.message ?? reply.statusText, told.error?.param);
}

const json = async (path, options) => (await ask(path, options)).json();

/** A form: files stay files, lists and tables become JSON, what is null or undefined is left out. */
export function formOf(fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === undefined || value === "") continue;
    if (value instanceof Blob) form.append(name, value);
    else form.append(name, typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  return form;
}

export const post = (path, fields, signal) => json(path, { method: "POST", body: formOf(fields), signal });

const video = (id) => `/v1/videos/${encodeURIComponent(id)}`;
export const list = (after, limit = 60) =>
  json(`/v1/videos?limit=${limit}${after ? `&after=${encodeURIComponent(after)}` : ""}`);
export const retrieve = (id) => json(video(id));
export const cancel = (id) => json(`${video(id)}/cancel`, { method: "POST" });
export const remove = (id) => json(video(id), { method: "DELETE" });
export const recipe = (id) => json(`${video(id)}/recipe`);
export const capabilities = () => json("/v1/capabilities");
export const characters = () => json("/v1/videos/characters");
export const removeCharacter = (id) => json(`/v1/videos/characters/${encodeURIComponent(id)}`, { method: "DELETE" });
export const contentUrl = (id, variant = "video") => `${video(id)}/content?variant=${variant}`;
export const content = async (id, variant) => (await ask(contentUrl(id, variant))).blob();
export const verify = (file) => post("/v1/videos/verifications", { file });

/** Whether clips can be made now: {state: "ready" | "loading" | "broken" | "unreachable", detail}. */
export async function readiness() {
  try {
    const reply = await fetch("/readyz", { cache: "no-store" });
    if (reply.ok) return { state: "ready", detail: "" };
    const text = (await reply.text()).trim();
    return { state: text === "loading" ? "loading" : "broken", detail: text };
  } catch {
    return { state: "unreachable", detail: "" };
  }
}

/**
 * Calls onVideo(video) at every change of a job until it ends, and onPreview(id, url) with pictures of how far it is.
 * Server-sent events, read by fetch so that a key can go along.
 */
export async function follow(id, onVideo, onPreview, signal) {
  const reply = await ask(`${video(id)}/events`, { signal });
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      const data = event.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5)).join("\n");
      if (!data) continue;
      const told = JSON.parse(data);
      if (told.picture) onPreview(told.id, told.picture);
      else onVideo(told.id ? told : null);
    }
  }
}
