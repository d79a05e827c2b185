//! Lines of the standard input, where it is no terminal: read bounded, whatever comes.
//!
//! Invariants: no more of a line than [`LONGEST_LINE`] is kept, and what is longer is told as soon as that is known and thrown away to its end;
//! the end of the input comes after all that was read. The thread that reads holds up nobody: it cannot be ended, and is not waited for.

use std::io::BufRead;

use tokio::sync::mpsc;

use super::Typed;

/// The longest line that is taken, in bytes: no context window of a model here holds more.
pub const LONGEST_LINE: usize = 256 << 10;

/// Lines of the standard input, from a thread of their own.
pub fn read() -> mpsc::Receiver<Typed> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || all(std::io::stdin().lock(), &sender));
    receiver
}

/// Sends all lines of `input` until it ends or fails, or nobody wants them any more.
fn all(mut input: impl BufRead, sender: &mpsc::Sender<Typed>) {
    let mut line = Vec::new();
    let mut thrown_away = false;
    loop {
        let part = match input.fill_buf() {
            Ok(part) => part,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => {
                let _ = sender.blocking_send(Typed::Failed(error.to_string()));
                return;
            }
        };
        let is_over = part.is_empty();
        let end = part.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(part.len(), |end| end + 1);
        let part = part.get(..end.unwrap_or(taken)).unwrap_or_default();
        if !thrown_away && line.len() + part.len() > LONGEST_LINE {
            thrown_away = true;
            line = Vec::new();
            if sender.blocking_send(Typed::TooLong).is_err() {
                return;
            }
        }
        if !thrown_away {
            line.extend_from_slice(part);
        }
        input.consume(taken);
        let is_whole = end.is_some() || (is_over && !line.is_empty());
        if is_whole && !std::mem::take(&mut thrown_away) {
            let typed = typed(&std::mem::take(&mut line));
            if sender.blocking_send(typed).is_err() {
                return;
            }
        }
        if is_over {
            return;
        }
    }
}

/// A line as text: what is none of it is left out or marked, and counted.
pub fn typed(line: &[u8]) -> Typed {
    let marked = line
        .utf8_chunks()
        .filter(|chunk| !chunk.invalid().is_empty())
        .count();
    let text = String::from_utf8_lossy(line);
    // Programs that write text for Windows begin and end it so.
    let text = text.trim_start_matches('\u{feff}').trim_end_matches('\r');
    let is_text = |letter: &char| !letter.is_control() || letter.is_whitespace();
    let kept: String = text.chars().filter(is_text).collect();
    let left_out = text.chars().count() - kept.chars().count();
    Typed::Line {
        text: kept,
        no_text: marked + left_out,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read, repeat};

    use super::*;

    fn lines(input: impl Read + Send + 'static) -> Vec<Typed> {
        let (sender, mut receiver) = mpsc::channel(1);
        std::thread::spawn(move || all(BufReader::new(input), &sender));
        std::iter::from_fn(|| receiver.blocking_recv()).collect()
    }

    fn line(text: &str, no_text: usize) -> Typed {
        let text = text.to_owned();
        Typed::Line { text, no_text }
    }

    #[test]
    fn lines_end_with_a_break_or_with_the_input() {
        assert_eq!(lines(&b""[..]), []);
        assert_eq!(lines(&b"\n"[..]), [line("", 0)]);
        let windows = b"\xef\xbb\xbfone\r\n\r\ntwo\n\nthree";
        let expected = ["one", "", "two", "", "three"].map(|text| line(text, 0));
        assert_eq!(lines(&windows[..]), expected);
    }

    #[test]
    fn a_line_that_is_too_long_is_told_and_thrown_away_and_the_next_is_taken() {
        let long = || repeat(b'a').take(50 << 20);
        let after = lines(long().chain(&b"\nHello!\n"[..]));
        assert_eq!(after, [Typed::TooLong, line("Hello!", 0)]);
        assert_eq!(lines(long()), [Typed::TooLong]);
        let longest = "a".repeat(LONGEST_LINE);
        for end in ["", "\n"] {
            let input = format!("{longest}{end}").into_bytes();
            assert_eq!(lines(std::io::Cursor::new(input)), [line(&longest, 0)]);
        }
        let more = format!("{longest}a\nb").into_bytes();
        let more = lines(std::io::Cursor::new(more));
        assert_eq!(more, [Typed::TooLong, line("b", 0)]);
    }

    #[test]
    fn what_is_no_text_is_left_out_or_marked_and_counted() {
        assert_eq!(lines(&b"a\0b\x1b[2J\tc\0"[..]), [line("ab[2J\tc", 3)]);
        let broken = lines(&b"caf\xe9 \xf0\x9f\x98\xff!\n\xc3\xa9"[..]);
        let marked = line("caf\u{fffd} \u{fffd}\u{fffd}!", 3);
        assert_eq!(broken, [marked, line("é", 0)]);
        assert_eq!(lines(&b"\0\0\0\n"[..]), [line("", 3)]);
    }

    #[test]
    fn an_endless_line_is_told_at_once_and_nobody_waits_for_its_end() {
        let (sender, mut receiver) = mpsc::channel(1);
        let reading = std::thread::spawn(move || all(BufReader::new(repeat(b'a')), &sender));
        assert_eq!(receiver.blocking_recv(), Some(Typed::TooLong));
        // It goes on, and nobody joins it.
        assert!(!reading.is_finished());
    }
}
