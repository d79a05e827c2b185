// The page: press once, and talk.
import { Realtime, bytes } from "./realtime.js";
import { Sound } from "./sound.js";
import * as details from "./details.js";

const find = (id) => document.getElementById(id);
const [stage, state, talk, orb, press, stop, link, panel] = ["stage", "state", "talk", "orb", "press", "stop", "link", "panel"].map(find);
const WORDS = {
  off: "Press once, and talk.",
  listening: "I'm listening.",
  hearing: "…",
  thinking: "Let me think.",
  speaking: "Speak to interrupt.",
};

const realtime = new Realtime();
const sound = new Sound({ heard: (samples) => realtime.hear(samples), level: (level) => (heard_level = level) });
let heard_level = 0;
let is_listening = false;
let response; // the answer that is under way: its line and its text
let question = ""; // what was asked last
const lines = new Map(); // lines of the conversation by the names of their items

// --- the token

const stored = {
  get token() { return localStorage.getItem("jane.token") ?? ""; },
  set token(token) { token ? localStorage.setItem("jane.token", token) : localStorage.removeItem("jane.token"); },
};

async function look() {
  const headers = stored.token ? { Authorization: `Bearer ${stored.token}` } : {};
  const answer = await fetch("jane/state", { headers });
  if (answer.status === 401) {
    stored.token = await ask_for_token();
    return look();
  }
  if (!answer.ok) throw new Error((await answer.json()).error.message);
  const told = await answer.json();
  details.memory(find("memory"), told);
  details.skills(find("skills"), told.skills);
  details.models(find("models"), told);
}

function ask_for_token() {
  const dialog = find("ask");
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(find("token").value.trim()), { once: true });
  });
}

// --- what is seen

function show(now) {
  stage.dataset.stage = now;
  // Who does not listen to her microphone is not told to speak.
  state.textContent = now === "speaking" && !is_listening ? "" : WORDS[now];
  stop.hidden = now !== "speaking" && now !== "thinking";
}

function rest() {
  show(is_listening ? "listening" : "off");
}

function connected(how, text) {
  link.dataset.state = how;
  link.textContent = text;
}

let noticed;
function notice(text) {
  const place = find("notice");
  place.textContent = text;
  place.hidden = false;
  clearTimeout(noticed);
  noticed = setTimeout(() => (place.hidden = true), 8000);
}

function line(kind, item) {
  let made = item && lines.get(item);
  if (!made) {
    made = document.createElement("li");
    made.className = `${kind} open`;
    made.append(document.createElement("span"));
    talk.append(made);
    if (item) lines.set(item, made);
  }
  return made;
}

function write(made, text) {
  made.firstChild.textContent = text;
  talk.scrollTop = talk.scrollHeight;
}

/// Strikes out what of `text` nobody heard.
function strike(made, text, heard) {
  const place = made.firstChild;
  place.textContent = heard;
  const rest = document.createElement("del");
  rest.textContent = text.slice(heard.length);
  rest.setAttribute("aria-label", "not heard");
  place.append(rest);
}

function animate() {
  const level = stage.dataset.stage === "speaking" ? sound.loud() : is_listening ? heard_level : 0;
  orb.style.setProperty("--level", Math.min(1, level * 5).toFixed(3));
  requestAnimationFrame(animate);
}

// --- what happens

const on = {
  "input_audio_buffer.speech_started"({ item_id }) {
    show("hearing");
    line("you", item_id);
  },
  "conversation.item.input_audio_transcription.delta"({ item_id, delta }) {
    const made = line("you", item_id);
    write(made, made.firstChild.textContent + delta);
  },
  "conversation.item.input_audio_transcription.completed"({ item_id, transcript }) {
    const made = line("you", item_id);
    made.classList.remove("open");
    question = transcript;
    if (transcript) write(made, transcript);
    else made.remove();
  },
  "input_audio_buffer.speech_stopped"({ item_id }) {
    // Nothing came of it, unless words follow.
    setTimeout(() => {
      const made = lines.get(item_id);
      if (made?.classList.contains("open") && !made.firstChild.textContent) made.remove();
    }, 500);
    if (!response) rest();
  },
  "response.created"() {
    response = { text: "" };
    show("thinking");
  },
  "response.output_item.added"({ item }) {
    if (item.type === "message" && response) response.line = line("jane", item.id);
  },
  "response.output_audio_transcript.delta"({ delta }) {
    if (!response) return;
    response.text += delta;
    write(response.line, response.text.trimStart());
  },
  "response.output_audio.delta"({ delta }) {
    if (stage.dataset.stage !== "hearing") show("speaking");
    sound.play(bytes(delta));
  },
  "conversation.item.truncated"({ item_id, transcript }) {
    const made = lines.get(item_id);
    if (made && response) strike(made, response.text.trim(), transcript ?? "");
  },
  "response.done"({ response: done }) {
    if (done.status === "cancelled") sound.stop();
    response?.line?.classList.remove("open");
    if (done.status === "failed") notice("There is no answer this time.");
    details.times(find("times"), question, done.metadata ?? {});
    response = undefined;
    if (stage.dataset.stage !== "hearing") rest();
    if (document.body.hasAttribute("data-panel")) look().catch(() => {});
  },
  error({ error }) {
    if (error.code !== "response_cancel_not_active") notice(error.message);
  },
};

