// What is being composed, and how it becomes a request. The ways differ in what of the clip is given and what is made.
import { batch, computed, effect, signal } from "@preact/signals";
import { abilities } from "./jobs.js";

let keys = 0;
const chance = () => Math.floor(Math.random() * 2 ** 31);

export const mode = signal("clip"); // or "film"
export const prompt = signal("");
export const given = signal([]); // up to two media: {kind: "still" | "clip", name, file or id, url, width, height, seconds}
export const way = signal("make");
export const length = signal(2); // seconds that are made
export const at = signal(0); // when a still is seen
export const gap = signal([0.5, 1.5]);
export const region = signal(null); // [left, top, width, height] in pixels of the clip
export const strength = signal(0.6);
export const size = signal(""); // "" is the usual one, or that of the medium
export const seed = signal(""); // "" is a new one each time
export const drawn = signal(chance());
export const steps = signal(4);
export const drafts = signal(4);
export const readerGuidance = signal(0.1);
export const guidance = signal(3);
export const expand = signal(true);
export const scenes = signal([scene(), scene()]);
export const style = signal("");
export const cards = signal([]); // {key, medium, at}

export function scene(words = "", lasts = 2, cut = false) {
  keys += 1;
  return { key: `scene${keys}`, prompt: words, seconds: lasts, cut };
}

/** What open weights of the service are used to: {size, fps, steps, guidance, seconds}; null for himmel's own model. */
export const usual = computed(() => abilities.value?.model?.usual ?? null);
effect(() => {
  if (!usual.value) return;
  batch(() => {
    steps.value = usual.value.steps;
    guidance.value = usual.value.guidance;
    length.value = usual.value.seconds;
  });
});

export const SHAPES = { square: [128, 128], landscape: [224, 128], portrait: [128, 224] };
export const STEPS = { least: 4, most: 60 };
export const WAYS = {
  none: ["make", "round", "picture"],
  still: ["animate"],
  clip: ["after", "before", "loop", "fill", "edit"],
  two: ["connect"],
};

/** Which ways fit what is given. */
export const ways = computed(() => {
  const [first, second] = given.value;
  return WAYS[!first ? "none" : second ? "two" : first.kind];
});
export const chosenWay = computed(() => (ways.value.includes(way.value) ? way.value : ways.value[0]));
export const seedNow = computed(() => (/^\d{1,18}$/.test(seed.value) ? Number(seed.value) : drawn.value));

/** [width, height] of what will be made. Large media are made smaller, since himmel's model knows small pictures. */
export const pixels = computed(() => {
  if (size.value) return size.value.split("x").map(Number);
  if (usual.value) return usual.value.size.split("x").map(Number);
  const medium = mode.value === "clip" ? given.value[0] : null;
  if (!medium?.width) return SHAPES.square;
  return fitted(medium.width, medium.height);
});

function fitted(width, height) {
  if (width <= 256 && height <= 256 && width % 2 === 0 && height % 2 === 0) return [width, height];
  const scale = 128 / Math.min(width, height);
  return [width, height].map((side) => Math.min(256, Math.max(16, Math.round((side * scale) / 16) * 16)));
}

export const filmSeconds = computed(() => scenes.value.reduce((sum, one) => sum + one.seconds, 0));
export const filled = computed(() => {
  if (mode.value === "film") return scenes.value.every((one) => one.prompt.trim());
  return Boolean(prompt.value.trim()) || ["after", "before", "loop", "fill", "connect"].includes(chosenWay.value);
});

/** Puts a medium on the timeline: a second clip connects to the first, anything else takes its place. */
export function give(medium) {
  batch(() => {
    const [first, second] = given.value;
    given.value = first && !second && first.kind === "clip" && medium.kind === "clip" ? [first, medium] : [medium];
    region.value = null;
    if (medium.seconds) gap.value = [medium.seconds / 4, (medium.seconds * 3) / 4].map((x) => Math.round(x * 4) / 4);
    if (given.value.length === 2) length.value = 1;
  });
}

export function takeAway(index) {
  given.value = given.value.filter((_, i) => i !== index);
  region.value = null;
}

function settings() {
  const known = abilities.value?.sizes?.most ?? 1920;
  const sides = pixels.value.every((side) => side <= known) ? pixels.value.join("x") : undefined;
  const walk = { steps: steps.value, drafts: drafts.value, reader_guidance: readerGuidance.value, guidance: guidance.value };
  return { seed: seedNow.value, ...walk, expand: expand.value, size: sides };
}

const medium = (name, one) => (one.id ? { [`${name}[id]`]: one.id } : { [name]: one.file });

