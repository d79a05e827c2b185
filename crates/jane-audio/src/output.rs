//! Where the conversation's sound goes: one small trait, and the outputs that need no device.
//!
//! An output never reorders and never repeats what it was given.

use async_trait::async_trait;

use super::AudioError;

/// Something that sound can be played into.
#[async_trait]
pub trait AudioOutput: Send {
    /// Queues mono samples in -1..=1 (others are clamped, and what is not finite is silence) at
    /// `sample_rate` Hz; returns when less than about a sentence waits before them.
    async fn play(&mut self, samples: &[f32], sample_rate: u32) -> Result<(), AudioError>;

    /// Waits until everything that was queued has been heard or written.
    async fn finish(&mut self) -> Result<(), AudioError>;
}

/// Makes what a synthesiser or a file delivers fit for [`AudioOutput::play`].
pub(super) fn clean(sample: f32) -> f32 {
    if sample.is_finite() {
        sample.clamp(-1.0, 1.0)
    } else {
        0.0
    }
}

/// Drops everything at once.
#[derive(Debug, Default)]
pub struct Silent;

#[async_trait]
impl AudioOutput for Silent {
    async fn play(&mut self, _samples: &[f32], _sample_rate: u32) -> Result<(), AudioError> {
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), AudioError> {
        Ok(())
    }
}

/// Plays into each of several outputs, such as the loudspeaker and a file.
///
/// One that fails does not keep the sound from the others; the first error is returned after all
/// had their turn.
pub struct Outputs(pub Vec<Box<dyn AudioOutput>>);

#[async_trait]
impl AudioOutput for Outputs {
    async fn play(&mut self, samples: &[f32], sample_rate: u32) -> Result<(), AudioError> {
        let mut result = Ok(());
        for output in &mut self.0 {
            result = result.and(output.play(samples, sample_rate).await);
        }
        result
    }

    async fn finish(&mut self) -> Result<(), AudioError> {
        let mut result = Ok(());
        for output in &mut self.0 {
            result = result.and(output.finish().await);
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{WavFile, read_speech};

    struct Broken;

    #[async_trait]
    impl AudioOutput for Broken {
        async fn play(&mut self, _: &[f32], sample_rate: u32) -> Result<(), AudioError> {
            Err(AudioError::UnsupportedRate { sample_rate })
        }
        async fn finish(&mut self) -> Result<(), AudioError> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_broken_output_does_not_silence_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let file = WavFile::create(&path).unwrap();
        let mut outputs = Outputs(vec![Box::new(Broken), Box::new(Silent), Box::new(file)]);

        assert!(outputs.play(&[0.5; 160], 16_000).await.is_err());
        outputs.finish().await.unwrap();

        assert_eq!(read_speech(&path, 1.0).unwrap().len(), 160);
    }
}
