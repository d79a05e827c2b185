//! What is written of one reply, token by token.

use jane_core::{Finish, ToolCall};
use jane_worker::{Call, Failure, Llama, LlamaOutput};
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;

use crate::constrained_sampler::ConstrainedSampler;
use crate::detokenizer::{Detokenizer, Piece};

/// What came of a reply.
pub struct Written {
    pub finish: Finish,
    pub calls: Vec<ToolCall>,
    pub tokens: u32,
}

impl Written {
    /// Of a reply for which there is no room, or of which nothing is wanted.
    pub fn nothing() -> Self {
        Self {
            finish: Finish::Length,
            calls: Vec::new(),
            tokens: 0,
        }
    }
}

pub struct Writer {
    model: &'static LlamaModel,
    /// `None` once it is over.
    chooser: Option<ConstrainedSampler>,
    stream: Detokenizer,
    most: u32,
    written: u32,
    /// What was chosen and is not computed yet.
    last: Vec<LlamaToken>,
}

impl Writer {
    /// For at most so many tokens, beside thoughts.
    pub fn new(
        model: &'static LlamaModel,
        chooser: ConstrainedSampler,
        stop: &[String],
        most: u32,
    ) -> Self {
        Self {
            model,
            chooser: Some(chooser),
            stream: Detokenizer::new(stop),
            most,
            written: 0,
            last: Vec::new(),
        }
    }

    /// The tokens that are to be computed next, most often one.
    pub fn last(&self) -> &[LlamaToken] {
        &self.last
    }

    /// Whether no more may be written.
    pub fn is_full(&self) -> bool {
        let thought = self.chooser.as_ref().map_or(0, ConstrainedSampler::thought);
        self.written >= self.most.saturating_add(thought)
    }

    /// Writes the token that follows, from the logits at `place` of the batch that was computed last. Returns all of it where the reply ends:
    /// its last token is not computed then, but left to the next prompt, so that nobody waits for it.
    ///
    /// # Errors
    /// [`Failure::Cancelled`] once the host does not want it any more.
    pub fn next(
        &mut self,
        context: &LlamaContext<'_>,
        place: i32,
        call: &Call<'_, Llama>,
    ) -> Result<Option<Written>, Failure> {
        call.check()?;
        let Some(chooser) = &mut self.chooser else {
            return Ok(Some(Written::nothing()));
        };
        let vocabulary = self.model.vocab();
        let token = chooser.choose(context, place);
        if vocabulary.is_eog(token) {
            // Who thinks has not answered yet.
            let Some(end) = chooser.end_thoughts(true) else {
                return self.finish(Finish::Stop, call).map(Some);
            };
            self.last = vocabulary.tokenize(end.as_bytes(), false, true);
            return self.unless_full(call);
        }
        self.written += 1;
        let (text, thought) = chooser.take(token);
        if let Some(tokens) = thought {
            call.output(LlamaOutput::Thinking { tokens })?;
        }
        match self.stream.push(text.as_bytes()) {
            Piece::Text(text) if text.is_empty() => {}
            Piece::Text(text) => call.output(LlamaOutput::Text(text))?,
            Piece::Stopped(text) => {
                if !text.is_empty() {
                    call.output(LlamaOutput::Text(text))?;
                }
                return Ok(Some(Written {
                    finish: Finish::StopSequence,
                    calls: Vec::new(),
                    tokens: self.written,
                }));
            }
        }
        self.last = vec![token];
        if let Some(end) = chooser.end_thoughts(false) {
            self.last
                .extend(vocabulary.tokenize(end.as_bytes(), false, true));
        } else if chooser.is_over() {
            return self.finish(Finish::Stop, call).map(Some);
        }
        self.unless_full(call)
    }

    fn unless_full(&mut self, call: &Call<'_, Llama>) -> Result<Option<Written>, Failure> {
        match self.is_full() {
            true => self.finish(Finish::Length, call).map(Some),
            false => Ok(None),
        }
    }

    fn finish(&mut self, finish: Finish, call: &Call<'_, Llama>) -> Result<Written, Failure> {
        let Some(chooser) = self.chooser.take() else {
            return Ok(Written::nothing());
        };
        let (finish, ended) = chooser.finish(finish);
        let rest = match self.stream.push(ended.text.as_bytes()) {
            Piece::Text(text) => text + &std::mem::take(&mut self.stream).finish(),
            Piece::Stopped(text) => text,
        };
        if !rest.is_empty() {
            call.output(LlamaOutput::Text(rest))?;
        }
        Ok(Written {
            finish,
            calls: ended.calls,
            tokens: self.written,
        })
    }
}
