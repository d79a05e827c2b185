//! What of a person's words is about the assistant herself.

use phrase::Said;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Who,
    Abilities,
    Again,
    Undo,
    Volume,
    Pace,
}

const WHO: &[&str] = &[
    "who are you [anyway|really|exactly|again]",
    "what are you [anyway|really|exactly]",
    "who (is|am i) (this|talking to|speaking to|speaking with)",
    "introduce yourself",
    "who am i (talking|speaking) (to|with)",
    "tell me who you are",
    "who you are",
    "(say|tell me) something about yourself",
    "about yourself",
];
const ABILITIES: &[&str] = &[
    "what can you [all] do",
    "what (can|could) you do [for|to help] [me|us]",
    "what (are|is) your (skills|abilities|capabilities|features|functions)",
    "what (skills|abilities|features|functions|commands) do you (have|know|understand|support)",
    "what (are you able|do you know how) to do",
    "what do you know how to do",
    "what is it [that] you can do",
    "what (kind|kinds|sort|sorts) of (things|questions|commands) (can|could|may) (i|we) (ask|say|ask you|say to you|give you)",
    "what (kind|kinds|sort|sorts) of things can you do",
    "help",
    "what (can|could|may|should) i (ask|say|tell|ask you|say to you|tell you) [to you|you] [to do|for|about]",
    "what (can|could) you help [me] with",
    "how can you help [me]",
    "what are you (capable of|good for|good at|able to do)",
    "what things can you do",
    "what else can you do",
    "what do you do",
    "show me what you can do",
    "what you can do",
    "[list|show me] your (skills|commands|abilities)",
];
const AGAIN: &[&str] = &[
    "(repeat|say) (that|it|this|yourself|the last answer|the answer|what you said|what you just said|your last answer|the last sentence|the last thing you said|the last part) [again|once more|one more time|for me] [slowly|more slowly|slower]",
    "(repeat|pardon|pardon me|come again|once more|one more time|what was that|what did you say|what did you just say|say again|sorry what|huh|i beg your pardon|excuse me what|what did you say again|say what)",
    "i missed (that|it|what you said)",
    "i (did not|could not) (hear|catch|understand|get) (that|you|it|what you said|what you just said)",
    "what was (that|it) [you said|you just said|again]",
    "(what was|read|read me) (your answer|your last answer|the last answer) [again]",
    "repeat [the] last (answer|sentence|reply|response|thing)",
];
const UNDO: &[&str] = &[
    "undo [that|it|this|the last thing|the last action|the last change|my last request|what you did|what you just did]",
    "no undo [that|it|this]",
    "(revert|take) that [back]",
    "take that back",
    "(put|bring) it back",
    "no (put|bring) (it|that|them) back",
    "scratch that",
];
const VOLUME: &[&str] = &[
    "[speak|talk|be|a bit|a little|much] (louder|quieter|softer|more quietly|more loudly|more softly) [a bit|a little]",
    "(speak|talk|be|go) [a bit|a little|a little bit|much] (louder|quieter|softer|more quietly|more loudly|loud|quiet|up)",
    "[turn|put|set|change|raise|lower|increase|decrease|reduce|make] [the|your] (volume|sound) [up|down|louder|quieter|to] [{number:number}] [percent|a bit|a little]",
    "(turn|put|set|change) (up|down) the (volume|sound) [a bit|a little]",
    "volume [to|at] {number:number} [percent]",
    "(turn|put) (it|yourself) (up|down) [a bit|a little]",
    "(mute|unmute) [yourself]",
    "(you are|that is|this is|it is) [much|far|a bit|a little] too (loud|quiet)",
    "make (it|yourself|that|your voice) [a bit|a little|much] (louder|quieter|softer) [a bit|a little]",
    "not so (loud|loudly|quiet)",
    "(normal|usual) volume",
    "(turn|bring|keep|put) (your|the) voice (up|down) [a bit|a little]",
    "(lower|raise) (your|the) (voice|volume) [a bit|a little]",
    "[use|speak in] [a|your] (quiet|quieter|indoor|inside|soft|softer|low) voice",
    "(whisper|speak in a whisper|talk in a whisper)",
    "[turn|put|set|change] [the|your] (volume|sound) to (max|maximum|min|minimum|half|full|zero) [volume]",
    "(max|maximum|full) volume",
    "i can (hardly|barely) hear you",
    "i can not hear you [very well|well]",
];
const PACE: &[&str] = &[
    "[speak|talk|read|a bit|a little|much] (slower|faster|quicker|more slowly|more quickly) [a bit|a little]",
    "(speak|talk|read) [a bit|a little|a little bit|much] (slower|faster|quicker|more slowly|more quickly|slowly|quickly|slow|fast)",
    "(slow|speed) (down|up) [a bit|a little]",
    "(do not|you should not) (speak|talk) so (fast|slow|slowly|quickly)",
    "you (speak|talk|are speaking|are talking) too (fast|slow|slowly|quickly)",
    "(you are|that is|that was|you speak|you talk) [much|far|a bit|a little] too (fast|slow|slowly|quickly)",
    "not so (fast|slow|slowly|quickly)",
    "(use|take) (your|the) (normal|usual|regular|default) (speed|pace|speech rate)",
    "(speak|talk|read) [at|in|with] (your|the|a) (normal|usual|regular|default|slow|slower|fast|faster) [normal] (speed|pace|rate) [again]",
    "[back to|at|in] (normal|usual|regular|default|double|half) (speed|pace|speech rate) [again]",
    "(speak|talk|read) (normally|at normal speed) [again]",
    "(go|speak|talk) back to (normal|normal speed|your normal speed|the normal speed)",
    "(reset|restore) (your|the) (speech rate|speed|speaking speed|pace)",
    "[a bit|a little|much] (slower|faster)",
    "(increase|decrease|raise|lower|reduce) (your|the) (speech rate|speaking speed|speed of your voice|speaking rate|pace)",
    "(set|change) [the|your] (speech rate|speed|speaking speed|pace|rate of speech|speaking rate) [to {number:number}] [percent]",
    "(speak|talk|read) [at|in] (double|half|normal|twice the|half the|full) [normal] (speed|pace|rate)",
    "(speak|talk|read) (twice|half|one and a half times) as (fast|slow|slowly|quickly)",
    "(slow|speed) [down|up] (your|the) (speech|voice|speaking) [down|up]",
    "(use|speak in) a (slower|faster) voice",
    "(speech rate|speaking speed) [to] [{number:number}] [percent]",
];

