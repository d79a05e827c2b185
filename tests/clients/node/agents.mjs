// `@openai/agents` over Realtime: a function that the agent calls, a spoken question, and an interruption.
//
// usage: node agents.mjs BASE_URL LONG.wav INTERRUPTION.wav
// The model calls `turn_on_light` for the kitchen first, and then says that the kitchen is lit. LONG asks for a long story, INTERRUPTION for
// the largest ocean.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession, tool } from "@openai/agents/realtime";
import { z } from "zod";

const [baseURL, long, interruption] = process.argv.slice(2);
const RATE = 24_000;

// The samples of a WAV file of 16 bits and one channel, at 24 kHz.
function sound(path) {
  const file = readFileSync(path);
  const rate = file.readUInt32LE(24);
  const data = file.indexOf("data") + 8;
  const count = (file.length - data) >> 1;
  const sample = (place) => file.readInt16LE(data + 2 * Math.min(place, count - 1));
  return Int16Array.from({ length: Math.floor((count * RATE) / rate) }, (_, place) => {
    const at = (place * rate) / RATE;
    const before = Math.floor(at);
    return sample(before) + (at - before) * (sample(before + 1) - sample(before));
  });
}

// Sends at real speed what is put before it, and silence else.
class Microphone {
  waiting = [];

  constructor(session) {
    const begin = performance.now();
    let sent = 0;
    this.timer = setInterval(() => {
      for (; sent < ((performance.now() - begin) / 1000) * 25; sent += 1) {
        const chunk = new Int16Array(RATE / 25);
        chunk.set(this.waiting.splice(0, chunk.length));
        session.sendAudio(chunk.buffer);
      }
    }, 20);
  }

  say(path) {
    this.waiting.push(...sound(path));
  }
}

const lit = [];
const light = tool({
  name: "turn_on_light",
  description: "Turns on the light of a room.",
  parameters: z.object({ room: z.string() }),
  execute: async ({ room }) => {
    lit.push(room);
    return "It is on.";
  },
});
const agent = new RealtimeAgent({ name: "house", instructions: "You look after a house.", tools: [light] });
const transport = new OpenAIRealtimeWebSocket({ url: `${baseURL.replace("http", "ws")}/realtime?model=jane` });
const session = new RealtimeSession(agent, { transport, tracingDisabled: true });

const seen = [];
const waiting = [];
let samples = 0;
let interruptions = 0;
transport.on("*", (event) => {
  seen.push(event);
  for (const wait of waiting.splice(0)) (wait.is(event) ? wait.resolve : (_) => waiting.push(wait))(event);
});
session.on("audio", (event) => (samples += event.data.byteLength / 2));
session.on("audio_interrupted", () => (interruptions += 1));
session.on("error", (error) => {
  console.error("error", JSON.stringify(error, Object.getOwnPropertyNames(error.error ?? {})), error);
  process.exit(1);
});

// The next event of this kind that is not looked at yet.
function wait(kind, is = () => true) {
  const matches = (event) => event.type === kind && is(event);
  return new Promise((resolve) => waiting.push({ is: matches, resolve }));
}

const said = (done) => done.response.output.map((item) => item.content?.[0]?.transcript ?? item.content?.[0]?.text ?? "").join(" ");

await session.connect({ apiKey: "any" });

// The agent's own loop: the function is called here, its result told, and the answer goes on.
const lighting = wait("response.done", (done) => said(done).includes("kitchen is lit"));
session.sendMessage("Turn on the light in the kitchen.");
await lighting;
assert.deepEqual(lit, ["kitchen"]);
console.log("tool", JSON.stringify(lit));

// Spoken, and interrupted. The client cuts what was said where its own loudspeaker is.
const microphone = new Microphone(session);
const created = wait("response.created");
microphone.say(long);
await created;
samples = 0;
while (samples < 2 * RATE) await wait("response.output_audio.delta");
const truncated = wait("conversation.item.truncated");
const cut = wait("response.done", (done) => done.response.status === "cancelled");
const answered = wait("response.done", (done) => done.response.status === "completed");
microphone.say(interruption);
const whole = said(await cut);
const { transcript, audio_end_ms: ms } = await truncated;
assert(interruptions > 0);
assert(whole.startsWith(transcript) && transcript.length < whole.length, JSON.stringify([transcript, whole]));
assert(transcript.split(" ").length >= 3 && ms > 1500, JSON.stringify([transcript, ms]));
assert.match(said(await answered), /Pacific/);
const heard = session.history.filter((item) => item.role === "user").map((item) => item.content[0].transcript ?? item.content[0].text);
assert(heard.some((text) => text?.includes("story")) && heard.some((text) => text?.includes("ocean")), JSON.stringify(heard));
console.log("cut after", ms, "ms:", JSON.stringify(transcript), "heard", JSON.stringify(heard));
clearInterval(microphone.timer);
session.close();
