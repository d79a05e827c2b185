//! Scenarios of cutting, with sounds that are made here.

use super::*;
use proptest::prelude::*;

const SECOND: usize = SPEECH_RATE as usize;

/// Noise that is the same in every run, with this amplitude.
fn noise(seconds: f32, amplitude: f32) -> Vec<f32> {
    let mut state = 1u32;
    (0..(seconds * SECOND as f32) as usize)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            amplitude * ((state >> 8) as f32 / (1 << 23) as f32 - 1.0)
        })
        .collect()
}

/// Words of a third of a second with short gaps: a buzz that swells and fades.
fn speech(seconds: f32, amplitude: f32) -> Vec<f32> {
    (0..(seconds * SECOND as f32) as usize)
        .map(|n| {
            let t = n as f32 / SECOND as f32;
            let swell = (std::f32::consts::PI * 3.0 * t).sin().abs();
            let buzz: f32 = (1..20)
                .map(|h| (t * 120.0 * std::f32::consts::TAU * h as f32).sin())
                .sum();
            amplitude * swell * buzz / 8.0
        })
        .collect()
}

fn segments(parts: &[Vec<f32>]) -> Vec<Segment> {
    let mut segmenter = Segmenter::new();
    let mut segments = Vec::new();
    for block in parts.concat().chunks(7_919) {
        segments.extend(segmenter.push(block));
    }
    segments.extend(segmenter.finish());
    segments
}

/// Begin and end in seconds.
fn spans(segments: &[Segment]) -> Vec<(f32, f32)> {
    let span = |segment: &Segment| {
        let start = segment.start_sample as f32 / SECOND as f32;
        (start, start + segment.samples.len() as f32 / SECOND as f32)
    };
    segments.iter().map(span).collect()
}

#[test]
fn an_utterance_with_pauses_is_one_segment_without_the_silence_around_it() {
    for level in [0.5, 0.01, 0.002] {
        let hiss = |seconds| noise(seconds, level / 50.0);
        let found = segments(&[
            hiss(3.0),
            speech(1.0, level),
            hiss(1.0),
            speech(2.0, level),
            hiss(0.9),
            speech(1.0, level),
            hiss(4.0),
        ]);
        let spans = spans(&found);
        assert_eq!(spans.len(), 1, "{level}: {spans:?}");
        let (start, end) = spans[0];
        assert!(
            (2.6..=2.8).contains(&start) && (9.1..=9.3).contains(&end),
            "{spans:?}"
        );
    }
}

#[test]
fn the_samples_are_those_of_the_recording() {
    let recording = [noise(6.0, 0.001), speech(2.0, 0.3), noise(5.0, 0.001)].concat();
    let found = segments(std::slice::from_ref(&recording));
    assert_eq!(found.len(), 1);
    let start = found[0].start_sample as usize;
    assert_eq!(
        found[0].samples,
        recording[start..start + found[0].samples.len()]
    );
}

#[test]
fn silence_hiss_hum_and_clicks_give_nothing() {
    let hum: Vec<f32> = (0..10 * SECOND)
        .map(|n| 0.02 + 0.02 * (n as f32 * 0.0196).sin())
        .collect();
    let mut click = vec![0.0; 5 * SECOND];
    click[40_000] = 1.0;
    for quiet in [
        vec![],
        vec![0.0; 10],
        vec![0.0; 60 * SECOND],
        noise(60.0, 0.01),
        hum,
        click,
    ] {
        assert_eq!(spans(&segments(&[quiet])), []);
    }
}

#[test]
fn an_hour_of_silence_takes_no_memory() {
    let mut segmenter = Segmenter::new();
    let minute = vec![0.0; 60 * SECOND];
    for _ in 0..60 {
        assert!(segmenter.push(&minute).is_empty());
        assert!(segmenter.samples.len() < 10 * SECOND);
    }
    assert!(segmenter.finish().is_empty());
}

#[test]
fn a_recording_that_is_nothing_but_speech_is_kept_whole() {
    let cut_close = speech(0.33, 0.3);
    let found = segments(std::slice::from_ref(&cut_close));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].samples.len(), cut_close.len());

    let steady: Vec<f32> = (0..2 * SECOND)
        .map(|n| 0.5 * (n as f32 * 0.4).sin())
        .collect();
    assert_eq!(segments(std::slice::from_ref(&steady))[0].samples, steady);
}