/// Words of the longest such request.
const MOST_WORDS: usize = 12;

pub fn understand(text: &str) -> Option<Asked> {
    let text = phrase::plain(text).replace(" a tad ", " a little ").replace(" a touch ", " a little ");
    let is_own = |asked: &Asked| matches!(asked, Asked::Pace | Asked::Volume);
    one(&text).or_else(|| phrase::corrections(&text).iter().find_map(|meant| one(meant).filter(is_own)))
}

fn one(text: &str) -> Option<Asked> {
    let said = Said::new(text);
    if said.words().len() > MOST_WORDS {
        return None;
    }
    let tables = [
        (Asked::Who, WHO),
        (Asked::Abilities, ABILITIES),
        (Asked::Again, AGAIN),
        (Asked::Undo, UNDO),
        (Asked::Volume, VOLUME),
        (Asked::Pace, PACE),
    ];
    let found = tables.into_iter().find(|(_, templates)| said.is(templates)).map(|(asked, _)| asked);
    // `You talk too quickly`: the last words are taken for politeness elsewhere.
    let lower = text.to_lowercase();
    let lower = lower.trim_end_matches(['.', '!']);
    let hurries =
        || (lower.starts_with("you ") || lower.starts_with("you're ")) && lower.ends_with(" too quickly") && lower.split(' ').count() <= 6;
    let talks = || ["speak", "talk", "read"].iter().any(|verb| lower.contains(verb));
    let found = found.or_else(|| (hurries() && talks()).then_some(Asked::Pace));
    // Said alone, what is taken for politeness elsewhere is all there is.
    found
        .or_else(|| {
            matches!(
                text.trim_end_matches(['?', '.', '!']).to_lowercase().trim_end_matches(" please").trim_end_matches(','),
                "what" | "again" | "sorry" | "say again" | "come again"
            )
            .then_some(Asked::Again)
        })
        .filter(|asked| *asked != Asked::Again || !text.to_lowercase().trim_end_matches(['.', '!']).eq("sorry"))
}
