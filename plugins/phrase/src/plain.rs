//! A request without what people and recognisers put around it and into it: `um`, `let's say`, a word said twice, thanks for the answer
//! before, and the ends of videos that a recogniser hears in silence.

/// Sounds of somebody who thinks.
const SOUNDS: &[&str] = &["um", "umm", "ummm", "uh", "uhh", "uhm", "er", "err", "erm", "hm", "hmm", "hmmm", "mm", "mmm", "äh", "ähm", "eh"];

/// Words of somebody who thinks, which mean nothing between two others.
const ASIDES: &[&str] =
    &["let's say", "lets say", "let us say", "let me see", "let me think", "you know", "how should i put it", "what's it called"];

/// Words behind which these are none of that.
const ASKING: &[&str] = &["do", "did", "if", "as", "that", "what", "who", "how", "where", "when", "than", "let", "please"];

/// Words that are often said twice in a row, and mean nothing the second time.
const DOUBLED: &[&str] = &[
    "the", "a", "an", "to", "of", "in", "on", "for", "my", "our", "is", "what", "what's", "set", "add", "put", "i", "and", "can", "could",
    "how", "take", "please", "it", "me", "remove", "delete", "at", "from", "with", "start", "remind", "wake", "cancel", "stop",
];

/// Sentences before a request that belong to what was before it.
const FIRST: &[&str] = &[
    "thanks",
    "thank you",
    "thank you very much",
    "thank you so much",
    "thanks a lot",
    "many thanks",
    "thanks jane",
    "thank you jane",
    "okay",
    "ok",
    "okay thanks",
    "ok thanks",
    "okay thank you",
    "great",
    "great thanks",
    "great thank you",
    "perfect",
    "perfect thanks",
    "perfect thank you",
    "cool",
    "cool thanks",
    "nice",
    "good",
    "good thanks",
    "alright",
    "all right",
    "right",
    "got it",
    "got it thanks",
    "sorry",
    "excuse me",
    "good morning",
    "good evening",
    "good afternoon",
    "good night",
    "hello",
    "hi",
    "hey",
    "hello jane",
    "hi jane",
    "hey jane",
    "jane",
    "oh",
    "oh well",
    "well",
    "wonderful",
    "excellent",
    "awesome",
    "super",
    "fine",
    "i see",
    "sure",
    "yes",
    "yeah",
    "yep",
    "no thanks",
    "one more thing",
    "by the way",
    "oh and",
    "quick question",
    "listen",
    "wait",
    "oh wait",
    "hang on",
    "hold on",
    "actually",
    "now",
    "then",
    "next",
    "so",
    "anyway",
];

/// What a recogniser hears in the silence behind a request: the ends of the videos that it learnt from.
const LAST: &[&str] = &[
    "thanks for watching",
    "thank you for watching",
    "thank you so much for watching",
    "thank you very much for watching",
    "thanks so much for watching",
    "thanks for watching and i'll see you next time",
    "thanks for listening",
    "thank you for listening",
    "please subscribe",
    "please like and subscribe",
    "like and subscribe",
    "don't forget to subscribe",
    "don't forget to like and subscribe",
    "subscribe to my channel",
    "please subscribe to my channel",
    "subscribe to the channel",
    "see you next time",
    "see you in the next video",
    "i'll see you in the next video",
    "i'll see you next time",
    "see you later",
    "see you soon",
    "see you",
    "bye bye",
    "bye-bye",
    "bye",
    "goodbye",
    "music",
    "applause",
    "laughter",
    "silence",
    "blank_audio",
    "inaudible",
    "background noise",
    "sighs",
    "coughs",
    "clears throat",
    "subtitles by the amara.org community",
    "subtitles by amara.org",
    "transcribed by otter.ai",
    "you",
    "the end",
    "okay",
    "ok",
    "thank you",
    "thanks",
    "thank you very much",
    "thank you so much",
    "thanks a lot",
    "thank you jane",
    "thanks jane",
    "please and thank you",
    "that's it",
    "that's all",
    "that is all",
    "cheers",
];

