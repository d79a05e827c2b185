//! Why somebody asks, behind what they ask for: "nudge me in an hour and a half so I can move the car", "stop the timer, it's ready". A reason is
//! no request, and what is asked for is done all the same.

use phrase::Word;

use crate::{
    command::{Command, New, one},
    heard::Heard,
    names, reader::Reader,
    ring::Kind,
    setting, several, spoken_when,
    target::noun,
    unclear::VERBS,
};

/// What a reason begins with.
const BECAUSE: &[&str] = &[
    "because", "cause", "cos", "cuz", "since", "as i", "as we", "as it", "as the", "as my", "as there", "in case", "otherwise", "or else", "seeing as", "while i",
    "while we", "while the",
];
const SO: &[&str] = &["so", "so that", "in order that"];
/// What comes between these and what is to be done then.
const ABLE: &[&str] = &[
    "can", "could", "may", "will", "would", "know to", "remember to", "do not forget to", "will not forget to", "have time to", "get to", "get round to",
    "can go and", "can then", "get a chance to", "am able to", "will remember to", "can remember to",
];

/// What one tells or asks an assistant besides.
const MORE_VERBS: &[&str] = &[
    "tell", "play", "call", "remind", "wake", "open", "read", "show", "give", "find", "look", "order", "text", "message", "write", "buy", "dim", "close",
    "lock", "unlock", "say", "sing", "explain", "translate", "note", "take", "help", "ask", "get", "book", "email", "what", "how", "who", "where", "why", "which",
    "is", "are", "does", "did", "another",
];
const ASKS: &[&str] = &[
    "please", "also", "then", "and", "maybe", "jane", "can you", "could you", "would you", "will you", "i want you to", "i would like you to", "i need you to",
];
/// What a statement begins with.
const SUBJECTS: &[&str] = &["i", "we", "he", "she", "they", "it", "this", "that", "there", "you", "everything", "everyone", "everybody", "somebody", "someone", "nobody"];
const FINITE: &[&str] = &["is", "are", "was", "were", "am", "has", "have", "had", "will", "would", "looks", "smells", "feels"];
const DONE: &[&str] = &["done", "ready", "finished", "cooked", "in", "out", "on", "over", "gone", "boiled", "baked", "burnt", "already", "all", "just"];

/// What is asked for where the rest says why.
pub fn reasoned(heard: &Heard) -> Option<Vec<Command>> {
    let words = heard.words();
    (2..words.len()).find_map(|at| {
        let (first, rest) = words.split_at_checked(at)?;
        let reason = Reason::read(rest)?;
        let about_these = rest.iter().any(|word| noun(&word.form).is_some() || word.form == "another");
        if about_these && is_request(rest, false) {
            return None;
        }
        // `tell me` is a nudge here, and not only polite.
        let command = one(&several::part(heard, first)?).or_else(|| setting::set(first, heard.text()).map(Command::Set))?;
        with(command, &reason, heard).map(|command| vec![command])
    })
}

