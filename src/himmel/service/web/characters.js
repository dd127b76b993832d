// Characters: a name for the one thing in a picture or clip, which stands for its looks in later words.
import { useEffect, useState } from "preact/hooks";
import { cast, christen, forget, mention, pose, subject, unfolded } from "./cast.js";
import { html } from "./html.js";
import { Peek, mediumFrom } from "./media.js";
import { Sorry, about } from "./sorry.js";
import { Chooser } from "./timeline.js";
import { t } from "./words.js";

/** The names at hand, as buttons that write them. */
export function Names() {
  if (!cast.value.length) return null;
  const names = [...new Set(cast.value.map((one) => one.name))];
  return html`<div class="names" role="group" aria-label=${t("cast.names")}>
    <span class="quiet" aria-hidden="true">${t("cast.names")}</span>
    ${names.map((name) => html`<button type="button" key=${name} title=${t("cast.mention", { name })}
      aria-label=${t("cast.mention", { name })} onClick=${() => mention(name)}>${name}</button>`)}
  </div>`;
}

/** Where they are made, listed and taken away. */
export function Characters() {
  return html`<details class="cast" open=${unfolded.value} onToggle=${(event) => { unfolded.value = event.currentTarget.open; }}>
    <summary><span>${t("cast.title")}</span> <span class="quiet">${cast.value.length || ""}</span></summary>
    <div class="cast-body">
      <p class="quiet">${t("cast.about")}</p>
      <${Making} />
      ${cast.value.length > 0 && html`<ul class="cast-list" aria-label=${t("cast.list")}>
        ${cast.value.map((one) => html`<${One} key=${one.id} one=${one} />`)}</ul>`}
      <p class="quiet">${t("cast.limits")}</p>
    </div>
  </details>`;
}

function One({ one }) {
  const { words, facts, sure, others } = one.himmel;
  return html`<li class="cast-one">
    <i class=${`swatch ${facts.shape}`} style=${{ "--paint": facts.colour }} aria-hidden="true" />
    <div>
      <p><b dir="auto">${one.name}</b> <span lang="en">${words}</span></p>
      <p class="quiet">${t("cast.sure", { n: Math.min(99, Math.floor(100 * sure)) })}${others.length > 0 && html` · ${t("cast.others")} <span lang="en">${others.join(", ")}</span>`}</p>
    </div>
    <${Forget} one=${one} />
  </li>`;
}

function Forget({ one }) {
  const [sure, setSure] = useState(false);
  const [trouble, setTrouble] = useState(null);
  useEffect(() => {
    const timer = sure && setTimeout(() => setSure(false), 5000);
    return () => clearTimeout(timer);
  }, [sure]);
  const text = t(sure ? "act.delete_sure" : "act.delete");
  return html`<button type="button" class=${sure ? "danger" : "bare"} aria-label=${`${text} (${one.name})`}
      onClick=${() => (sure ? forget(one.id).catch(setTrouble) : setSure(true))}>${text}</button>
    ${trouble && html`<${Sorry} ...${about(trouble)} />`}`;
}

function Making() {
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState(null);
  const medium = subject.value;
  useEffect(() => setTrouble(null), [medium]); // what was said was of another one
  const make = async (event, attested = false) => {
    event?.preventDefault();
    if (busy || !medium || !name.trim()) return;
    setBusy(true);
    setTrouble(null);
    try {
      await christen(name.trim(), attested);
      setName("");
    } catch (error) {
      setTrouble(error);
    }
    setBusy(false);
  };
  const take = async ([file]) => file && pose(await mediumFrom(file));
  return html`<form class="cast-form" aria-label=${t("cast.new")} onSubmit=${make}>
    <div class="given-row">
      ${medium && html`<span class="peek"><${Peek} medium=${medium} /></span><span class="cut-off">${medium.name}</span>
        <button type="button" class="plain" aria-label=${t("cast.unpose", { name: medium.name })} onClick=${() => { subject.value = null; }}>×</button>`}
      ${!medium && html`<${Chooser} label=${t("cast.choose")} onFiles=${take} /><span class="quiet">${t("cast.hint")}</span>`}
    </div>
    <div class="cast-row">
      <label for="cast-name">${t("cast.name")}</label>
      <input id="cast-name" maxlength="40" autocomplete="off" placeholder="Rolly" value=${name} aria-describedby="cast-name-hint"
        onInput=${(event) => setName(event.currentTarget.value)} />
      <button type="submit" disabled=${busy || !medium || !name.trim()}>${t(busy ? "cast.looking" : "cast.make")}</button>
    </div>
    <small id="cast-name-hint" class="quiet">${t("cast.name_hint")}</small>
    ${trouble && html`<${Sorry} ...${about(trouble)} onAttest=${() => make(null, true)} />`}
  </form>`;
}
