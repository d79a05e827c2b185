// OpenAI's own client for Node against Jane: chat whole, streamed and with tools, transcriptions of what browsers and telephones record, speech.
//
// usage: node openai_v1.mjs BASE_URL RECORDING.webm RECORDING.mp3 STT_MODEL LLM_MODEL

import assert from "node:assert/strict";
import { File } from "node:buffer";
import { createReadStream } from "node:fs";

import OpenAI, { toFile } from "openai";

// Node has it as a global since version 20.
globalThis.File ??= File;

const [baseURL, webm, mp3, stt, llm] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: "any", maxRetries: 0, timeout: 240_000 });
const question = { role: "user", content: "What is the capital of France?" };

async function models() {
  const names = [];
  for await (const model of client.models.list()) names.push(model.id);
  assert.equal(names[0], "jane");
  assert(names.includes(stt) && names.includes(llm), String(names));
}

async function chat() {
  const whole = await client.chat.completions.create({ model: "jane", messages: [question] });
  assert.match(whole.choices[0].message.content, /Paris/);
  assert.equal(whole.choices[0].finish_reason, "stop");
  const stream = client.chat.completions.stream({
    model: "jane",
    messages: [question],
    stream_options: { include_usage: true },
  });
  let pieces = "";
  let count = 0;
  for await (const chunk of stream) {
    pieces += chunk.choices[0]?.delta.content ?? "";
    count += 1;
  }
  const final = await stream.finalChatCompletion();
  assert.equal(final.choices[0].message.content, pieces);
  assert.match(pieces, /Paris/);
  assert(count > 2 && final.usage.completion_tokens > 0, JSON.stringify(final));
  console.log("chat", JSON.stringify(pieces), count, "chunks");
}

const light = {
  name: "turn_on_light",
  description: "Turns on the light of a room.",
  parameters: {
    type: "object",
    properties: { room: { type: "string", enum: ["kitchen", "hall"] } },
    required: ["room"],
  },
};

async function tools() {
  const stream = client.chat.completions.stream({
    model: "jane",
    messages: [{ role: "user", content: "Turn on the light in the kitchen, please." }],
    tools: [{ type: "function", function: light }],
    tool_choice: "required",
  });
  const whole = await stream.finalChatCompletion();
  const [call] = whole.choices[0].message.tool_calls;
  assert.equal(whole.choices[0].finish_reason, "tool_calls");
  assert.equal(call.function.name, "turn_on_light");
  assert(["kitchen", "hall"].includes(JSON.parse(call.function.arguments).room), JSON.stringify(call));
  console.log("tools", call.function.arguments);
}

async function transcriptions() {
  const heard = {};
  for (const path of [webm, mp3]) {
    const { text } = await client.audio.transcriptions.create({ model: stt, file: createReadStream(path) });
    assert.match(text, /capital.*France/, path);
    heard[path.split(".").pop()] = text;
  }
  const stream = await client.audio.transcriptions.create({ model: stt, file: createReadStream(webm), stream: true });
  let text = "";
  let last;
  for await (const event of stream) {
    if (event.type === "transcript.text.delta") text += event.delta;
    last = event;
  }
  assert.equal(last.type, "transcript.text.done");
  assert.equal(last.text, text);
  console.log("heard", JSON.stringify(heard));
}

async function speech() {
  const input = "The capital of France is Paris.";
  const response = await client.audio.speech.create({ model: "jane", voice: "jane", input, response_format: "opus" });
  const opus = Buffer.from(await response.arrayBuffer());
  assert.equal(opus.subarray(0, 4).toString(), "OggS");
  const { text } = await client.audio.transcriptions.create({ model: stt, file: await toFile(opus, "a.ogg") });
  assert.match(text, /capital.*Paris/);
  const pcm = await client.audio.speech.create({ model: "jane", voice: "jane", input, response_format: "pcm" });
  const seconds = (await pcm.arrayBuffer()).byteLength / 2 / 24_000;
  assert(seconds > 1 && seconds < 6, String(seconds));
  console.log("spoken", seconds.toFixed(2), "s");
}

async function refusals() {
  await assert.rejects(client.chat.completions.create({ model: "other", messages: [question] }), OpenAI.NotFoundError);
  await assert.rejects(client.chat.completions.create({ model: "jane", messages: [] }), OpenAI.BadRequestError);
}

for (const part of [models, chat, tools, transcriptions, speech, refusals]) await part();
