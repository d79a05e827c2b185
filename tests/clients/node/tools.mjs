// The loop of OpenAI's own client for Node: it calls the function that the model wants, tells what came of it, and has the answer.
//
// usage: node tools.mjs BASE_URL
// The model calls `turn_on_light` for the kitchen, and then says that the kitchen is lit.

import assert from "node:assert/strict";

import OpenAI from "openai";

const client = new OpenAI({ baseURL: process.argv[2], apiKey: "any", maxRetries: 0, timeout: 240_000 });
const lit = [];
const runner = client.chat.completions.runTools({
  model: "jane",
  stream: true,
  messages: [{ role: "user", content: "Turn on the light in the kitchen, please." }],
  tools: [
    {
      type: "function",
      function: {
        name: "turn_on_light",
        description: "Turns on the light of a room.",
        parameters: { type: "object", properties: { room: { type: "string" } }, required: ["room"] },
        parse: JSON.parse,
        function: ({ room }) => {
          lit.push(room);
          return `The light in the ${room} is on.`;
        },
      },
    },
  ],
});
const answer = await runner.finalContent();
assert.deepEqual(lit, ["kitchen"]);
assert.match(answer, /kitchen is lit/);
console.log("tools", JSON.stringify(answer));
