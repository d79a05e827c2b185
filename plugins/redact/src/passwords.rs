//! Passwords: nothing but the words around them tells what they are.

use std::ops::Range;

use crate::bare::Bare;

/// After these, whatever is named is a secret, be it a word of the dictionary.
const STRONG: &[&str] = &[
    "password",
    "passwords",
    "passphrase",
    "passcode",
    "passwd",
    "pwd",
    "passwort",
    "kennwort",
    "pass-phrase",
];
/// After these, what has a digit or a sign in it.
const WEAK: &[&str] = &[
    "pin",
    "token",
    "secret",
    "key",
    "credentials",
    "cvv",
    "cvc",
    "tan",
    "login",
    "apikey",
    "api_key",
    "code",
    "otp",
];
/// Codes that no one minds to hear.
const HARMLESS: &[&str] = &[
    "zip", "postal", "area", "country", "dress", "source", "error", "status", "color", "colour",
    "dialling", "dialing", "bar", "exit", "morse", "building", "product", "airport", "primary",
    "foreign", "musical", "major", "minor", "discount", "promo", "voucher", "postcode",
];
const IS: &[&str] = &[
    "is", "was", "are", "be", "=", ":", "ist", "lautet", "war", "remains", "becomes", "called",
    "→", "->", "=>",
];
const BETWEEN: &[&str] = &[
    "now",
    "still",
    "also",
    "currently",
    "actually",
    "simply",
    "just",
    "set",
    "to",
    "probably",
    "again",
    "then",
    "namely",
    "therefore",
    "really",
    "only",
];
/// What follows "the password is" without being one.
const ORDINARY: &[&str] = &[
    "a",
    "an",
    "the",
    "your",
    "my",
    "our",
    "their",
    "his",
    "her",
    "its",
    "it",
    "that",
    "this",
    "these",
    "those",
    "what",
    "which",
    "who",
    "where",
    "when",
    "why",
    "how",
    "not",
    "no",
    "never",
    "always",
    "often",
    "usually",
    "sometimes",
    "too",
    "very",
    "so",
    "more",
    "less",
    "at",
    "in",
    "on",
    "of",
    "for",
    "from",
    "by",
    "with",
    "without",
    "if",
    "as",
    "to",
    "and",
    "or",
    "but",
    "incorrect",
    "wrong",
    "correct",
    "right",
    "valid",
    "invalid",
    "required",
    "requested",
    "optional",
    "expired",
    "missing",
    "empty",
    "blank",
    "unknown",
    "known",
    "stored",
    "kept",
    "saved",
    "hashed",
    "salted",
    "encrypted",
    "protected",
    "safe",
    "secure",
    "insecure",
    "weak",
    "strong",
    "stronger",
    "strongest",
    "long",
    "longer",
    "short",
    "shorter",
    "important",
    "needed",
    "necessary",
    "used",
    "sent",
    "changed",
    "reset",
    "shared",
    "asked",
    "entered",
    "typed",
    "written",
    "shown",
    "hidden",
    "being",
    "been",
    "easy",
    "hard",
    "difficult",
    "good",
    "bad",
    "better",
    "best",
    "different",
    "same",
    "case-sensitive",
    "sensitive",
    "secret",
    "private",
    "confidential",
    "one",
    "something",
    "nothing",
    "anything",
    "everything",
    "available",
    "possible",
    "impossible",
    "compromised",
    "leaked",
    "stolen",
    "lost",
    "forgotten",
    "found",
    "like",
    "than",
    "there",
    "here",
    "only",
    "made",
    "created",
    "generated",
    "chosen",
    "checked",
    "compared",
    "verified",
    "accepted",
    "rejected",
    "displayed",
    "visible",
    "meant",
    "supposed",
    "going",
    "up",
    "out",
    "about",
    "essential",
    "crucial",
    "vital",
    "critical",
    "recommended",
    "enough",
    "fine",
    "ok",
    "okay",
    "you",
    "i",
    "we",
    "they",
    "he",
    "she",
    "can",
    "must",
    "should",
    "will",
    "may",
    "have",
    "has",
    "are",
    "is",
    "was",
];
const QUOTES: &[char] = &['"', '“', '”', '„', '‘', '’', '\'', '«', '»'];

/// What the sentence before left open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Open {
    #[default]
    Nothing,
    /// It ended where a password was about to be named.
    Named,
    /// It ended with a password, which may have been cut in two at a full stop.
    Cut,
}

struct Word {
    range: Range<usize>,
    /// Lower case, without what stands around it.
    form: String,
    /// With its quotes, as written.
    raw: String,
    /// The characters of `raw` without the punctuation around it.
    core: Range<usize>,
}

