//! Finds what is meant: talk, something that a tool does, or something that nothing here can do.
//!
//! Each intent has examples, and what was said belongs to the intent whose examples are nearest in meaning (the cosine of their
//! sentence embeddings, [`super::encoder`]) and in words ([`super::wording`]). Tools state examples of what people say for them; talk
//! and what is beyond her come with the program. The nearest example counts most, its neighbours in the same intent some: one odd
//! example alone decides little.
//!
//! Measured over sentences that are none of the examples and that no skill's hook answers: of 87 for tools the nearest is right for 72, and for 68
//! of the 77 where the next one is farther by 0.04; a model of 1.5 billion parameters that chooses among three is right less often, and so it is
//! shown another one only where that is nearly as near. Of 277 sentences of talk a tool is nearer than talk for 27, and by
//! [`POSSIBLE`] for 15, and still for 82 of those for tools; the model and [`super::mood`] see to these.

use std::collections::BTreeMap;
use std::path::Path;

use parking_lot::{Mutex, MutexGuard};
use serde::Deserialize;

use super::encoder::{Embedding, Encoder};
use super::known::Known;
use super::mood;
use super::wording::{Frequencies, Wording, likeness};
use jane_core::Tool;

const TALK: &str = include_str!("examples/talk.txt");
const BEYOND: &str = include_str!("examples/beyond.toml");

/// Tools that a model is shown at once.
const SHORTLIST: usize = 3;

/// The share of the nearest example; the rest is the mean of the nearest three.
const NEAREST: f32 = 0.6;
const NEIGHBOURS: usize = 3;

/// How much nearness in words counts beside that in meaning.
const WORDS: f32 = 0.6;

/// Texts of tools that are embedded while somebody waits.
const AT_ONCE: usize = 64;

/// Nearness below which an example says nothing.
const LEAST: f32 = 0.38;

/// Nearness below which what is beyond her may be something that a tool does after all, and how near that tool has to be to it.
const UNSURE: f32 = 0.62;
const AS_NEAR: f32 = 0.2;

/// How much nearer than talk a tool has to be to be certain, and how much nearer to be thought of.
const CERTAIN: f32 = 0.2;
const POSSIBLE: f32 = 0.05;

/// How much nearer than everything else what is beyond her has to be: nothing is tried then.
const CLEARLY: f32 = 0.04;

/// The same for what is done and not answered, where nothing is asked to be done (a riddle of keys and locks), and for a question about what was
/// spoken of ("did she get a prize for it").
const VERY_CLEARLY: f32 = 0.25;

/// How much farther than the nearest tool another one may be to be shown beside it.
const BESIDE: f32 = 0.05;

/// What was meant, as far as examples tell.
#[derive(Debug, Clone, PartialEq)]
pub enum Route {
    /// Nothing but an answer.
    Talk,
    /// One of these tools, the likeliest first. `certain`: no talk; otherwise it may be talk as well, or beyond her where there is an `otherwise`,
    /// which she says then.
    Tools {
        names: Vec<String>,
        certain: bool,
        otherwise: Option<String>,
    },
    /// Nothing here does that. This is what she says.
    Beyond { answer: String },
}

pub struct Router {
    encoder: Encoder,
    known: Mutex<Known>,
    frequencies: Frequencies,
    talk: Vec<&'static str>,
    beyond: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    answer: String,
    /// Whether it is done, and not only answered.
    #[serde(default)]
    acts: bool,
    /// A tool that does it: the group counts where there is none of that name.
    unless: Option<String>,
    examples: Vec<String>,
}

impl Group {
    /// Whether none of `tools` does it.
    fn counts(&self, tools: &[Tool]) -> bool {
        let Some(does_it) = self.unless.as_deref() else {
            return true;
        };
        let does = |tool: &Tool| {
            // Where two skills use a name, that of the skill stands before it, and this between them.
            let own = tool.name.rsplit_once("__").map(|(_, own)| own);
            own.unwrap_or(&tool.name) == does_it
        };
        !tools.iter().any(does)
    }
}

impl Router {
    /// Embeds the examples that come with the program, as far as they are not kept in the `cache` directory. Blocking.
    ///
    /// # Errors
    /// Where the examples are damaged.
    pub fn new(encoder: Encoder, cache: Option<&Path>) -> Result<Self, String> {
        let groups: BTreeMap<String, Group> =
            toml::from_str(BEYOND).map_err(|error| error.to_string())?;
        let mut frequencies = Frequencies::default();
        let beyond = groups.values().flat_map(|group| &group.examples);
        for text in TALK.lines().chain(beyond.map(String::as_str)) {
            frequencies.add(text);
        }
        let router = Self {
            frequencies,
            known: Mutex::new(Known::open(&encoder, cache)),
            encoder,
            talk: TALK.lines().collect(),
            beyond: groups.into_values().collect(),
        };
        let beyond = router.beyond.iter().flat_map(|group| &group.examples);
        router.learn(
            router
                .talk
                .iter()
                .copied()
                .chain(beyond.map(String::as_str)),
        );
        Ok(router)
    }

    /// Embeds the examples of `tools`. Blocking: some 10 ms for each that is new.
    pub fn learn_tools(&self, tools: &[Tool]) {
        self.learn(tools.iter().flat_map(texts));
    }