/** {path, fields} of what is composed. attested: whether all agree who can be recognised in what is given. */
export function request(attested = false) {
  const { path, fields } = composed();
  return { path, fields: attested ? { ...fields, attest_likeness: true } : fields };
}

function composed() {
  if (mode.value === "film") return filmRequest();
  const base = { prompt: prompt.value.trim(), ...settings() };
  const [first, second] = given.value;
  const lasts = length.value;
  switch (chosenWay.value) {
    case "picture": return { path: "/v1/videos/images", fields: base };
    case "round": return { path: "/v1/videos", fields: { ...base, seconds: lasts, loop: true } };
    case "animate":
      return { path: "/v1/videos", fields: { ...base, seconds: lasts, at: at.value, ...medium("input_reference", first) } };
    case "after":
    case "before": {
      const backward = chosenWay.value === "before";
      return { path: "/v1/videos/extensions", fields: { ...base, seconds: lasts, backward, ...medium("video", first) } };
    }
    case "loop": return { path: "/v1/videos/loops", fields: { ...base, seconds: lasts, ...medium("video", first) } };
    case "fill": return { path: "/v1/videos/fills", fields: { ...base, gaps: [gap.value], ...medium("video", first) } };
    case "edit": {
      const how = region.value ? { region: region.value } : { strength: strength.value };
      return { path: "/v1/videos/edits", fields: { ...base, ...how, ...medium("video", first) } };
    }
    case "connect": {
      const media = { ...medium("first", first), ...medium("second", second) };
      return { path: "/v1/videos/connections", fields: { ...base, seconds: lasts, ...media } };
    }
    default: return { path: "/v1/videos", fields: { ...base, seconds: lasts } };
  }
}

export function board() {
  return {
    style: style.value.trim(),
    scenes: scenes.value.map((one, i) => ({
      prompt: one.prompt.trim(), seconds: one.seconds, cut: i > 0 && one.cut,
    })),
  };
}

function filmRequest() {
  const files = {};
  const placed = cards.value.map((card, i) => {
    if (!card.medium.id) files[`media[m${i}]`] = card.medium.file;
    return { [card.medium.kind === "still" ? "still" : "video"]: card.medium.id ?? `m${i}`, at: card.at };
  });
  const storyboard = { ...board(), ...(placed.length ? { cards: placed } : {}) };
  return { path: "/v1/videos/storyboards", fields: { ...settings(), storyboard, ...files } };
}

/** A new seed for the next clip, where none was set. */
export function draw() {
  drawn.value = chance();
}

/** {path, fields} that make a clip again from another seed, or null where its media are not at hand any more. */
export function again(video) {
  const { way: how, settings: told } = video.himmel;
  const { steps, guidance, solver, cache, drafts, reader_guidance, expand, fps } = told;
  const walk = { steps, guidance, solver, cache, drafts, reader_guidance };
  const base = { prompt: video.prompt, seed: chance(), ...walk, expand, fps, size: video.size };
  if (how === "generate") return { path: "/v1/videos", fields: { ...base, seconds: told.seconds, loop: told.loop ?? false } };
  if (how === "image") return { path: "/v1/videos/images", fields: base };
  if (video.remixed_from_video_id) {
    const { size: _, fps: __, ...rest } = base;
    return { path: `/v1/videos/${video.remixed_from_video_id}/remix`, fields: rest };
  }
  if (how === "storyboard" && !told.storyboard?.cards?.length) {
    const { prompt: _, ...rest } = base;
    return { path: "/v1/videos/storyboards", fields: { ...rest, storyboard: told.storyboard } };
  }
  return null;
}

/** Takes words and settings of a clip over; its media have to be given again. */
export function reuse(video) {
  const { way: how, seed: sown, settings: told } = video.himmel;
  batch(() => {
    seed.value = String(sown);
    size.value = video.size;
    steps.value = told.steps;
    drafts.value = told.drafts ?? 1;
    readerGuidance.value = told.reader_guidance ?? 0;
    guidance.value = told.guidance;
    expand.value = told.expand;
    if (how === "storyboard") {
      mode.value = "film";
      style.value = told.storyboard.style ?? "";
      scenes.value = told.storyboard.scenes.map((one) => scene(one.prompt, one.seconds ?? 2, Boolean(one.cut)));
      cards.value = [];
    } else {
      mode.value = "clip";
      prompt.value = video.prompt ?? "";
      if (told.seconds) length.value = told.seconds;
      way.value = how === "image" ? "picture" : told.loop ? "round" : "make";
      given.value = [];
    }
  });
}