/// Adds the passwords of a text to `found`; says what it leaves open.
pub fn find(bare: &Bare, original: &str, before: Open, found: &mut Vec<Range<usize>>) -> Open {
    let words = words(bare);
    let mut open = Open::Nothing;
    if let Some(first) = words.first() {
        let marked = is_marked(bare, original, first);
        let named = before == Open::Named && (words.len() <= 2 || is_odd(&first.raw) || marked);
        let cut = before == Open::Cut
            && (is_odd(&first.raw)
                || first
                    .raw
                    .starts_with(|c: char| c.is_lowercase() || c.is_ascii_digit()));
        if named || cut {
            found.push(value(bare, &words, 0, false));
        }
    }
    for (at, word) in words.iter().enumerate() {
        if let Some(end) = within(word) {
            found.push(end);
            continue;
        }
        let Some(strong) = cue(&words, at) else {
            continue;
        };
        match named(bare, original, &words, at, strong) {
            Named::At(value_at) => {
                let all = word.form.ends_with("phrase");
                let secret = value(bare, &words, value_at, all);
                if words.last().is_some_and(|last| secret.end >= last.core.end) {
                    open = Open::Cut;
                }
                found.push(secret);
            }
            Named::Later => open = Open::Named,
            Named::Not => {
                if let Some(earlier) = earlier(&words, at, strong) {
                    found.push(earlier);
                }
            }
        }
    }
    open
}

enum Named {
    At(usize),
    /// In the next sentence.
    Later,
    Not,
}

fn named(bare: &Bare, original: &str, words: &[Word], cue: usize, strong: bool) -> Named {
    // "…, code, a number such as 12": behind a comma, something else begins.
    if words
        .get(cue)
        .is_some_and(|word| word.raw.ends_with(['.', ',', ';', '!', '?']))
    {
        let next = words
            .get(cue + 1)
            .is_some_and(|next| strong && (is_odd(&next.raw) || is_marked(bare, original, next)));
        return if next { Named::At(cue + 1) } else { Named::Not };
    }
    let mut at = cue + 1;
    let colon = |word: &Word| word.raw.trim_end_matches(QUOTES).ends_with([':', '=']);
    let mut said = words.get(cue).is_some_and(colon);
    let mut sure = said;
    // "the password for the guest network is …"
    let mut between = 0;
    while !said && between <= 6 {
        let Some(word) = words.get(at) else {
            return Named::Not;
        };
        let ends = |word: &Word| word.raw.ends_with(['.', ',', ';', '!', '?']);
        if IS.contains(&word.form.as_str()) || IS.contains(&word.raw.as_str()) {
            said = true;
            at += 1;
        } else if between == 0 && (is_odd(&word.raw) || (strong && is_marked(bare, original, word)))
        {
            // "the password hunter2"
            return Named::At(at);
        } else if between == 0
            && matches!(word.form.as_str(), "to" | "as")
            && words.get(at + 1).is_some_and(|next| {
                let alone = at + 2 == words.len() || ends(next);
                let is_set = words.iter().take(cue).any(|word| {
                    matches!(
                        word.form.as_str(),
                        "set" | "change" | "changed" | "reset" | "sets" | "changing" | "setting"
                    )
                });
                is_odd(&next.raw)
                    || is_marked(bare, original, next)
                    || (strong && is_set && alone && !ORDINARY.contains(&next.form.as_str()))
            })
        {
            return Named::At(at + 1);
        } else if colon(word) {
            said = true;
            sure = true;
            at += 1;
        } else if ends(word) {
            return Named::Not;
        } else {
            at += 1;
            between += 1;
        }
    }
    if !said {
        return Named::Not;
    }
    while let Some(word) = words.get(at) {
        let passed = BETWEEN.contains(&word.form.as_str())
            || IS.contains(&word.raw.as_str())
            || IS.contains(&word.form.as_str())
            || word.core.is_empty();
        if !passed || words.get(at + 1).is_none() {
            break;
        }
        if word.raw.ends_with([':', '=']) {
            sure = true;
        }
        at += 1;
    }
    let Some(word) = words.get(at) else {
        return Named::Later;
    };
    if word.core.is_empty() || IS.contains(&word.form.as_str()) || word.raw.ends_with(':') {
        return if words.get(at + 1).is_none() {
            Named::Later
        } else {
            Named::Not
        };
    }
    let odd = is_odd(&word.raw);
    let marked = is_marked(bare, original, word) || word.raw.starts_with(QUOTES);
    // "the passphrase is correct horse battery staple", but "… is stored in the cellar"
    let phrase = words
        .get(cue)
        .is_some_and(|cue| cue.form.ends_with("phrase"))
        && words
            .get(at + 1)
            .is_some_and(|next| !ORDINARY.contains(&next.form.as_str()));
    let secret = if strong {
        odd || phrase
            || marked
            || (sure && words.len() - at <= 2)
            || !ORDINARY.contains(&word.form.as_str())
    } else {
        odd
    };
    if secret { Named::At(at) } else { Named::Not }
}

/// "hunter2 is the password", "use hunter2 as your password"
fn earlier(words: &[Word], cue: usize, strong: bool) -> Option<Range<usize>> {
    let mut at = cue.checked_sub(1)?;
    for _ in 0..3 {
        let word = words.get(at)?;
        if matches!(word.form.as_str(), "is" | "was" | "as") {
            let secret = words.get(at.checked_sub(1)?)?;
            let quoted = secret.raw.starts_with(QUOTES) || secret.raw.ends_with(QUOTES);
            return (is_odd(&secret.raw)
                || (strong && (quoted || at == 1) && !ORDINARY.contains(&secret.form.as_str())))
            .then(|| secret.core.clone());
        }
        at = at.checked_sub(1)?;
    }
    None
}

