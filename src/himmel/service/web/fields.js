// Form fields that several parts of the page share.
import { useId } from "preact/hooks";
import { html } from "./html.js";

/** One of several: real radio buttons, so that arrow keys and screen readers work as everywhere. */
export function Choice({ legend, name, value, options, onChange, seen = false }) {
  return html`<fieldset class="choice">
    <legend class=${seen ? "" : "unseen"}>${legend}</legend>
    ${options.map(([id, label]) => html`<label key=${id}>
      <input type="radio" name=${name} value=${id} checked=${value === id} onChange=${() => onChange(id)} /><span>${label}</span>
    </label>`)}
  </fieldset>`;
}

/** A number on a scale. */
export function Slider({ label, least, most, step, value, shown, onInput }) {
  const id = useId();
  return html`<div class="slider">
    <label for=${id}>${label}</label><output for=${id}>${shown}</output>
    <input id=${id} type="range" min=${least} max=${most} step=${step} value=${value} aria-valuetext=${shown}
      onInput=${(event) => onInput(Number(event.currentTarget.value))} />
  </div>`;
}

/** A field with its name above it. */
export function Field({ label, hint, children, ...props }) {
  const id = useId();
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <input id=${id} aria-describedby=${hint ? `${id}-hint` : undefined} ...${props} />
    ${hint && html`<small id=${`${id}-hint`} class="quiet">${hint}</small>`}
  </div>`;
}

/** On or off. */
export function Tick({ label, value, onChange }) {
  return html`<label class="tick"><input type="checkbox" checked=${value}
    onChange=${(event) => onChange(event.currentTarget.checked)} /><span>${label}</span></label>`;
}
