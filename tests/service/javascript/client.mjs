// The official JavaScript client, with another base URL and key and nothing else. Prints what it was told, as JSON.
import OpenAI, { toFile } from "openai";

const client = new OpenAI({ baseURL: process.env.BASE_URL, apiKey: process.env.KEY });
const fast = { steps: 1, guidance: 1 };
const told = {};

async function finished(video) {
  while (video.status === "queued" || video.status === "in_progress") {
    await new Promise((resolve) => setTimeout(resolve, 50));
    video = await client.videos.retrieve(video.id);
  }
  return video;
}

async function refusal(promise) {
  try {
    await promise;
    return null;
  } catch (error) {
    return { kind: error.constructor.name, status: error.status, code: error.code, request: Boolean(error.requestID) };
  }
}

const seen = Buffer.from(process.env.SEEN, "base64");
const prompt = "a red ball rolls to the left on grass";
const first = await finished(await client.videos.create({ prompt, size: "48x32", seconds: "0.5", ...fast }));
told.first = first;
const bytes = {};
for (const variant of ["video", "thumbnail", "spritesheet"]) {
  const answer = await client.videos.downloadContent(first.id, { variant });
  bytes[variant] = Buffer.from(await answer.arrayBuffer());
  told[variant] = { type: answer.headers.get("content-type"), head: bytes[variant].subarray(0, 8).toString("latin1") };
}

const still = await toFile(bytes.thumbnail, "still.png");
const moving = await client.videos.create({ prompt: "it rolls", seconds: "0.25", input_reference: still, ...fast });
const inline = { image_url: `data:image/png;base64,${bytes.thumbnail.toString("base64")}` };
const second = await client.videos.create({ prompt: "it rolls", seconds: "0.25", input_reference: inline, ...fast });
const remixed = await client.videos.remix(first.id, { prompt: "a blue ball", ...fast });
const edited = await client.videos.edit({ prompt: "a blue ball", video: await toFile(bytes.video, "a.mp4"), ...fast });
const byId = await client.videos.edit({ prompt: "a green ball", video: { id: first.id }, ...fast });
const longer = await client.videos.extend({ prompt: "it rolls on", seconds: "0.25", video: { id: first.id }, ...fast });
told.others = [];
for (const video of [moving, second, remixed, edited, byId, longer]) told.others.push(await finished(video));

told.listed = [];
for await (const video of client.videos.list({ limit: 2, order: "asc" })) told.listed.push(video.id);

const character = await client.videos.createCharacter({ name: "Rolly", video: await toFile(seen, "ball.png") });
told.character = [character, await client.videos.getCharacter(character.id)];

told.deleted = await client.videos.delete(longer.id);
told.refusals = {
  gone: await refusal(client.videos.retrieve(longer.id)),
  empty: await refusal(client.videos.create({ prompt: "" })),
  words: await refusal(client.videos.create({ prompt: "a beheading in closeup with gore" })),
  nobody: await refusal(client.videos.getCharacter("char_none")),
};
console.log(JSON.stringify(told));
