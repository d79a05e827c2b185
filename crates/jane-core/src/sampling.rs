//! In what one reply differs from what `jane.toml` says of all.

/// Wishes for one reply; what is not set is as `jane.toml` has it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sampling {
    /// Tokens at most; never more than `llm.max_reply_tokens` where that is a server's.
    pub max_tokens: Option<u32>,
    /// 0 takes the likeliest token each time.
    pub temperature: Option<f64>,
    /// From 0 to 1.
    pub top_p: Option<f64>,
    /// 0 is another one for each reply.
    pub seed: Option<u32>,
    /// Texts at which the reply ends; empty for those of `jane.toml`.
    pub stop: Vec<String>,
    /// The reply is a call of one of the prompt's tools, which its messages tell of, and nothing else.
    pub must_call: bool,
}
