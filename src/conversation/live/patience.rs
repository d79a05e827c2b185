//! How long a silence has to be until what was said before it is over.

use jane_config::Hearing;
use jane_turn_detection::{Dictated, Paused, dictates, is_backchannel, is_dismissal};

use super::classify::NoTurn;
use super::speculation::{Found, SpeculationResult};

/// Milliseconds of silence. `awaits_dictation`: she has asked what is to be noted.
pub fn ms(result: &SpeculationResult, config: &Hearing, awaits_dictation: bool) -> u32 {
    // However it goes on, it is not for her. What follows behind a short silence may be.
    if result.is_not_hers {
        return config.complete_ms;
    }
    let (no_turn, is_understood) = match &result.found {
        Found::Question { asked, .. } => {
            let answer = asked.answer.as_ref();
            (None, answer.is_some_and(|answer| !answer.expects_reply))
        }
        Found::NoTurn(why) => (Some(*why), false),
    };
    let paused = Paused {
        transcript: &result.transcript.text,
        language: result.transcript.language.as_deref(),
        sound: result.sounds_over,
        is_understood,
    };
    of(no_turn, paused, config, awaits_dictation)
}

/// Whether it asks her to take down whatever follows.
pub fn begins_dictation(question: &str) -> bool {
    dictates(question) == Some(Dictated::Freely)
}

fn of(
    no_turn: Option<NoTurn>,
    paused: Paused<'_>,
    config: &Hearing,
    awaits_dictation: bool,
) -> u32 {
    let text = paused.transcript;
    // Half as long again: a pause lasts until the detector is sure of speech, which is up to 200 ms after it began.
    let dictated = config
        .incomplete_ms
        .saturating_add(config.incomplete_ms / 2);
    let answers_shortly = || is_backchannel(text) || is_dismissal(text);
    match (no_turn, dictates(text)) {
        (Some(why), _) if !why.may_change() => 0,
        (Some(NoTurn::Dismissed), _) => config.complete_ms,
        (_, Some(Dictated::Freely)) => dictated,
        (None, None) if awaits_dictation && !answers_shortly() => dictated,
        (_, Some(Dictated::ForNow)) => config.incomplete_ms,
        _ => paused.wait_ms(config),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dictated_is_waited_for_longest_and_what_is_whole_least() {
        let config = Hearing::default();
        let heard = |transcript| Paused {
            transcript,
            language: None,
            sound: None,
            is_understood: false,
        };
        let wait = |text: &'static str, awaits| of(None, heard(text), &config, awaits);
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
        let dismissed = Some(NoTurn::Dismissed);
        assert_eq!(of(dismissed, heard("Hold on."), &config, false), 250);
        assert_eq!(of(Some(NoTurn::Stop), heard("Stop."), &config, true), 0);
    }
}
