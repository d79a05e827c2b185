// Times of turns, memory, skills and models.
const STAGES = [
  ["understood", "heard_ms"],
  ["first word", "first_token_ms"],
  ["first sentence", "first_sentence_ms"],
  ["first sound", "first_audio_ms"],
];

function element(name, kind, text) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  if (text !== undefined) made.textContent = text;
  return made;
}

/// Draws the times of a turn before those of the turns before it.
export function times(place, question, metadata) {
  const value = (key) => (metadata[key] === undefined ? undefined : Number(metadata[key]));
  const known = STAGES.filter(([, key]) => value(key) !== undefined);
  if (known.length === 0) return;
  place.querySelector(".hint")?.remove();
  const over = value("end_of_turn_ms");
  const most = Math.max(over ?? 0, ...known.map(([, key]) => value(key)), 1);
  const turn = element("section", "turn");
  const head = element("h3");
  const sound = value("first_audio_ms");
  head.append(element("span", "", question || "announcement"), element("span", "", sound === undefined ? "" : `${sound} ms`));
  turn.append(head);
  let before = 0;
  for (const [name, key] of known) {
    const row = element("div", "row");
    const track = element("div", "track");
    const bar = element("span");
    const until = value(key);
    bar.style.left = `${(Math.min(before, until) / most) * 100}%`;
    bar.style.width = `${(Math.max(until - before, 0) / most) * 100}%`;
    track.append(bar);
    if (over !== undefined) {
      const mark = element("em");
      mark.title = `the turn counted as over after ${over} ms`;
      mark.style.left = `${(over / most) * 100}%`;
      track.append(mark);
    }
    row.append(element("span", "", name), track, element("b", "", `${until} ms`));
    turn.append(row);
    before = Math.max(before, until);
  }
  const rate = metadata.tokens_per_second;
  const more = [over !== undefined && `turn over after ${over} ms`, Number(rate) > 0 && `${Math.round(rate)} tokens/s`].filter(Boolean);
  turn.append(element("p", "hint", more.join(" · ")));
  place.prepend(turn);
  while (place.children.length > 12) place.lastElementChild.remove();
}

function megabytes(bytes) {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${Math.round(bytes / 1e6)} MB`;
}

function bytes_of(use) {
  return Object.values(use ?? {}).reduce((sum, value) => sum + (typeof value === "number" ? value : 0), 0);
}

function bar(name, used, budget, text) {
  const row = element("div", "row");
  const track = element("div", "track");
  const filled = element("span");
  filled.style.left = "0";
  filled.style.width = `${Math.min(100, budget > 0 ? (used / budget) * 100 : 0)}%`;
  track.append(filled);
  row.append(element("span", "", name), track, element("b", "", text));
  return row;
}

const ROLES = { stt: "hearing", llm: "thinking", tts: "voice" };

export function memory(place, { memory }) {
  const { system, video, engines } = memory;
  const parts = [element("h3", "", "Budget")];
  parts.push(bar("memory", system.used, system.budget, megabytes(system.used)));
  if (video) parts.push(bar("graphics", video.used, video.budget, megabytes(video.used)));
  parts.push(element("p", "hint", `of ${megabytes(system.budget)} that she may take`), element("h3", "", "Engines"));
  const most = Math.max(...engines.map((engine) => bytes_of(engine.measured ?? engine.estimated)), 1);
  for (const engine of engines) {
    const used = bytes_of(engine.measured ?? engine.estimated);
    const card = element("div", "card");
    card.append(element("strong", "", engine.model), bar(ROLES[engine.role] ?? engine.role, used, most, megabytes(used)));
    card.append(element("p", "", engine.loaded ? (engine.busy ? "at work" : "loaded") : "not loaded"));
    parts.push(card);
  }
  place.replaceChildren(...parts);
}

export function skills(place, skills) {
  if (skills.length === 0) {
    place.replaceChildren(element("p", "hint", "She has no skills: they are files in plugins/."));
    return;
  }
  place.replaceChildren(
    ...skills.map((skill) => {
      const card = element("div", "card");
      card.append(element("strong", "", skill.title || skill.skill), element("p", "", skill.description));
      const tags = element("div", "tags");
      tags.append(...skill.tools.map((tool) => element("span", "", tool)));
      tags.append(...skill.may.map((what) => element("span", "may", `may ${what}`)));
      card.append(tags);
      return card;
    }),
  );
}

export function models(place, { models, version }) {
  const names = { stt: "hears with", llm: "thinks with", tts: "speaks with" };
  const cards = Object.entries(names).map(([key, what]) => {
    const card = element("div", "card");
    card.append(element("p", "", what), element("strong", "", models[key]));
    return card;
  });
  place.replaceChildren(...cards, element("p", "hint", `Jane ${version}`));
}
