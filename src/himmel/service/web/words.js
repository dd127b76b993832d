// What the page says, in the language that was chosen. The texts lie in words/, one file a language.
import { computed, signal } from "@preact/signals";
import { en } from "./words/en.js";
import { sv } from "./words/sv.js";
import { zh } from "./words/zh.js";

export const LANGUAGES = { en: "English", sv: "Svenska", zh: "中文" };
const TEXTS = { en, sv, zh };
const KEPT = "himmel.language";

const first = () => {
  const wanted = [localStorage.getItem(KEPT), ...navigator.languages.map((name) => name.split("-")[0])];
  return wanted.find((name) => name in TEXTS) ?? "en";
};
export const language = signal(first());
const texts = computed(() => TEXTS[language.value]);

export function speak(name) {
  language.value = name;
  localStorage.setItem(KEPT, name);
}

/** The text called `id`, with {names} filled in from `values`. */
export function t(id, values = {}) {
  return (texts.value[id] ?? id).replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

export const has = (id) => id in texts.value;

export const number = (value, digits = 1) =>
  new Intl.NumberFormat(language.value, { maximumFractionDigits: digits }).format(value);
export const seconds = (value) => t("unit.seconds", { n: number(value, value < 10 ? 2 : 0) });

/** How long something will still take, no finer than anybody can know. */
export function soon(value) {
  if (value === null || value === undefined) return t("left.unknown");
  if (value < 1.5) return t("left.moment");
  if (value < 90) return t("left.seconds", { n: Math.round(value < 20 ? value : Math.round(value / 5) * 5) });
  return t("left.minutes", { n: Math.round(value / 60) });
}

export function when(stamp) {
  return new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeStyle: "short" }).format(stamp * 1000);
}

/** What to call a clip. */
export const name = (video) => video.prompt || t(`way.${video.himmel.way}`);

/** A failure in plain words: {text, detail}. detail: what the service itself said, or "". */
export function explain(code, message) {
  if (code === "moderation_blocked") {
    const found = /category: ([\w-]+)|refused as ([\w-]+)/.exec(message ?? "");
    const category = found?.[1] ?? found?.[2];
    const rule = has(`rule.${category}`) ? t(`rule.${category}`) : "";
    return { text: rule ? t("trouble.refused", { rule }) : t("trouble.refused_plain"), detail: message ?? "" };
  }
  if (has(`trouble.${code}`)) return { text: t(`trouble.${code}`), detail: message ?? "" };
  return { text: t("trouble.other"), detail: message ?? "" };
}

/** What a screen reader is told; it stands in a live region. */
export const said = signal({ id: "", values: {} });
export function announce(id, values = {}) {
  said.value = { id, values };
}
