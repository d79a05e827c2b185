//! The place that was spoken of: "what time is it there?", "and in Paris?".

use jane_skill::{TurnId, prelude::*};
use phrase::{Said, Word};
use serde::{Deserialize, Serialize};

use crate::places;

/// The key that it is kept by.
const SPOKEN_OF: &str = "spoken-of";

/// Turns for which "there" is that place.
const TURNS: TurnId = 6;

/// Words before the name of a place.
const BEFORE: &[&str] = &["in", "to", "from", "at", "visiting", "near", "around", "visited", "visit", "saw", "love"];

/// Words of the longest name.
const LONGEST: usize = 3;

#[derive(Serialize, Deserialize)]
struct Kept {
    place: String,
    turn: TurnId,
    /// Whether the time was asked for, or where, in the turn before: then a place alone goes on from that.
    asked: bool,
}

/// What is kept of earlier turns, and what is said in this one.
pub struct SpokenOf {
    kept: Option<Kept>,
    turn: TurnId,
}

impl SpokenOf {
    pub fn new(turn: TurnId) -> Result<SpokenOf, Failure> {
        let kept = kv::get::<Kept>(SPOKEN_OF).unwrap_or_default();
        Ok(SpokenOf { kept: kept.filter(|kept| kept.turn < turn && turn <= kept.turn + TURNS), turn })
    }

    fn place(&self) -> Option<&str> {
        self.kept.as_ref().map(|kept| kept.place.as_str()).filter(|place| !place.is_empty())
    }

    /// The whole question of one that leaves out what was said before; `None` where it does not, and `Some(None)` where nothing was.
    pub fn whole(&self, text: &str) -> Option<Option<String>> {
        let said = Said::new(text);
        const THERE: &[&str] = &[
            "what time is it [over|right] there [now|right now|currently]", "what is the [local|current] time [over] there",
            "what time is it in that (place|city|town|country)",
            "(what|which) (day|date|weekday|day of the week) is it [over] there [now|today]", "what is the date [over] there",
            "is it [already|still] (night|morning|afternoon|evening|day|dark|tomorrow) [over] there",
            "what time do they have [there|over there]", "and [over] there",
        ];
        if said.is(THERE) {
            return Some(self.place().map(|place| {
                match said.first(&["is it [already|still] {part} [over] there"]).and_then(|slots| slots.form("part")) {
                    Some(part) => format!("is it {part} in {place}"),
                    None if said.has(&["day", "date", "weekday"]) => {
                        format!("what day is it in {place}")
                    }
                    None => format!("what time is it in {place}"),
                }
            }));
        }
        // `would they be asleep there`: of people elsewhere, where one was spoken of.
        const THEY: &[&str] = &[
            "(would|will|are|might|must) (they|people|everyone|everybody) [still|already|all] [be] [still|all] (asleep|awake|up|in bed|at work|sleeping|working|having lunch|having dinner) [over] there [right now|now]",
            "is it [still|already] (too late|too early) to (ring|call|phone|text|message|wake) [{who}] [over] there",
            "have (they|people) (had|eaten) (lunch|breakfast|dinner) [yet] [over] there [yet]",
        ];
        if said.is(THEY) {
            return Some(Some(format!("what time is it in {}", self.place()?)));
        }
        if said.is(&[
            "how (far|many hours) (ahead|behind) (are they|is it|is that) [of us]",
            "how (far|many hours) are they (ahead|behind) [of us]",
        ]) {
            return Some(Some(format!("how many hours ahead is {}", self.place()?)));
        }
        let asked = self.kept.as_ref().is_some_and(|kept| kept.asked && self.turn <= kept.turn + 2);
        if !asked {
            return None;
        }
        let slots = said.first(&["(what about|how about|and what about) [in|over in] {place}", "(in|over in) {place}"]);
        let begun = |text: &str| text.trim_start().to_lowercase().starts_with("and ");
        let named = match &slots {
            Some(slots) => slots.text("place")?,
            // `Paris`, in answer to where; `and Paris`
            None if self.place().is_none() || begun(text) => {
                said.words().first().zip(said.words().last()).and_then(|(first, last)| text.get(first.place.start..last.place.end))?
            }
            None => return None,
        };
        places::find(named).map(|_| Some(format!("what time is it in {named}")))
    }

    /// Keeps the place that was named in what was said, and whether it was asked for the time there.
    pub fn keep(self, text: &str, asked: bool) -> Result<(), Failure> {
        let place = named(text);
        let before = self.place().map(str::to_owned);
        match (place, before) {
            (None, None) if !asked => match self.kept {
                Some(_) => kv::delete(SPOKEN_OF),
                None => Ok(()),
            },
            (place, before) => {
                // A place that is spoken of on and on stays the one that is meant.
                let turn = if place.is_some() || asked { self.turn } else { self.kept.map_or(self.turn, |kept| kept.turn) };
                kv::set(SPOKEN_OF, &Kept { place: place.or(before).unwrap_or_default(), turn, asked })
            }
        }
    }
}

/// The last place that is named in what was said.
fn named(text: &str) -> Option<String> {
    let words = phrase::split(text);
    if words.len() > 40 {
        return None;
    }
    let is_capital = |word: &Word| text.get(word.place.start..).is_some_and(|rest| rest.starts_with(char::is_uppercase));
    let lower = !words.iter().skip(1).any(is_capital);
    (1..words.len()).rev().find_map(|at| {
        let before = words.get(at - 1).filter(|word| BEFORE.contains(&word.form.as_str()))?;
        // Names have capitals, unless nothing has.
        let first = words.get(at).filter(|word| (lower || is_capital(word)) && !before.pause)?;
        (1..=LONGEST).rev().find_map(|count| {
            let last = words.get(at + count - 1)?;
            let name = text.get(first.place.start..last.place.end)?;
            places::find(name).map(|_| name.to_owned())
        })
    })
}