    fn learn<'a>(&self, texts: impl Iterator<Item = &'a str>) {
        let mut is_new = false;
        for text in texts {
            if self.known().has(text) {
                continue;
            }
            is_new = true;
            let embedding = self.encoder.embed(text);
            self.known().add(text, embedding);
        }
        if is_new {
            self.known().save();
        }
    }

    /// Embeds what is not known yet of `tools`: those that a client brings along are seen here first.
    fn learn_in_passing(&self, tools: &[Tool]) {
        let unknown: Vec<&str> = {
            let known = self.known();
            let all = tools.iter().flat_map(texts);
            let unknown = all.filter(|text| known.get(text).is_none());
            unknown.take(AT_ONCE).collect()
        };
        for text in unknown {
            let embedding = self.encoder.embed(text);
            self.known().add_passing(text, embedding);
        }
    }

    /// Where `text` belongs. Blocking: some 10 ms, and as much for each example of a tool that is new.
    pub fn route(&self, text: &str, tools: &[Tool]) -> Route {
        self.learn_in_passing(tools);
        let said = self.said(text);
        let known = self.known();
        let scored = self.scored(&said, tools, &known);
        let talk = self.nearness(&said, self.talk.iter().copied(), &known);
        let beyond = self.beyond.iter().filter(|group| group.counts(tools));
        let beyond = beyond.map(|group| {
            let examples = group.examples.iter().map(String::as_str);
            (self.nearness(&said, examples, &known), group)
        });
        let beyond = beyond.max_by(|(one, _), (other, _)| one.total_cmp(other));
        let wants = mood::may_want_it_done(text);
        let tool = scored.first().map_or(0.0, |(score, _)| *score);
        tracing::debug!(
            talk,
            tool,
            beyond = beyond.map(|(score, _)| score),
            nearest = scored.first().map(|(_, name)| name),
            next = scored
                .get(1)
                .map(|(score, name)| format!("{name} {score:.2}")),
            "what was said is routed"
        );
        let is_doubtful = |group: &Group| (group.acts && !wants) || mood::asks_of_others(text);
        let margin = |group: &Group| {
            if is_doubtful(group) {
                VERY_CLEARLY
            } else {
                CLEARLY
            }
        };
        if let Some((score, group)) = beyond
            && score >= LEAST
            && score > talk + margin(group)
            && score > tool + CLEARLY
        {
            let answer = group.answer.clone();
            let may_be_served = score < UNSURE && tool >= LEAST && tool + AS_NEAR > score;
            return match may_be_served {
                true => Route::Tools {
                    names: shortlist(&scored, tool - BESIDE),
                    certain: false,
                    otherwise: Some(answer),
                },
                false => Route::Beyond { answer },
            };
        }
        if tool < LEAST || tool < talk + POSSIBLE {
            return Route::Talk;
        }
        Route::Tools {
            names: shortlist(&scored, tool - BESIDE),
            certain: tool >= talk + CERTAIN,
            otherwise: None,
        }
    }

    /// The tools that are near to `text`, the nearest first. Blocking.
    pub fn near(&self, text: &str, tools: &[Tool]) -> Vec<String> {
        self.learn_in_passing(tools);
        let said = self.said(text);
        let known = self.known();
        let scored = self.scored(&said, tools, &known);
        shortlist(&scored, LEAST)
    }

    fn said(&self, text: &str) -> Said {
        Said {
            meaning: self.encoder.embed(text),
            wording: self.frequencies.wording(text),
        }
    }

    /// How near each of `tools` is, the nearest first.
    fn scored<'a>(&self, said: &Said, tools: &'a [Tool], known: &Known) -> Vec<(f32, &'a str)> {
        let scored = tools
            .iter()
            .map(|tool| (self.nearness(said, texts(tool), known), tool.name.as_str()));
        let mut scored: Vec<_> = scored.collect();
        scored.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        scored
    }

    /// How near `said` is to the nearest of `examples`, and to their nearest neighbours; 0 where none is known.
    fn nearness<'a>(
        &self,
        said: &Said,
        examples: impl Iterator<Item = &'a str>,
        known: &Known,
    ) -> f32 {
        let near = examples.filter_map(|text| {
            let meaning = said.meaning.dot(known.get(text)?);
            let words = likeness(&said.wording, &self.frequencies.wording(text));
            Some(meaning + WORDS * words)
        });
        let mut near: Vec<f32> = near.collect();
        near.sort_by(|one, other| other.total_cmp(one));
        near.truncate(NEIGHBOURS);
        let Some(nearest) = near.first() else {
            return 0.0;
        };
        #[expect(clippy::cast_precision_loss, reason = "there are at most three")]
        let mean = near.iter().sum::<f32>() / near.len() as f32;
        NEAREST * nearest + (1.0 - NEAREST) * mean
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock()
    }
}

/// The names of the nearest few, none of them farther than `least`.
fn shortlist(scored: &[(f32, &str)], least: f32) -> Vec<String> {
    let near = scored.iter().take(SHORTLIST);
    let near = near.filter(|(score, _)| *score >= least);
    near.map(|(_, name)| (*name).to_owned()).collect()
}

/// What was said, as it is compared.
struct Said {
    meaning: Embedding,
    wording: Wording,
}

/// What tells a tool's meaning.
fn texts(tool: &Tool) -> impl Iterator<Item = &str> {
    std::iter::once(tool.description.as_str()).chain(tool.examples.iter().map(String::as_str))
}