/// Text of so many bytes and more is no request, and is left as it is.
pub(crate) const LONGEST: usize = 4000;

/// The request in what was said; what is nothing else stays.
pub fn plain(text: &str) -> String {
    if text.len() > LONGEST {
        return text.to_owned();
    }
    let text = without_last(without_first(text.trim()));
    let mut words: Vec<&str> = Vec::new();
    for word in text.split_whitespace() {
        let core = bare(word);
        let is_sound = SOUNDS.contains(&core.as_str());
        let before = words.last().map(|before| bare(before));
        let is_doubled = before.as_deref() == Some(&core)
            && DOUBLED.contains(&core.as_str())
            && words.last().is_some_and(|before| !before.ends_with(['.', '!', '?', ':']));
        if is_sound {
            // `set, um, a timer`: its comma goes with it.
            if let Some(last) = words.last_mut() {
                *last = last.strip_suffix(',').unwrap_or(last);
            }
        } else if is_doubled {
            // Its comma counts, the first one's capital too.
            if word.ends_with([',', ':', '.', '!', '?'])
                && let Some(last) = words.last_mut()
            {
                *last = word;
            }
        } else {
            words.push(word);
        }
    }
    let words = once(without_asides(words));
    let words = without_for_me(words);
    if words.is_empty() { text.to_owned() } else { words.join(" ") }
}

/// What somebody says twice because they begin anew: `set a … set a timer`, `add add milk`. The first of the two goes.
pub fn once(mut words: Vec<&str>) -> Vec<&str> {
    // Words of the longest beginning that is said twice.
    const LONGEST: usize = 6;
    let forms: Vec<(usize, String)> = words.iter().map(|word| bare(word)).enumerate().filter(|(_, form)| !form.is_empty()).collect();
    let form = |at: usize| forms.get(at).map(|(_, form)| form.as_str());
    // `two times two times two` is begun once.
    let is_twice = |count: &usize| {
        (0..*count).all(|at| form(at).is_some() && form(at) == form(at + count) && form(at).and_then(crate::number).is_none())
            && form(2 * count).is_some()
            && (*count > 1 || form(0).is_some_and(|form| DOUBLED.contains(&form)))
    };
    if let Some(&(at, _)) = (1..=LONGEST).rev().find(is_twice).and_then(|count| forms.get(count)) {
        words.drain(..at);
    }
    words
}

/// A word as it is compared.
fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase().replace('’', "'")
}

/// A sentence as it is compared.
fn said(sentence: &str) -> String {
    sentence.split_whitespace().map(bare).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn without_first(mut text: &str) -> &str {
    loop {
        let after = text.char_indices().filter(|(_, c)| matches!(c, '.' | '!' | ',' | '?' | '–' | '—' | '…' | ';')).find_map(|(at, c)| {
            let rest = text.get(at + c.len_utf8()..)?;
            // A point within a number or a name ends nothing.
            (rest.starts_with(char::is_whitespace) && rest.contains(char::is_alphanumeric)).then_some((at, rest))
        });
        match after {
            Some((at, rest)) if text.get(..at).is_some_and(|first| FIRST.contains(&said(first).as_str())) => text = rest.trim_start(),
            _ => return text,
        }
    }
}

fn without_last(mut text: &str) -> &str {
    loop {
        let trimmed = text.trim_end_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '%' | '°' | '"' | '\'' | '€' | '$' | '£'));
        let begin = trimmed.rfind(['.', '!', '?', '[', '(', '…', '♪', '*', ';']);
        let Some(begin) = begin else { return text };
        let (before, last) = text.split_at(begin);
        // What ends a sentence stays with it.
        let mark = last.chars().next().map_or(0, char::len_utf8);
        let ends = last.starts_with(['.', '!', '?']);
        let rest = last.get(mark..).unwrap_or_default();
        if !(LAST.contains(&said(rest).as_str()) && before.contains(char::is_alphanumeric)) {
            return text;
        }
        text = text.get(..if ends { begin + mark } else { begin }).unwrap_or(before).trim_end();
    }
}

