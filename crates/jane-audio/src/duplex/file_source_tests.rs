//! A stream of recordings, on a clock that tokio drives.

use super::*;
use crate::{DuplexStream, SPEECH_RATE, speech_to_wav};

/// A WAV of so many samples that count up.
fn input(folder: &Path, samples: usize) -> std::path::PathBuf {
    let path = folder.join("input.wav");
    let samples: Vec<f32> = (0..samples).map(|n| (n % 8_000) as f32 / 8_192.0).collect();
    std::fs::write(&path, speech_to_wav(&samples).unwrap()).unwrap();
    path
}

async fn frame(line: &mut DuplexStream) -> Frame {
    match line.next().await.unwrap() {
        StreamEvent::Frame(frame) => *frame,
        other => panic!("{other:?}"),
    }
}

fn output(path: &Path) -> Vec<i16> {
    let reader = hound::WavReader::open(path).unwrap();
    assert_eq!(reader.spec().sample_rate, 48_000);
    reader.into_samples().map(Result::unwrap).collect()
}

#[tokio::test(start_paused = true)]
async fn every_sample_comes_once_then_the_end_is_told_and_silence_follows() {
    let folder = tempfile::tempdir().unwrap();
    let path = input(folder.path(), 20_050);
    let mut line = DuplexStream::recordings(&path, None).unwrap();
    let began = tokio::time::Instant::now();
    let mut heard = Vec::new();
    for _ in 0..126 {
        heard.extend(frame(&mut line).await.captured);
    }
    assert_eq!(began.elapsed().as_millis(), 1_250);
    for (n, sample) in heard.iter().enumerate() {
        let expected = if n < 20_050 {
            (n % 8_000) as f32 / 8_192.0
        } else {
            0.0
        };
        assert!((sample - expected).abs() < 0.001, "{n}: {sample}");
    }
    assert!(matches!(line.next().await, Some(StreamEvent::Ended)));
    for _ in 0..300 {
        assert_eq!(frame(&mut line).await.captured, [0.0; FRAME]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_stalls_misses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = input(folder.path(), 8 * SPEECH_RATE as usize);
    let mut line = DuplexStream::recordings(&path, None).unwrap();
    frame(&mut line).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    for n in 1..700 {
        let expected = (n * FRAME % 8_000) as f32 / 8_192.0;
        let first = frame(&mut line).await.captured[0];
        assert!((first - expected).abs() < 0.001, "{n}: {first}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_output_has_the_time_of_the_input_and_holds_what_was_heard() {
    let folder = tempfile::tempdir().unwrap();
    let path = input(folder.path(), SPEECH_RATE as usize);
    let written = folder.path().join("output.wav");
    let mut line = DuplexStream::recordings(&path, Some(&written)).unwrap();
    let loudspeaker = line.loudspeaker();
    for _ in 0..50 {
        frame(&mut line).await;
    }
    loudspeaker.play(&[0.5; 14_400], 48_000).await.unwrap();
    let mut played = Vec::new();
    for _ in 0..10 {
        played.extend(frame(&mut line).await.played);
    }
    loudspeaker.hold(true);
    for _ in 0..20 {
        played.extend(frame(&mut line).await.played);
    }
    assert!(played.iter().filter(|sample| **sample > 0.4).count() > 1_000);
    assert_eq!(played[30 * FRAME - 1], 0.0);
    loudspeaker.hold(false);
    for _ in 0..70 {
        if let StreamEvent::Frame(frame) = line.next().await.unwrap() {
            played.extend(frame.played);
        }
    }
    loudspeaker.finish().await.unwrap();
    assert_eq!(loudspeaker.heard_samples(48_000), 14_400);
    // Good while it is still being written: all but 100 ms.
    assert!(output(&written).len() >= 140 * OUTPUT_FRAME);
    drop(line);

    let samples = output(&written);
    assert_eq!(samples.len() % OUTPUT_FRAME, 0);
    let sounding: Vec<usize> = (0..samples.len()).filter(|n| samples[*n] != 0).collect();
    let (first, last) = (sounding[0], sounding[sounding.len() - 1]);
    // A few frames were under way in the channel when it began to play and to be held.
    assert_eq!(first % OUTPUT_FRAME, 0);
    assert!((50..60).contains(&(first / OUTPUT_FRAME)), "{first}");
    assert!(
        (sounding.len() as i64 - 14_400).abs() < 10,
        "{}",
        sounding.len()
    );
    assert!(last - first >= 14_400 + 19 * OUTPUT_FRAME, "{first} {last}");
    assert!(loudspeaker.play(&[0.5; 96_000], 48_000).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn the_output_may_not_be_the_input() {
    let folder = tempfile::tempdir().unwrap();
    let path = input(folder.path(), 1_000);
    let before = std::fs::read(&path).unwrap();
    assert!(DuplexStream::recordings(&path, Some(&path)).is_err());
    assert!(DuplexStream::recordings(&path, Some(folder.path())).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), before);
}
