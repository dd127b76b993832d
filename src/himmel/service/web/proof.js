// What a file says of itself: the signed manifest, and what it proves and what not.
import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "./api.js";
import { html } from "./html.js";
import { still } from "./media.js";
import { Sorry, about } from "./sorry.js";
import { Chooser } from "./timeline.js";
import { has, t, when } from "./words.js";

/** Opens a dialog with what the signed manifest of a clip says. */
export function Badge({ video }) {
  const [shown, setShown] = useState(false);
  const fetchFile = async () => {
    const blob = await api.content(video.id, "video");
    return new File([blob], `${video.id}.${still(video) ? "png" : "mp4"}`, { type: blob.type });
  };
  return html`<button type="button" class="badge" title=${t("proof.badge_about")} onClick=${() => setShown(true)}>${t("proof.badge")}</button>
    ${shown && html`<${Proof} find=${fetchFile} onClose=${() => setShown(false)} />`}`;
}

/** Lets any file be checked. */
export function CheckFile() {
  const [file, setFile] = useState(null);
  return html`<${Chooser} label=${t("proof.check")} onFiles=${(files) => setFile(files[0] ?? null)} />
    ${file && html`<${Proof} find=${async () => file} onClose=${() => setFile(null)} />`}`;
}

function Proof({ find, onClose }) {
  const dialog = useRef(null);
  const [told, setTold] = useState(null);
  const [trouble, setTrouble] = useState(null);
  useEffect(() => {
    dialog.current.showModal();
    find().then(api.verify).then(setTold, setTrouble);
  }, []);
  return html`<dialog ref=${dialog} class="proof" aria-labelledby="proof-title" onClose=${onClose}>
    <h2 id="proof-title">${t("proof.title")}</h2>
    ${trouble && html`<${Sorry} ...${about(trouble)} />`}
    ${!told && !trouble && html`<p class="quiet" role="status">${t("proof.looking")}</p>`}
    ${told && html`<${Verdict} told=${told} />`}
    <form method="dialog"><button class="primary">${t("proof.close")}</button></form>
  </dialog>`;
}

function Verdict({ told }) {
  const actions = told.actions.map((one) => (has(`action.${one}`) ? t(`action.${one}`) : one)).join(", ");
  const kinds = { trainedAlgorithmicMedia: t("proof.artificial"), compositeWithTrainedAlgorithmicMedia: t("proof.composite") };
  const rows = [
    ["proof.maker", told.maker], ["proof.model", told.model && `${told.model} (${told.model_hash.slice(0, 12)}…)`],
    ["proof.when", told.when && when(Date.parse(told.when) / 1000)], ["proof.actions", actions], ["proof.kind", kinds[told.source] ?? told.source],
    ["proof.signer", told.signer], ["proof.certificate", told.certificate], ["proof.recipe", told.recipe && `${told.recipe.slice(0, 16)}…`],
    ["proof.sources", told.sources.map((one) => one.name).join(", ")],
  ].filter(([, value]) => value);
  return html`<p class=${`verdict ${told.state}`}><strong>${t(`verdict.${told.state}`)}</strong> ${t(`verdict.${told.state}.about`)}</p>
    ${told.problems.length > 0 && html`<ul>${told.problems.map((one) => html`<li key=${one} lang="en">${one}</li>`)}</ul>`}
    <dl>${rows.map(([label, value]) => html`<div key=${label}><dt>${t(label)}</dt><dd>${value}</dd></div>`)}</dl>
    ${told.state !== "missing" && html`<p class="quiet">${t("proof.limits")}</p>`}`;
}