fn without_asides(mut words: Vec<&str>) -> Vec<&str> {
    for aside in ASIDES {
        let length = aside.split(' ').count();
        // `do you know` asks.
        let asks = |at: usize| {
            at.checked_sub(1).and_then(|before| words.get(before)).is_some_and(|before| ASKING.contains(&bare(before).as_str()))
        };
        let found =
            words.windows(length).position(|window| aside.split(' ').eq(window.iter().map(|word| bare(word)))).filter(|at| !asks(*at));
        // At the beginning it may be the request itself, at the end its object.
        if let Some(at) = found.filter(|at| *at > 0 && at + length < words.len()) {
            words.drain(at..at + length);
            if let Some(before) = at.checked_sub(1).and_then(|before| words.get_mut(before)) {
                *before = before.strip_suffix(',').unwrap_or(before);
            }
        }
    }
    words
}

/// Of `take a note for me: …` and `set a timer for me for five minutes`, the `for me`; not of what is noted or to be remembered.
fn without_for_me(mut words: Vec<&str>) -> Vec<&str> {
    const NEXT: &[&str] = &[
        "for", "to", "on", "onto", "in", "at", "that", "about", "with", "called", "named", "please", "how", "what", "when", "whether",
        "if", "from", "the", "a",
    ];
    const VERBS: &[&str] = &[
        "add",
        "put",
        "remove",
        "delete",
        "convert",
        "calculate",
        "read",
        "set",
        "cancel",
        "clear",
        "start",
        "create",
        "make",
        "tell",
        "check",
        "do",
        "write",
    ];
    /// Words of the longest beginning of a request.
    const WITHIN: usize = 9;
    let at = words.windows(2).take(WITHIN).position(|pair| pair.iter().map(|word| bare(word)).eq(["for", "me"]));
    let Some(at) = at.filter(|at| *at > 0) else { return words };
    let is_over = words.iter().take(at).any(|word| word.ends_with(':') || bare(word) == "that");
    let colon = words.get(at + 1).is_some_and(|word| word.ends_with(':'));
    let goes_on = words.get(at + 2).is_some_and(|next| NEXT.contains(&bare(next).as_str()));
    // `add for me milk`: a verb takes no `for` of its own.
    let is_verb = words.get(at - 1).is_some_and(|before| VERBS.contains(&bare(before).as_str()));
    if is_over || !(colon || goes_on || is_verb) {
        return words;
    }
    words.drain(at..at + 2);
    if colon && let Some(before) = words.get(at - 1).copied() {
        words.splice(at - 1..at, [before, ":"]);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_surrounds_a_request_goes() {
        for (text, expected) in [
            ("Um, set a timer for, uh, let's say, ten minutes.", "set a timer for ten minutes."),
            ("Thanks. What time is it?", "What time is it?"),
            ("Okay, thank you. And what's the date?", "And what's the date?"),
            ("What time is it? Thanks for watching!", "What time is it?"),
            ("Add milk to my list. Thank you.", "Add milk to my list."),
            ("What time is it? [BLANK_AUDIO]", "What time is it?"),
            ("What time is it? (music)", "What time is it?"),
            ("Could you take a note for me: the key is here", "Could you take a note : the key is here"),
            ("Set a timer for me for five minutes", "Set a timer for five minutes"),
            ("Add add milk to to the list", "Add milk to the list"),
            ("Set a set a timer for eight minutes", "set a timer for eight minutes"),
            ("What's the — what's the time?", "what's the time?"),
            ("Two plus two plus two", "Two plus two plus two"),
            ("Good morning! What's the weather?", "What's the weather?"),
            ("Take a note: Peter has a present for me at home.", "Take a note: Peter has a present for me at home."),
            ("Thanks.", "Thanks."),
            ("Thanks for watching!", "Thanks for watching!"),
            ("Thank you very much.", "Thank you very much."),
            ("um", "um"),
            ("What is 2.5 times 4?", "What is 2.5 times 4?"),
            ("", ""),
            ("Who are you?", "Who are you?"),
            ("Bye.", "Bye."),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }
}
