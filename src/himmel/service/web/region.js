// The part of the picture that is replaced: drawn with a pointer, or set by numbers.
import { useRef } from "preact/hooks";
import { html } from "./html.js";
import { pixels, region } from "./draft.js";
import { Field, Tick } from "./fields.js";
import { Peek } from "./media.js";
import { t } from "./words.js";

const NAMES = ["left", "top", "width", "height"];
const LEAST = 8;
const between = (value, least, most) => Math.min(most, Math.max(least, Math.round(value)));

/** [left, top, width, height] inside the clip. */
export function inside([left, top, width, height], [wide, high]) {
  const x = between(left, 0, wide - LEAST);
  const y = between(top, 0, high - LEAST);
  return [x, y, between(width, LEAST, wide - x), between(height, LEAST, high - y)];
}

export function Region({ medium }) {
  const frame = useRef(null);
  const from = useRef(null);
  const [wide, high] = pixels.value;
  const box = region.value;
  const place = (event) => {
    const { left, top, width, height } = frame.current.getBoundingClientRect();
    return [((event.clientX - left) / width) * wide, ((event.clientY - top) / height) * high];
  };
  const begin = (event) => {
    event.preventDefault();
    frame.current.setPointerCapture(event.pointerId);
    from.current = place(event);
  };
  const move = (event) => {
    if (!from.current) return;
    const [x0, y0] = from.current;
    const [x1, y1] = place(event);
    region.value = inside([Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0)], [wide, high]);
  };
  const end = () => { from.current = null; };
  const percent = (part, whole) => `${(100 * part) / whole}%`;
  const set = (i) => (event) => {
    const next = [...region.value];
    next[i] = Number(event.currentTarget.value);
    region.value = inside(next, [wide, high]);
  };
  return html`<div class="region">
    <div class="region-frame" ref=${frame} style=${{ aspectRatio: `${wide} / ${high}`, width: `min(100%, ${(22 * wide) / high}rem)` }}
      onPointerDown=${begin} onPointerMove=${move} onPointerUp=${end} onPointerCancel=${end}>
      <${Peek} medium=${medium} />
      ${box && html`<div class="box" style=${{
        left: percent(box[0], wide), top: percent(box[1], high), width: percent(box[2], wide), height: percent(box[3], high),
      }} />`}
    </div>
    <${Tick} label=${t("region.only")} value=${Boolean(box)}
      onChange=${(on) => { region.value = on ? inside([wide / 4, high / 4, wide / 2, high / 2], [wide, high]) : null; }} />
    ${box ? html`<div class="four">${NAMES.map((name, i) => html`<${Field} key=${name} label=${t(`region.${name}`)} type="number"
      min="0" max=${i % 2 ? high : wide} value=${box[i]} onChange=${set(i)} />`)}</div>`
      : html`<p class="quiet">${t("region.hint")}</p>`}
  </div>`;
}