#[test]
fn long_speech_is_cut_in_its_pauses() {
    // After 12 s, half a second is enough; after 21 s, a quarter of one.
    let found = segments(&[
        noise(1.0, 0.002),
        speech(6.0, 0.3),
        noise(0.7, 0.002),
        speech(6.0, 0.3),
        noise(0.7, 0.002),
        speech(21.0, 0.3),
        noise(0.4, 0.002),
        speech(3.0, 0.3),
        noise(1.0, 0.002),
    ]);
    let spans = spans(&found);
    assert_eq!(spans.len(), 3, "{spans:?}");
    assert!((13.7..=14.4).contains(&spans[0].1), "{spans:?}");
    assert!((35.4..=35.8).contains(&spans[1].1), "{spans:?}");
    assert_eq!(spans[1].1, spans[2].0);
}

#[test]
fn speech_without_a_pause_is_cut_where_it_is_quietest() {
    let steady = |seconds: f32, amplitude: f32| -> Vec<f32> {
        let samples = 0..(seconds * SECOND as f32) as usize;
        samples
            .map(|n| amplitude * (n as f32 * 0.4).sin())
            .collect()
    };
    let recording = [steady(25.0, 0.5), steady(0.1, 0.2), steady(40.0, 0.5)].concat();
    let found = segments(std::slice::from_ref(&recording));
    let longest = found
        .iter()
        .map(|segment| segment.samples.len())
        .max()
        .unwrap();
    assert!(longest <= MAX_SECONDS * SECOND);
    let spans = spans(&found);
    assert!((24.9..=25.1).contains(&spans[0].1), "{spans:?}");
    // Nothing is lost between.
    let whole: Vec<f32> = found
        .into_iter()
        .flat_map(|segment| segment.samples)
        .collect();
    assert_eq!(whole, recording);
}

#[test]
fn each_recorded_question_is_one_segment_that_holds_all_that_is_loud() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data");
    let manifest = std::fs::read_to_string(folder.join("manifest.tsv")).unwrap();
    for line in manifest.lines().skip(1) {
        let path = folder.join(line.split('\t').next().unwrap());
        let question = crate::read_speech(&path, 10.0).unwrap();
        let found = segments(std::slice::from_ref(&question));
        assert_eq!(found.len(), 1, "{line}");
        let loud = |sample: &f32| sample.abs() > 0.05;
        let kept = found[0]
            .samples
            .iter()
            .filter(|sample| loud(sample))
            .count();
        assert_eq!(
            kept,
            question.iter().filter(|sample| loud(sample)).count(),
            "{line}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn segments_are_bounded_ordered_and_independent_of_the_blocks(
        parts in prop::collection::vec((0.0f32..15.0, 0usize..5), 1..8),
        block in 1usize..40_000,
    ) {
        let recording: Vec<f32> = parts
            .iter()
            .flat_map(|(seconds, kind)| match kind {
                0 => vec![0.0; (seconds * SECOND as f32) as usize],
                1 => noise(*seconds, 0.001),
                2 => noise(*seconds, 0.2),
                3 => vec![f32::MAX; (seconds * SECOND as f32) as usize],
                _ => speech(*seconds, 0.2),
            })
            .collect();
        let mut segmenter = Segmenter::new();
        let mut found: Vec<Segment> = recording.chunks(block).flat_map(|b| segmenter.push(b)).collect();
        found.extend(segmenter.finish());
        let mut end = 0;
        for segment in &found {
            prop_assert!(segment.start_sample >= end);
            prop_assert!(!segment.samples.is_empty());
            prop_assert!(segment.samples.len() <= MAX_SECONDS * SECOND);
            end = segment.start_sample + segment.samples.len() as u64;
            let place = segment.start_sample as usize..end as usize;
            prop_assert_eq!(&segment.samples[..], &recording[place]);
        }
        prop_assert_eq!(segments(&[recording]), found);
    }
}
