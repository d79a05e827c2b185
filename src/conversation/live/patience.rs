//! How long a silence has to be until what was said before it is over.

use super::attempt::Read;
use super::judge::Verdict;
use crate::config::Hearing;
use crate::hearing::{Dictated, dictates, is_backchannel, is_dismissal, sounds_complete};

/// Milliseconds of silence. `awaits_dictation`: she has asked what is to be noted.
pub fn ms(read: &Read, config: &Hearing, awaits_dictation: bool) -> u32 {
    of(
        &read.verdict,
        &read.transcript.text,
        config,
        awaits_dictation,
    )
}

/// Whether it asks her to take down whatever follows.
pub fn begins_dictation(question: &str) -> bool {
    dictates(question) == Some(Dictated::Freely)
}

fn of(verdict: &Verdict, text: &str, config: &Hearing, awaits_dictation: bool) -> u32 {
    // Half as long again: a pause lasts until the detector is sure of speech, which is up to 200 ms after it began.
    let dictated = config
        .incomplete_ms
        .saturating_add(config.incomplete_ms / 2);
    let answers_shortly = || is_backchannel(text) || is_dismissal(text);
    match (verdict, dictates(text)) {
        (verdict, _) if !verdict.may_change() => 0,
        (Verdict::Dismissed, _) => config.complete_ms,
        (_, Some(Dictated::Freely)) => dictated,
        (Verdict::Answer(_), None) if awaits_dictation && !answers_shortly() => dictated,
        (_, Some(Dictated::ForNow)) => config.incomplete_ms,
        _ if sounds_complete(text) => config.complete_ms,
        _ => config.incomplete_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dictated_is_waited_for_longest_and_what_is_whole_least() {
        let config = Hearing::default();
        let wait =
            |text: &str, awaits| of(&Verdict::Answer(text.to_owned()), text, &config, awaits);
        for (text, expected) in [
            ("What time is it?", 250),
            ("I want to and", 1_000),
            ("Remind me to call Anna.", 1_000),
            ("Remind me to call Anna tomorrow.", 250),
            ("Take a note: buy milk.", 1_500),
        ] {
            assert_eq!(wait(text, false), expected, "{text}");
        }
        assert_eq!(wait("Buy milk.", true), 1_500);
        assert_eq!(wait("Buy milk.", false), 250);
        assert_eq!(wait("No.", true), 250);
        assert_eq!(of(&Verdict::Dismissed, "Hold on.", &config, false), 250);
        assert_eq!(of(&Verdict::Stop, "Stop.", &config, true), 0);
    }
}
