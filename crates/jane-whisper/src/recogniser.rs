//! One loaded Whisper model: audio in, a believable reading out.
//!
//! Invariant: nothing is carried over from one utterance to the next.

use std::ffi::{c_int, c_void};

use jane_worker::{Call, Failure, Whisper, WhisperOptions, WhisperTranscript};
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperError,
    WhisperState, WhisperTokenId,
};

use crate::audio_ctx;
use crate::hallucination_filter::{self, Reading};

/// Above every probability.
const NEVER: f32 = 2.0;

pub struct Recogniser {
    context: WhisperContext,
    state: WhisperState,
}

impl Recogniser {
    /// # Errors
    /// Where the file is no Whisper model, or the memory does not suffice.
    pub fn load(model: &str, gpu: bool) -> Result<Self, Failure> {
        let mut parameters = WhisperContextParameters::default();
        parameters.use_gpu(gpu);
        let context =
            WhisperContext::new_with_params(model, parameters).map_err(|error| Failure::Model {
                message: format!("`{model}` is not a Whisper model that can be loaded: {error}"),
            })?;
        let state = context.create_state().map_err(engine)?;
        Ok(Self { context, state })
    }

    pub fn is_multilingual(&self) -> bool {
        self.context.is_multilingual()
    }

    /// Reads the utterance with as small a window as it needs, and once more with the whole one
    /// where the reading is doubtful.
    ///
    /// # Errors
    /// Where the language is not one of the model's, the engine fails, or the host cancels.
    pub fn transcribe(
        &mut self,
        options: &WhisperOptions,
        audio: &[f32],
        call: &Call<'_, Whisper>,
    ) -> Result<WhisperTranscript, Failure> {
        let language = self.language(options.language.as_deref())?;
        if options.is_beginning {
            return self.transcribe_beginning(language, options, audio, call);
        }
        let (silence, sureness) = (
            options.no_speech_threshold,
            options.log_probability_threshold,
        );
        let mut reading = Reading::default();
        for audio_context in audio_ctx::attempts(audio.len(), options.audio_context_floor) {
            let again = self.read(language, options, audio, audio_context, call)?;
            reading = reading.corrected_by(again);
            if !reading.is_doubtful(silence, sureness) {
                break;
            }
        }
        let detected = whisper_rs::get_lang_str(self.state.full_lang_id_from_state());
        Ok(WhisperTranscript {
            text: reading.accepted(silence, sureness),
            language: detected.map(str::to_owned),
            no_speech_probability: reading.no_speech_probability,
            mean_log_probability: reading.mean_log_probability,
        })
    }

    /// Reads the first words once, on one thread, which takes the least of the processors' time. What is repeated behind them is left
    /// out.
    fn transcribe_beginning(
        &mut self,
        language: &str,
        options: &WhisperOptions,
        audio: &[f32],
        call: &Call<'_, Whisper>,
    ) -> Result<WhisperTranscript, Failure> {
        let mut parameters = parameters(language, options, audio.len());
        let tokens = audio_ctx::most_tokens_of_beginning(language == "en");
        parameters.set_max_tokens(number(tokens));
        parameters.set_n_threads(1);
        parameters.set_audio_ctx(number(audio_ctx::beginning(audio.len())));
        self.full(parameters, audio, call)?;
        let reading = Reading::of(&self.state);
        Ok(WhisperTranscript {
            text: hallucination_filter::first_words(&reading.text),
            language: None,
            no_speech_probability: 0.0,
            mean_log_probability: reading.mean_log_probability,
        })
    }