realtime.addEventListener("event", ({ detail }) => on[detail.type]?.(detail));
realtime.addEventListener("closed", ({ detail }) => {
  connected("bad", detail ? `closed: ${detail}` : "the connection is gone");
  end();
});

// --- what is done

async function call() {
  await sound.open();
  if (realtime.is_open) return;
  connected("", "connecting …");
  await look();
  await realtime.connect(stored.token);
  connected("on", "connected");
}

async function begin() {
  press.disabled = true;
  try {
    await call();
    await sound.listen();
    is_listening = true;
    press.setAttribute("aria-pressed", "true");
    find("press-text").textContent = "Mute";
    rest();
  } catch (error) {
    connected("bad", "not connected");
    notice(error.name === "NotAllowedError" ? "The microphone was not allowed: allow it in the browser, or write." : error.message);
  } finally {
    press.disabled = false;
  }
}

function end() {
  sound.mute();
  is_listening = false;
  press.setAttribute("aria-pressed", "false");
  find("press-text").textContent = "Talk";
  if (!response) rest();
}

function quiet() {
  realtime.send("response.cancel");
  sound.stop();
}

press.addEventListener("click", () => (is_listening ? end() : begin()));
stop.addEventListener("click", quiet);
find("typed").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = find("text");
  const text = field.value.trim();
  if (!text) return;
  try {
    await call();
  } catch (error) {
    connected("bad", "not connected");
    notice(error.message);
    return;
  }
  field.value = "";
  if (response) quiet();
  question = text;
  const made = line("you");
  made.classList.remove("open");
  write(made, text);
  // An answer that was cut off has to be over first.
  const over = () => (response ? setTimeout(over, 50) : realtime.ask(text));
  over();
});

function toggle_details() {
  const opens = panel.hidden;
  panel.hidden = !opens;
  document.body.toggleAttribute("data-panel", opens);
  find("details").setAttribute("aria-expanded", String(opens));
  if (opens) look().catch((error) => notice(error.message));
}
find("details").addEventListener("click", toggle_details);

const tabs = [...document.querySelectorAll("[role=tab]")];
function choose(tab) {
  for (const other of tabs) {
    const is_chosen = other === tab;
    other.setAttribute("aria-selected", String(is_chosen));
    other.tabIndex = is_chosen ? 0 : -1;
    find(other.getAttribute("aria-controls")).hidden = !is_chosen;
  }
  tab.focus();
}
for (const [index, tab] of tabs.entries()) {
  tab.addEventListener("click", () => choose(tab));
  tab.addEventListener("keydown", ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (step) choose(tabs[(index + step + tabs.length) % tabs.length]);
  });
}

function theme(name) {
  document.documentElement.dataset.theme = name;
  localStorage.setItem("jane.theme", name);
}
const toggle_theme = () => theme(document.documentElement.dataset.theme === "light" ? "dark" : "light");
find("theme").addEventListener("click", toggle_theme);
theme(localStorage.getItem("jane.theme") ?? (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark"));

addEventListener("keydown", (event) => {
  const is_typing = event.target.matches("input");
  if (event.key === "Escape") {
    if (is_typing) event.target.blur();
    else if (!panel.hidden && !response) toggle_details();
    else quiet();
    return;
  }
  if (is_typing || event.ctrlKey || event.metaKey || event.altKey || find("ask").open) return;
  const does = { " ": () => press.click(), i: toggle_details, d: toggle_theme, "/": () => find("text").focus() }[event.key];
  // A button that has the focus is pressed by the space bar itself.
  if (does && !(event.key === " " && event.target.matches("button"))) {
    event.preventDefault();
    does();
  }
});

show("off");
animate();
