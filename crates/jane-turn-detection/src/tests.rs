//! The speech front end with a fake detector that goes by the first sample of its window.

use std::sync::Arc;

use proptest::prelude::*;

use super::fake::Fake;
use super::ring_buffer::KEPT;
use super::*;
use jane_audio::duplex::{FRAME, Frame};

fn frontend() -> SpeechFrontend {
    SpeechFrontend::new(FrontendSettings::default(), Box::new(Fake))
}

/// Hears so many milliseconds of this probability.
fn hear(frontend: &mut SpeechFrontend, milliseconds: usize, probability: f32) -> Vec<SpeechEvent> {
    let frame = Frame {
        captured: [probability; FRAME],
        played: [0.0; FRAME],
    };
    (0..milliseconds / 10)
        .flat_map(|_| frontend.push(&frame))
        .collect()
}

fn at(milliseconds: u64) -> u64 {
    milliseconds * 16
}

#[test]
fn an_utterance_starts_pauses_goes_on_and_is_closed() {
    let mut frontend = frontend();
    assert_eq!(hear(&mut frontend, 1_000, 0.1), []);
    assert_eq!(hear(&mut frontend, 80, 0.9), []);
    let started = hear(&mut frontend, 320, 0.9);
    assert_eq!(started, [SpeechEvent::Started { at: at(1_000) }]);
    assert_eq!(frontend.speaking_for(), at(400));

    assert_eq!(hear(&mut frontend, 140, 0.1), []);
    assert_eq!(frontend.silence(), None);
    let paused = hear(&mut frontend, 60, 0.1);
    let [
        SpeechEvent::Paused {
            utterance,
            start,
            end,
        },
    ] = &paused[..]
    else {
        panic!("{paused:?}");
    };
    assert_eq!((*start, *end), (at(700), at(1_400)));
    assert_eq!(
        utterance.len() as u64,
        at(800),
        "a lead of 300 ms and a tail of 100 ms"
    );
    assert_eq!(
        (frontend.silence(), frontend.speaking_for()),
        (Some(at(200)), 0)
    );

    assert_eq!(hear(&mut frontend, 40, 0.9), []);
    let resumed = hear(&mut frontend, 60, 0.9);
    assert_eq!(resumed, [SpeechEvent::Resumed { at: at(1_600) }]);
    let paused = hear(&mut frontend, 200, 0.1);
    assert!(
        matches!(&paused[..], [SpeechEvent::Paused { start, end, .. }] if (*start, *end) == (at(700), at(1_700)))
    );
    frontend.close();
    assert_eq!(frontend.silence(), None);

    let next = hear(&mut frontend, 400, 0.9);
    assert_eq!(next, [SpeechEvent::Started { at: at(1_900) }]);
    let paused = hear(&mut frontend, 200, 0.1);
    assert!(
        matches!(&paused[..], [SpeechEvent::Paused { start, .. }] if *start == at(1_700)),
        "the lead does not reach into the utterance before"
    );
}

#[test]
fn quieter_speech_goes_on_but_does_not_begin() {
    let mut frontend = frontend();
    assert_eq!(hear(&mut frontend, 1_000, 0.4), []);
    assert_eq!(hear(&mut frontend, 100, 0.6).len(), 1);
    assert_eq!(hear(&mut frontend, 1_000, 0.4), []);
    assert!(frontend.speaking_for() >= at(1_000));
}

#[test]
fn a_short_noise_fades() {
    let mut frontend = frontend();
    assert_eq!(hear(&mut frontend, 80, 0.9), []);
    assert_eq!(hear(&mut frontend, 500, 0.0), []);
    assert_eq!(hear(&mut frontend, 160, 0.9).len(), 1);
    assert_eq!(
        hear(&mut frontend, 500, 0.0),
        [SpeechEvent::Faded { at: at(740) }]
    );
    assert_eq!((frontend.silence(), frontend.speaking_for()), (None, 0));
}

