//! What of a person's words is about the assistant herself.

use phrase::Said;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Who,
    Abilities,
    Again,
    Undo,
    Name,
    Maker,
    /// Whether she is another assistant.
    Other,
    /// What has the same answer whoever asks, which is this.
    Same(&'static str),
}

// True of the program however it is set up: what jane.toml says is not known here.
const MACHINE_IS: &str = "I am a program with an artificial voice, and no human.";
const AGE_IS: &str = "I am a program, and have no age and no birthday.";
const FEELINGS_ARE: &str = "No. I am a program, and feel nothing.";
const PRIVATE_IS: &str = "Nothing leaves this machine unless jane.toml names a server, or lets a skill reach one.";
const LISTENING_IS: &str = "The microphone is open only while I run to talk with you, and I keep no recording of what I hear.";
const RECORDING_IS: &str = "I keep no recording of your voice: only what you have me note or remember, on this machine.";
const WHERE_IS: &str = "I run on this machine, apart from what jane.toml leaves to a server.";
const LANGUAGES_ARE: &str = "English. Others depend on the models that I was given, and my skills know English only.";
const VOLUME_IS: &str = "I cannot change how loud I am. The volume of your machine does that.";
const PACE_IS: &str =
    "I cannot change that by word. Set tts dot speed in jane.toml: above one is faster, below it slower, and it takes effect at once.";

