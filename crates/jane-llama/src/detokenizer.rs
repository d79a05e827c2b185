//! Turns token bytes into text: whole characters only, and nothing of a stop sequence.
//!
//! Invariants: what was given out is never taken back, so text that may become a stop sequence is held until it is decided;
//! bytes that can never become a character come out as U+FFFD.

#[derive(Default)]
pub struct Detokenizer {
    stop: Vec<String>,
    /// Bytes of a character that is not complete.
    bytes: Vec<u8>,
    /// Text that may be the beginning of a stop sequence.
    held: String,
}

/// What came out of a token.
#[derive(Debug, PartialEq)]
pub enum Piece {
    /// Text, possibly none.
    Text(String),
    /// The text before a stop sequence. The reply is over.
    Stopped(String),
}

impl Detokenizer {
    pub fn new(stop: &[String]) -> Self {
        Self {
            stop: stop.to_vec(),
            bytes: Vec::new(),
            held: String::new(),
        }
    }

    pub fn push(&mut self, bytes: &[u8]) -> Piece {
        self.bytes.extend_from_slice(bytes);
        let complete = complete_length(&self.bytes);
        let whole: Vec<u8> = self.bytes.drain(..complete).collect();
        self.held.push_str(&String::from_utf8_lossy(&whole));
        let found = self
            .stop
            .iter()
            .filter_map(|stop| self.held.find(stop.as_str()))
            .min();
        if let Some(place) = found {
            self.held.truncate(place);
            return Piece::Stopped(std::mem::take(&mut self.held));
        }
        let keep = self
            .stop
            .iter()
            .map(|stop| overlap(&self.held, stop))
            .max()
            .unwrap_or(0);
        let held = self.held.split_off(self.held.len() - keep);
        Piece::Text(std::mem::replace(&mut self.held, held))
    }

    /// What is left when the model ended its reply.
    pub fn finish(mut self) -> String {
        self.held.push_str(&String::from_utf8_lossy(&self.bytes));
        self.held
    }
}

/// Bytes up to the end of the last character that is complete or can never be.
pub fn complete_length(bytes: &[u8]) -> usize {
    let mut done = 0;
    while let Err(error) = std::str::from_utf8(bytes.get(done..).unwrap_or_default()) {
        done += error.valid_up_to();
        match error.error_len() {
            Some(length) => done += length,
            None => return done,
        }
    }
    bytes.len()
}

/// Length of the longest end of `text` that is a beginning of `stop`.
fn overlap(text: &str, stop: &str) -> usize {
    stop.char_indices()
        .map(|(start, character)| start + character.len_utf8())
        .filter(|length| {
            stop.get(..*length)
                .is_some_and(|beginning| text.ends_with(beginning))
        })
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(piece: Piece) -> String {
        match piece {
            Piece::Text(text) => text,
            Piece::Stopped(text) => panic!("stopped at {text}"),
        }
    }

    #[test]
    fn a_character_over_two_tokens_comes_out_whole() {
        let mut stream = Detokenizer::new(&[]);
        let bytes = "né".as_bytes();
        assert_eq!(text(stream.push(&bytes[..2])), "n");
        assert_eq!(text(stream.push(&bytes[2..])), "é");
        assert_eq!(text(stream.push(&[0xff, b'a'])), "\u{fffd}a");
        stream.push(&[0xe6]);
        assert_eq!(stream.finish(), "\u{fffd}");
    }

    #[test]
    fn a_stop_sequence_over_several_tokens_is_never_spoken() {
        let stop = ["User:".to_owned()];
        let mut stream = Detokenizer::new(&stop);
        assert_eq!(text(stream.push(b"Fine. Us")), "Fine. ");
        assert_eq!(text(stream.push(b"e ")), "Use ");
        assert_eq!(text(stream.push(b"User")), "");
        assert_eq!(stream.push(b": more"), Piece::Stopped(String::new()));
    }

    #[test]
    fn what_looked_like_a_stop_sequence_is_given_at_the_end() {
        let stop = ["###".to_owned()];
        let mut stream = Detokenizer::new(&stop);
        assert_eq!(text(stream.push("naïve ##".as_bytes())), "naïve ");
        assert_eq!(stream.finish(), "##");
    }
}
