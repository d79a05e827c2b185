//! Scenarios of writing: what is in the file, and what is never left behind.

use super::*;
use crate::{WavSource, read_speech};

#[tokio::test]
async fn what_was_played_is_in_the_file_and_two_rates_become_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answer.wav");
    let mut file = WavFile::create(&path).unwrap();
    file.play(&[0.5; 8_000], 16_000).await.unwrap();
    file.play(&[0.5; 24_000], 48_000).await.unwrap();
    file.play(&[f32::NAN, 7.0, -7.0], 16_000).await.unwrap();
    assert!(!path.exists());
    file.finish().await.unwrap();
    file.finish().await.unwrap();

    let speech = read_speech(&path, 10.0).unwrap();
    assert_eq!(speech.len(), 16_003);
    assert!((speech[12_000] - 0.5).abs() < 0.01);
    assert_eq!(speech[16_000], 0.0);
    assert!(speech[16_001] > 0.999 && speech[16_002] < -0.999);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let error = file.play(&[0.0], 16_000).await.unwrap_err();
    assert!(matches!(error, AudioError::Finished { .. }));
}

#[tokio::test]
async fn an_abandoned_file_leaves_the_old_one_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answer.wav");
    std::fs::write(&path, "old").unwrap();
    let mut file = WavFile::create(&path).unwrap();
    file.play(&[0.1; 50_000], 22_050).await.unwrap();
    drop(file);
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn silence_from_beginning_to_end_is_a_valid_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nothing.wav");
    WavFile::create(&path).unwrap().finish().await.unwrap();
    assert_eq!(hound::WavReader::open(&path).unwrap().len(), 0);
    let error = WavSource::open(&path).map(|_| ()).unwrap_err();
    assert!(matches!(error, AudioError::NoSamples { .. }));
}

#[test]
fn places_that_cannot_be_written_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let create = |path: &Path| WavFile::create(path).map(|_| ()).unwrap_err();
    assert!(
        create(&folder.path().join("no/such/a.wav"))
            .hint()
            .is_some()
    );
    assert!(matches!(create(folder.path()), AudioError::NotAFile { .. }));
    #[cfg(unix)]
    assert!(matches!(
        create(Path::new("/dev/null")),
        AudioError::NotAFile { .. }
    ));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_an_error_not_a_short_file() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let spec = WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answer.wav");
    let mut file = WavFile::create(&path).unwrap();
    file.recording = Some(Recording {
        writer: WavWriter::new(BufWriter::new(full), spec).unwrap(),
        sample_rate: 16_000,
        resampler: Resampler::new(16_000, 16_000).unwrap(),
        input_rate: 16_000,
        samples: 0,
    });
    let played = file.play(&[0.1; 100_000], 16_000).await;
    let error = played.and(file.finish().await).unwrap_err();
    assert!(error.hint().unwrap().contains("space"), "{error}");
    drop(file);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