const NAME: &[&str] = &[
    "what is your [own|real|first|full] name [again]",
    "what are you called",
    "what (do|should|can|may|shall) (i|we) call you",
    "(do|have) you (have|got) a name",
    "tell me your name",
    "your name",
];
const MAKER: &[&str] = &[
    "who (made|created|built|programmed|developed|invented|designed|wrote|trained|coded) you",
    "who (is|was|are) your (maker|creator|developer|programmer|inventor|author|makers|creators|developers)",
    "who (owns|is behind) you",
    "(what|which) company (made|created|built|developed|owns|is behind) you",
    "who (were|are|was) you (made|created|built|programmed|developed|invented|designed|trained) by",
    "who do you (belong to|work for)",
];
const MACHINE: &[&str] = &[
    "are you [really|actually|just|even] (human|real|alive|artificial|conscious|sentient|ai) [or not]",
    "are you [really|actually|just] [a|an] [real|actual|living] (human|person|human being|robot|bot|machine|computer|program|ai|man|woman|chatbot|assistant|artificial intelligence|language model)",
    "are you [a|an] [real] (human|person|man|woman|human being) or [a|an] (robot|machine|computer|ai|bot|program|woman)",
    "am i (talking|speaking) (to|with) [a|an] [real] (human|person|robot|machine|computer|ai|bot|human being)",
    "do you (exist|live)",
    "is this [a|an] [real] (human|person|robot|machine|computer|ai|bot|recording)",
];
const OTHER: &[&str] = &[
    "are you [really|actually|like|based on|the same as|related to] (chatgpt|chat gpt|gpt|alexa|siri|cortana|bixby|gemini|claude|copilot|google|google assistant|the google assistant|llama|bard|deepseek|openai|qwen)",
    "are you (made|built|run) by (openai|open ai|google|amazon|apple|microsoft|anthropic|meta)",
];
const AGE: &[&str] = &[
    "how old are you", "what is your age", "when (were|was) you (born|made|created|built)", "when is your birthday", "what is your (birthday|date of birth)",
    "(do|have) you (have|got) a birthday",
];
const FEELINGS: &[&str] = &[
    "do you [really|actually|even] have [any] (feelings|emotions|a soul|a heart|consciousness|feelings too)",
    "do you [really|actually] feel [anything|things|emotions|pain|something]",
    "feel (anything|emotions|pain)",
    "are you able to feel [anything|things|emotions|pain]",
];
const PRIVATE: &[&str] = &[
    "(do|are) you (send|share|sell|give|upload|sending|sharing|selling|uploading) (my|our|any|any of my|any of our|the|personal) [personal|private|voice] (data|conversations|information|recordings|words|voice|secrets) [to|with] [anyone|anybody|others|other people|someone|somebody|the internet|the cloud|a server|google|amazon|a company|third parties|advertisers] [else]",
    "(do|are) you (send|share|sell|sending|sharing) (anything|something|data|what i say|what you hear|what i tell you) [to|with] [anyone|anybody|others|someone|somebody|the internet|the cloud|a server|google|amazon|third parties] [else]",
    "(does|do|will) (anything|my data|our data|my voice|any data|what i say) (leave|get out of|go out of) (this|my|the) (machine|computer|house|device|network)",
    "(is|are) (my data|our data|my conversations|what i say|what i tell you|this|this conversation|our conversation) [kept] (private|safe|confidential|secret) [with you]",
    "where (does|do) my (data|voice|words|conversations|recordings) go",
    "what (happens to|do you do with) my (data|voice|words|conversations|recordings)",
    "(are you|do you) (connected to|need|use|using|have|online on) the internet",
    "(are you|do you work) (online|offline|in the cloud)",
    "who (can hear|hears|listens to|can listen to) (me|us|what i say|what we say)",
];
const LISTENING: &[&str] = &[
    "are you [still] [always] (listening|hearing) [to] [me|us|everything] [always|constantly] [all the time|the whole time|right now|permanently|all day|24 7]",
    "do you [always|constantly] (listen|hear) [to] [me|us|everything] [always|constantly] [all the time|the whole time|all day|permanently|i say|we say]",
    "are you (spying|eavesdropping) [on] [me|us]",
    "do you (spy|eavesdrop) on (me|us)",
    "when (do|are) you (listen|listening) [to] [me|us]",
    "is (your|the) (microphone|mic) [always] (on|open) [all the time|right now]",
];
const RECORDING: &[&str] = &[
    "(do|are|will|did) you [always|secretly] (record|recording|store|storing|save|saving|keep|keeping) [of] (me|us|this|everything|what i say|what we say|my voice|our conversations|my conversations|our conversation|this conversation|conversations|everything i say|recordings|recordings of me|my recordings) [all the time|somewhere]",
    "(am i|are we|is this|is this conversation|is my voice) [being] (recorded|stored|saved)",
    "do you (record|keep recordings|make recordings)",
];
const WHERE: &[&str] = &[
    "where (are|do) you (running|run|live|located|hosted|right now|at|installed) [at|on|right now]",
    "where are you",
    "(on|what) (what|which|machine|computer|hardware) [machine|computer|hardware] (are|do) you (running|run) [on]",
    "what (are|do) you (running|run) on",
    "do you run (locally|on my machine|on my computer|on this machine|on this computer|in the cloud|on a server)",
    "are you (running|hosted) (locally|on my machine|on my computer|on this machine|on this computer|in the cloud|on a server)",
];
const LANGUAGES: &[&str] = &[
    "(what|which) [other] languages (do|can) you (speak|understand|know|talk)",
    "how many languages (do|can) you (speak|understand|know)",
    "(what|which) language (do|can) you (speak|understand)",
    "[do you] (speak|understand) [any] other languages [too|than english|besides english]",
];

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
    let is_own = |asked: &Asked| matches!(asked, Asked::Same(PACE_IS | VOLUME_IS));
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
        (Asked::Same(VOLUME_IS), VOLUME),
        (Asked::Same(PACE_IS), PACE),
        (Asked::Name, NAME),
        (Asked::Maker, MAKER),
        (Asked::Other, OTHER),
        (Asked::Same(MACHINE_IS), MACHINE),
        (Asked::Same(AGE_IS), AGE),
        (Asked::Same(FEELINGS_ARE), FEELINGS),
        (Asked::Same(PRIVATE_IS), PRIVATE),
        (Asked::Same(LISTENING_IS), LISTENING),
        (Asked::Same(RECORDING_IS), RECORDING),
        (Asked::Same(WHERE_IS), WHERE),
        (Asked::Same(LANGUAGES_ARE), LANGUAGES),
    ];
    let found = tables.into_iter().find(|(_, templates)| said.is(templates)).map(|(asked, _)| asked);
    // `You talk too quickly`: the last words are taken for politeness elsewhere.
    let lower = text.to_lowercase();
    let lower = lower.trim_end_matches(['.', '!']);
    let hurries =
        || (lower.starts_with("you ") || lower.starts_with("you're ")) && lower.ends_with(" too quickly") && lower.split(' ').count() <= 6;
    let talks = || ["speak", "talk", "read"].iter().any(|verb| lower.contains(verb));
    let found = found.or_else(|| (hurries() && talks()).then_some(Asked::Same(PACE_IS)));
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