    /// What whisper.cpp calls the language; `auto` detects it.
    fn language<'a>(&self, wanted: Option<&'a str>) -> Result<&'a str, Failure> {
        let invalid = |message| Err(Failure::Invalid { message });
        match wanted {
            None if self.is_multilingual() => Ok("auto"),
            None | Some("en") => Ok("en"),
            Some(language) if !self.is_multilingual() => {
                invalid(format!("this model knows English only, not `{language}`"))
            }
            Some(language) if whisper_rs::get_lang_id(language).is_none() => {
                invalid(format!("Whisper does not know the language `{language}`"))
            }
            Some(language) => Ok(language),
        }
    }

    fn read(
        &mut self,
        language: &str,
        options: &WhisperOptions,
        audio: &[f32],
        audio_context: u32,
        call: &Call<'_, Whisper>,
    ) -> Result<Reading, Failure> {
        let threads = call.threads()?;
        let mut parameters = parameters(language, options, audio.len());
        parameters.set_n_threads(number(threads));
        parameters.set_audio_ctx(number(audio_context));
        self.full(parameters, audio, call)?;
        let mut reading = Reading::of(&self.state);
        reading.seconds = audio_ctx::seconds(audio.len());
        reading.no_speech_probability = self.no_speech_probability(threads).map_err(engine)?;
        Ok(reading)
    }

    /// Has whisper.cpp read `audio`.
    fn full(
        &mut self,
        mut parameters: FullParams<'_, '_>,
        audio: &[f32],
        call: &Call<'_, Whisper>,
    ) -> Result<(), Failure> {
        // SAFETY: the callback gets back the pointer that it expects, and only until `full` returns, which `call` outlives. Any
        // thread may use a call. The binding's own safe callback casts its closure to another type.
        unsafe {
            parameters.set_abort_callback(Some(is_cancelled));
            parameters.set_abort_callback_user_data(std::ptr::from_ref(call).cast_mut().cast());
        }
        // Nothing is asked while a window is encoded, which takes a slow machine longer than the host waits for a sign of life.
        let result = call.step(|| self.state.full(parameters, &audio_ctx::padded(audio)));
        call.check()?;
        result.map(drop).map_err(engine)
    }

    /// The probability of the no-speech token as the first one after start-of-transcript, as in
    /// OpenAI's `decoding.py`, for the audio that was read last. whisper.cpp's own figure belongs to
    /// whatever was decoded before.
    fn no_speech_probability(&mut self, threads: u32) -> Result<f32, WhisperError> {
        let threads = usize::try_from(threads).unwrap_or(1);
        self.state.decode(&[self.context.token_sot()], 0, threads)?;
        Ok(softmax(self.state.get_logits()?, self.context.token_nosp()))
    }
}

fn parameters<'a>(
    language: &'a str,
    options: &WhisperOptions,
    samples: usize,
) -> FullParams<'a, 'a> {
    let mut parameters = FullParams::new(match options.beam_size {
        0 | 1 => SamplingStrategy::Greedy { best_of: 1 },
        beam_size => SamplingStrategy::BeamSearch {
            beam_size: number(beam_size),
            patience: -1.0,
        },
    });
    parameters.set_language(Some(language));
    parameters.set_max_tokens(number(audio_ctx::most_tokens(samples, language == "en")));
    if !options.prompt.is_empty() {
        // A NUL would panic inside the binding.
        parameters.set_initial_prompt(&options.prompt.replace('\0', " "));
    }
    // One utterance: one segment, no times, and nothing carried over from the last one.
    parameters.set_no_context(true);
    parameters.set_no_timestamps(true);
    parameters.set_single_segment(true);
    parameters.set_suppress_nst(true);
    // whisper.cpp would drop readings by a figure of the utterance before: it takes the row of
    // logits that its last decoding left behind. `guard` decides that, by `no_speech_probability`.
    parameters.set_no_speech_thold(NEVER);
    // Doubtful readings are repeated with a larger window, not with random sampling.
    parameters.set_temperature_inc(0.0);
    parameters.set_print_progress(false);
    parameters.set_print_realtime(false);
    parameters.set_print_special(false);
    parameters.set_print_timestamps(false);
    parameters
}

/// The probability of `token` under `logits`.
fn softmax(logits: &[f32], token: WhisperTokenId) -> f32 {
    let chosen = usize::try_from(token)
        .ok()
        .and_then(|token| logits.get(token));
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|logit| (logit - largest).exp()).sum();
    chosen.map_or(0.0, |logit| (logit - largest).exp() / sum)
}

/// Asked by whisper.cpp after each encoding and each token; tells the host on the way that the work goes on.
unsafe extern "C" fn is_cancelled(call: *mut c_void) -> bool {
    // SAFETY: `call` is the pointer set in `read`, to a call that outlives `full`.
    let call = unsafe { &*call.cast_const().cast::<Call<'_, Whisper>>() };
    call.working().is_err()
}

fn engine(error: WhisperError) -> Failure {
    Failure::Engine {
        message: format!("whisper.cpp fails: {error}"),
    }
}

fn number(value: u32) -> c_int {
    c_int::try_from(value).unwrap_or(c_int::MAX)
}