/// Whether a secret may be named after this word; whether any word would be one.
fn cue(words: &[Word], at: usize) -> Option<bool> {
    let word = words.get(at)?;
    let form = word.form.trim_end_matches("'s");
    if STRONG.contains(&form) {
        return Some(true);
    }
    let before = at
        .checked_sub(1)
        .and_then(|before| words.get(before))
        .map_or("", |word| word.form.as_str());
    if form == "word" && before == "pass" {
        return Some(true);
    }
    let last = form.rsplit(['_', '-', '.']).next().unwrap_or_default();
    if STRONG.contains(&last) {
        return Some(true);
    }
    (WEAK.contains(&form) || WEAK.contains(&last))
        .then_some(false)
        .filter(|_| !HARMLESS.contains(&before))
}

/// "password=hunter2", "DB_PASSWORD:hunter2"
fn within(word: &Word) -> Option<Range<usize>> {
    let at = word.raw.chars().position(|c| matches!(c, '=' | ':'))?;
    let name: String = word
        .raw
        .chars()
        .take(at)
        .filter(|c| !QUOTES.contains(c))
        .collect::<String>()
        .to_lowercase();
    let value = word.raw.chars().skip(at + 1).collect::<String>();
    let name = name
        .rsplit(['?', '&', '_', '-', '.', ';', '{', '(', '[', ','])
        .next()
        .unwrap_or_default();
    let is_cue = STRONG.contains(&name) || (WEAK.contains(&name) && is_odd(&value));
    let start = word.range.start + at + 1;
    (is_cue && value.chars().any(char::is_alphanumeric)).then_some(start..word.range.end)
}

/// From a word to its end, or to the end of the quotation or the passphrase that it begins.
fn value(bare: &Bare, words: &[Word], at: usize, phrase: bool) -> Range<usize> {
    let Some(first) = words.get(at) else {
        return 0..0;
    };
    let quote = first.raw.chars().next().filter(|c| QUOTES.contains(c));
    let mut end = if first.core.is_empty() {
        first.range.end
    } else {
        first.core.end
    };
    let closed = |word: &Word| {
        word.raw.chars().skip(1).any(|c| QUOTES.contains(&c))
            || (word.range != first.range && word.raw.ends_with(QUOTES))
    };
    if quote.is_some() && !closed(first) {
        if let Some(last) = words.iter().skip(at + 1).take(12).find(|word| {
            word.raw
                .trim_end_matches(['.', ',', ';', '!', '?'])
                .ends_with(QUOTES)
        }) {
            end = last.core.end;
        }
    } else if phrase && quote.is_none() {
        for word in words.iter().skip(at) {
            end = word.core.end.max(end);
            if word.raw.ends_with(['.', ',', ';', '!', '?']) {
                break;
            }
        }
    }
    let start = if first.core.is_empty() {
        first.range.start
    } else {
        first.core.start
    };
    // Signs at the end may belong to it.
    while bare.char(end).is_some_and(|c| {
        !c.is_whitespace()
            && !QUOTES.contains(&c)
            && !matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | ')' | ']' | '}' | '>')
    }) {
        end += 1;
    }
    start..end
}

/// Set apart by quotes or as code or in bold.
fn is_marked(bare: &Bare, original: &str, word: &Word) -> bool {
    if word.raw.starts_with(QUOTES) {
        return true;
    }
    let Some(range) = bare.original(&word.range) else {
        return false;
    };
    original
        .get(..range.start)
        .is_some_and(|before| before.ends_with(['`', '*']))
}

/// Has a digit, a sign in its middle, or capitals where words have none.
fn is_odd(raw: &str) -> bool {
    let core = raw.trim_matches(|c: char| !c.is_alphanumeric());
    let core = core
        .strip_suffix("'s")
        .or_else(|| core.strip_suffix("’s"))
        .unwrap_or(core);
    let digit = core.chars().any(|c| c.is_ascii_digit());
    let sign = core
        .chars()
        .any(|c| !c.is_alphanumeric() && !matches!(c, '-' | '\'' | '’' | '/'));
    let upper =
        core.chars().skip(1).any(char::is_uppercase) && core.chars().any(char::is_lowercase);
    digit || sign || upper
}

fn words(bare: &Bare) -> Vec<Word> {
    bare.words()
        .into_iter()
        .map(|range| {
            let raw = bare.text(range.clone());
            let inside = |c: &char| c.is_alphanumeric();
            let first = raw.chars().position(|c| inside(&c));
            let last = raw.chars().count()
                - raw
                    .chars()
                    .rev()
                    .position(|c| inside(&c))
                    .unwrap_or_default();
            let core = first.map_or(range.start..range.start, |first| {
                range.start + first..range.start + last
            });
            let form = bare.text(core.clone()).to_lowercase();
            Word {
                range,
                form,
                raw,
                core,
            }
        })
        .collect()
}
