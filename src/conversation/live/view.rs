//! What a terminal shows of a conversation by voice.

/// What Jane does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    #[default]
    Listening,
    /// Somebody speaks.
    Hearing,
    /// An utterance may be over.
    Pausing,
    /// The utterance is over, and no sound of the answer is there yet.
    Thinking,
    Speaking,
}

/// What a terminal shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct View {
    pub stage: Stage,
    /// Of the microphone, in decibels of full scale.
    pub level_db: f32,
    /// What was understood so far.
    pub partial: String,
}
