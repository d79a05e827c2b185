//! A transcript as subtitles.

use std::fmt::Write;

use super::super::super::sessions::Stretch;

/// SubRip.
pub fn srt(stretches: &[Stretch]) -> String {
    let mut text = String::new();
    for (index, stretch) in stretches.iter().enumerate() {
        let (start, end) = (
            time(stretch.start_seconds, ','),
            time(stretch.end_seconds, ','),
        );
        let _ = write!(
            text,
            "{}\n{start} --> {end}\n{}\n\n",
            index + 1,
            stretch.text
        );
    }
    text
}

/// WebVTT.
pub fn vtt(stretches: &[Stretch]) -> String {
    let mut text = "WEBVTT\n\n".to_owned();
    for stretch in stretches {
        let (start, end) = (
            time(stretch.start_seconds, '.'),
            time(stretch.end_seconds, '.'),
        );
        // What would end a cue, or begin a tag, is no text there.
        let said = stretch
            .text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace("-->", "--&gt;");
        let _ = write!(text, "{start} --> {end}\n{said}\n\n");
    }
    text
}

/// Hours, minutes, seconds and milliseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "recordings last hours"
)]
fn time(seconds: f64, mark: char) -> String {
    let ms = (seconds.max(0.0) * 1000.0).round() as u64;
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}{mark}{:03}", ms % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_to_the_millisecond() {
        let stretch = Stretch {
            text: "1 < 2".to_owned(),
            start_seconds: 0.5,
            end_seconds: 3725.0625,
            mean_log_probability: 0.0,
            no_speech_probability: 0.0,
            language: None,
        };
        let stretches = [stretch];
        assert_eq!(
            srt(&stretches),
            "1\n00:00:00,500 --> 01:02:05,063\n1 < 2\n\n"
        );
        assert_eq!(
            vtt(&stretches),
            "WEBVTT\n\n00:00:00.500 --> 01:02:05.063\n1 &lt; 2\n\n"
        );
    }
}