#[test]
fn speech_without_a_pause_is_cut_and_goes_on_as_another_utterance() {
    let mut frontend = frontend();
    let heard = hear(&mut frontend, 60_000, 0.9);
    let mut next = 0;
    let mut cuts = 0;
    for heard in &heard {
        match heard {
            SpeechEvent::Started { at } => assert_eq!(*at, next),
            SpeechEvent::TooLong {
                utterance,
                start,
                end,
            } => {
                assert_eq!(*start, next);
                assert_eq!(utterance.len() as u64, end - start);
                assert!((at(28_900)..=at(29_000)).contains(&(end - start)));
                next = *end;
                cuts += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(cuts, 2);
}

#[test]
fn a_pause_that_nobody_closes_ends_too() {
    let mut frontend = frontend();
    let mut heard = hear(&mut frontend, 1_000, 0.9);
    heard.extend(hear(&mut frontend, 40_000, 0.0));
    assert!(matches!(
        &heard[..],
        [
            SpeechEvent::Started { .. },
            SpeechEvent::Paused { .. },
            SpeechEvent::TooLong { .. }
        ]
    ));
    assert_eq!(frontend.silence(), None);
}

#[test]
fn while_she_speaks_it_takes_more_to_be_heard() {
    let settings = FrontendSettings {
        echo_cancellation: false,
        ..FrontendSettings::default()
    };
    let mut frontend = SpeechFrontend::new(settings, Box::new(Fake));
    let mut over = |milliseconds: usize, probability: f32| -> Vec<SpeechEvent> {
        let frame = Frame {
            captured: [probability; FRAME],
            played: [0.3; FRAME],
        };
        (0..milliseconds / 10)
            .flat_map(|_| frontend.push(&frame))
            .collect()
    };
    assert_eq!(over(1_000, 0.55), []);
    assert_eq!(over(100, 0.8), []);
    assert_eq!(over(20, 0.8).len(), 1);
}

#[derive(Clone, Debug)]
enum Step {
    Hear(usize, f32),
    Close,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let hear = (
        1usize..80,
        prop_oneof![Just(0.0f32), Just(0.4), Just(0.9), 0.0f32..1.0],
    );
    let step = prop_oneof![
        6 => hear.prop_map(|(frames, probability)| Step::Hear(frames, probability)),
        1 => Just(Step::Hear(3_000, 0.9)),
        1 => Just(Step::Close),
    ];
    proptest::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is heard, the events keep their order, every utterance is what was captured, and none overlaps another.
    #[test]
    fn events_are_in_order_and_utterances_are_what_was_captured(steps in steps()) {
        let mut frontend = frontend();
        let mut captured: Vec<f32> = Vec::new();
        let mut open = false;
        let mut paused = false;
        let mut free = 0;
        for step in steps {
            let Step::Hear(frames, probability) = step else {
                frontend.close();
                open = false;
                paused = false;
                continue;
            };
            for _ in 0..frames {
                // Each sample differs, the probability hardly.
                let sample = |index: usize| probability + ((captured.len() + index) % 1_000) as f32 * 1e-6;
                let frame = Frame { captured: std::array::from_fn(sample), played: [0.0; FRAME] };
                captured.extend(frame.captured);
                for heard in frontend.push(&frame) {
                    let now = frontend.now();
                    let holds = |utterance: &Arc<[f32]>, start: u64, end: u64| {
                        let whole = captured[start as usize..].starts_with(utterance);
                        whole && start >= free && start < end && end <= now && utterance.len() < KEPT
                            && utterance.len() as u64 >= end - start
                    };
                    match heard {
                        SpeechEvent::Started { at } => {
                            prop_assert!(!open && at < now);
                            (open, paused) = (true, false);
                        }
                        SpeechEvent::Paused { utterance, start, end } => {
                            prop_assert!(open && !paused && holds(&utterance, start, end));
                            paused = true;
                        }
                        SpeechEvent::Resumed { at } => {
                            prop_assert!(open && paused && at < now);
                            paused = false;
                        }
                        SpeechEvent::Faded { at } => {
                            prop_assert!(open && !paused && at < now);
                            open = false;
                        }
                        SpeechEvent::TooLong { utterance, start, end } => {
                            prop_assert!(open && holds(&utterance, start, end));
                            (open, paused, free) = (false, false, end);
                        }
                    }
                }
                prop_assert_eq!(frontend.silence().is_some(), open && paused);
                prop_assert_eq!(frontend.speaking_for() > 0, open && !paused);
            }
        }
        prop_assert_eq!(frontend.now(), captured.len() as u64);
    }
}
