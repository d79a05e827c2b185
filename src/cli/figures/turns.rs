//! The last turns as waterfalls.

use jane_core::event::Waterfall;

use super::{BAR, NAME, columns};
use crate::metrics::EndedTurn;

/// The stages of a turn that follow one another: name in [`Waterfall::stages`], what is shown, and how its part of the bar is drawn.
const STAGES: [(&str, &str, char); 6] = [
    ("heard", "heard", '░'),
    ("first_token", "first token", '▒'),
    ("first_sentence", "first sentence", '▓'),
    ("first_speech", "first speech", '█'),
    ("first_audio", "first audio", '▬'),
    ("total", "all", '·'),
];

/// The newest first, to one scale.
pub(super) fn lines(turns: &[EndedTurn]) -> Vec<String> {
    let longest = turns.iter().map(|turn| turn.waterfall.total_ms).max();
    let Some(longest) = longest else {
        return vec!["no turn yet".to_owned()];
    };
    let legend = STAGES.map(|(_, shown, mark)| format!("{mark} {shown}"));
    let wait = match turns
        .iter()
        .any(|turn| turn.waterfall.end_of_turn_ms.is_some())
    {
        true => "  ┃ sure that it was all",
        false => "",
    };
    let mut lines = vec![format!("turns until, in ms:  {}{wait}", legend.join("  "))];
    lines.extend(turns.iter().rev().map(|turn| {
        let EndedTurn {
            session,
            turn,
            outcome,
            waterfall,
            ..
        } = turn;
        // The session comes before the number that the turn has in it.
        let session = session.map_or_else(String::new, |session| format!("{session}:"));
        let name = format!("{session}{turn} {}", outcome.replace('_', " "));
        format!(
            "{name:<NAME$} {} {}",
            falling(waterfall, longest),
            times(waterfall)
        )
    }));
    lines
}

/// The bar of a turn: each stage from where the one before it ended.
fn falling(waterfall: &Waterfall, longest: u64) -> String {
    let stages = waterfall.stages();
    let mut bar: Vec<char> = Vec::with_capacity(BAR);
    for (name, _, mark) in STAGES {
        let end = stages.iter().find(|(stage, _)| *stage == name);
        if let Some(milliseconds) = end.and_then(|(_, milliseconds)| *milliseconds) {
            let until = columns(milliseconds, longest);
            bar.resize(until.max(bar.len()), mark);
        }
    }
    bar.resize(BAR, ' ');
    let sure = waterfall.end_of_turn_ms.map(|wait| columns(wait, longest));
    if let Some(place) = sure.and_then(|column| bar.get_mut(column.saturating_sub(1))) {
        *place = '┃';
    }
    bar.into_iter().collect()
}

fn times(waterfall: &Waterfall) -> String {
    let stages = waterfall.stages();
    let times: Vec<String> = stages
        .iter()
        .filter_map(|(name, milliseconds)| {
            let mark = STAGES.iter().find(|(stage, ..)| stage == name);
            let mark = mark.map_or('┃', |(_, _, mark)| *mark);
            milliseconds.map(|milliseconds| format!("{mark} {milliseconds}"))
        })
        .collect();
    let rate = waterfall.tokens_per_second;
    let tokens = match waterfall.reply_tokens {
        0 => String::new(),
        tokens => format!("  {tokens} tokens at {rate:.0}/s"),
    };
    format!("{}{tokens}", times.join("  "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stage_goes_on_from_where_the_one_before_it_ended() {
        let spoken = Waterfall {
            stt_ms: Some(300),
            llm_first_token_ms: Some(400),
            first_sentence_ms: Some(500),
            first_speech_ms: Some(600),
            first_audio_ms: Some(700),
            total_ms: 3000,
            end_of_turn_ms: Some(1000),
            reply_tokens: 12,
            tokens_per_second: 80.4,
            ..Waterfall::default()
        };
        // Its answer was never spoken.
        let typed = Waterfall {
            llm_first_token_ms: Some(100),
            total_ms: 1000,
            ..Waterfall::default()
        };
        let turn = |turn, outcome: &str, waterfall| EndedTurn {
            session: (turn == 1).then_some(4),
            turn,
            outcome: outcome.to_owned(),
            ended_at_ms: 0,
            waterfall,
        };
        let shown = lines(&[turn(1, "answered", typed), turn(2, "nothing_heard", spoken)]);
        assert_eq!(
            shown,
            [
                "turns until, in ms:  ░ heard  ▒ first token  ▓ first sentence  █ first speech  ▬ first audio  · all  \
                 ┃ sure that it was all",
                "2 nothing heard        ░░░▒▓█▬··┃···················· \
                 ░ 300  ▒ 400  ▓ 500  █ 600  ▬ 700  · 3000  ┃ 1000  12 tokens at 80/s",
                "4:1 answered           ▒·········                     ▒ 100  · 1000",
            ]
        );
        assert_eq!(lines(&[]), ["no turn yet"]);
    }
}