/// A reason, as it is said.
enum Reason<'w> {
    /// What somebody can do then: "so I can move the car".
    Can(&'w [Word]),
    /// What is so: "because the plumber is coming".
    Is(&'w [Word]),
    /// "to check the bread"
    To,
    Other,
}

impl<'w> Reason<'w> {
    fn read(words: &'w [Word]) -> Option<Reason<'w>> {
        let mut reader = Reader::new(words);
        if reader.eat(SO) {
            let able = reader.eat(&["i", "we"]) && reader.eat(ABLE);
            return (!reader.is_over()).then(|| if able { Reason::Can(reader.rest()) } else { Reason::Other });
        }
        if reader.eat(&["because", "cause", "cos", "cuz", "since"]) {
            return (!reader.is_over()).then(|| Reason::Is(reader.rest()));
        }
        if reader.eat(BECAUSE) || reader.eat(&["in order to"]) {
            return (!reader.is_over()).then_some(Reason::Other);
        }
        let acts = reader.eat(&["to"]) && spoken_when::read(reader.rest(), true).is_none() && reader.number().is_none();
        (acts && reader.word(0).len() > 1).then_some(Reason::To)
    }

    /// What is to be remembered of it.
    fn label(&self, text: &str) -> Option<String> {
        match self {
            Reason::Can(words) | Reason::Is(words) => (words.len() <= 12).then(|| names::label(words, text)),
            Reason::To | Reason::Other => None,
        }
    }
}

/// The command with its reason: it is what a reminder is of.
fn with(command: Command, reason: &Reason, heard: &Heard) -> Option<Command> {
    match command {
        Command::Set(new) if new.is_whole() => {
            let nudges = new.kind == Kind::Timer && Reader::new(heard.words()).eat(setting::NUDGES);
            if matches!(reason, Reason::To) && new.kind != Kind::Timer {
                return None;
            }
            let label = reason.label(heard.text()).filter(|label| new.label.is_empty() && !label.is_empty());
            let new = match label {
                Some(label) if nudges || new.kind == Kind::Reminder => New { kind: Kind::Reminder, label, ..new },
                Some(label) if new.kind == Kind::Alarm && matches!(reason, Reason::Can(_)) => New { label, ..new },
                _ => new,
            };
            Some(Command::Set(new))
        }
        Command::Act(..) if !matches!(reason, Reason::To) => Some(command),
        _ => None,
    }
}

/// Whether these words behind a request ask for something. `joined`: by "and", so that they may leave out the verb.
pub fn is_request(words: &[Word], joined: bool) -> bool {
    let begins = |at: usize| at.checked_sub(1).and_then(|before| words.get(before)).is_none_or(|word| word.pause || matches!(word.form.as_str(), "and" | "then" | "so"));
    let asks = (0..words.len()).filter(|at| begins(*at)).any(|at| words.get(at..).is_some_and(begins_request));
    asks || (joined && !is_statement(words))
}

fn begins_request(words: &[Word]) -> bool {
    let mut reader = Reader::new(words);
    let asked = Reader::new(words).eat(&["can you", "could you", "would you", "will you", "i want you to", "i would like you to", "i need you to"]);
    while reader.eat(ASKS) {}
    let verb = reader.word(0);
    let orders = VERBS.contains(&verb) || MORE_VERBS.contains(&verb) || (verb == "do" && reader.word(1) != "not");
    // `a beans timer for 6 minutes`, `ten minutes for the rice`
    let named = matches!(verb, "a" | "an" | "one" | "my" | "the") && (1..4).any(|ahead| noun(reader.word(ahead)).is_some()) && !is_statement(words);
    !reader.is_over() && (asked || named || orders || Reader::new(reader.rest()).length().is_some())
}

fn is_statement(words: &[Word]) -> bool {
    let is = |at: usize, any: &[&str]| words.get(at).is_some_and(|word| any.contains(&word.form.as_str()));
    let short = |at: usize| words.get(at).is_some_and(|word| word.form.ends_with("'s")) && is(at + 1, DONE);
    is(0, SUBJECTS) || (0..6).any(|at| is(at, FINITE) || short(at))
}

/// Whose sleep is to end: "don't let me sleep past three", "don't let me oversleep, I have to be up at seven".
pub fn sleeps(heard: &Heard) -> Option<New> {
    const TOLD: &[&str] = &["say", "says", "said", "tell", "told", "asked", "song", "film", "book", "translate", "write", "wrote", "would", "if", "when"];
    const NAPS: &[&str] = &["nap", "lie", "lying", "kip", "doze", "rest", "sofa", "couch", "winks", "snooze", "siesta", "armchair"];
    let words = heard.words();
    let is_begin = |at: usize| at == 0 || words.get(at - 1).is_some_and(|word| word.pause || matches!(word.form.as_str(), "and" | "so" | "but"));
    let (at, mut reader) = (0..words.len()).filter(|at| is_begin(*at)).find_map(|at| {
        let mut reader = Reader::new(words.get(at..)?);
        let lets = reader.eat(&["do not let me", "do not let us", "never let me", "please do not let me"]);
        lets.then_some((at, reader))
    })?;
    if words.get(..at)?.iter().any(|word| TOLD.contains(&word.form.as_str())) {
        return None;
    }
    // A nap ends the next time that it is then, a night in the morning.
    let naps = words.get(..at)?.iter().any(|word| NAPS.contains(&word.form.as_str()));
    let alarm = |when| Some(New::of(Kind::Alarm, String::new(), !naps, when));
    if reader.eat(&["oversleep", "sleep in", "lie in", "sleep too long", "sleep too late", "miss my alarm"]) {
        reader.eat(&["past", "beyond", "after", "tomorrow", "again", "it is", "because", "since", "as"]);
        if let Some(when) = spoken_when::whole(reader.rest(), true) {
            return alarm(when).filter(New::is_whole);
        }
        // What is said of the time may come before it as well.
        let said = |words: &[Word]| {
            let new = setting::set(several::part(heard, words)?.words(), several::part(heard, words)?.text())?;
            (new.kind == Kind::Alarm && new.is_whole()).then_some(new)
        };
        return said(reader.rest()).or_else(|| said(words.get(..at)?));
    }
    reader.eat(&["sleep", "nap", "snooze", "doze", "doze off", "nod off", "drop off", "stay asleep", "stay in bed", "lie in", "lie here", "be asleep", "rest", "sleep in", "sleep on", "kip"]).then_some(())?;
    let past = reader.eat(&["past", "beyond", "after", "later than", "any later than", "until after", "much past", "till after", "through", "on past"]);
    let longer = !past && reader.eat(&["for more than", "more than", "for longer than", "longer than", "for any longer than", "over", "for over"]);
    let when = if longer { reader.length().filter(|_| reader.is_over()).map(crate::when::When::after) } else { spoken_when::whole(reader.rest(), true) };
    (past || longer).then_some(())?;
    alarm(when?).filter(New::is_whole)
}
