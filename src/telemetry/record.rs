//! One record of the log is one line, whatever a model, a server or a skill brought into it.

use std::io::{Result, Write};

use unicode_normalization::char::is_combining_mark;

/// Hands each record on as one line, in which breaks and what nobody would see are spelled out, such as `\n` and `\u{202e}`.
#[derive(Clone)]
pub struct OneLine<W>(pub W);

impl<W: Write> Write for OneLine<W> {
    /// Takes a whole record, which ends with a break.
    fn write(&mut self, record: &[u8]) -> Result<usize> {
        self.0.write_all(line(record).as_bytes())?;
        Ok(record.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.0.flush()
    }
}

fn line(record: &[u8]) -> String {
    let record = String::from_utf8_lossy(record);
    let record = record.strip_suffix('\n').unwrap_or(&record);
    let mut line = String::with_capacity(record.len() + 1);
    for letter in record.chars() {
        if letter.is_ascii_graphic() || letter == ' ' || is_combining_mark(letter) {
            line.push(letter);
        } else {
            line.extend(letter.escape_debug());
        }
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_line_in_which_nothing_hides() {
        for (record, expected) in [
            (
                "INFO jane: fine \"\\\" 'é' 日本 e\u{301}\n",
                "INFO jane: fine \"\\\" 'é' 日本 e\u{301}\n",
            ),
            ("one\ntwo\r\n", "one\\ntwo\\r\n"),
            (
                "a\x1b[2Jb\u{202e}c\u{200b}d\u{2028}e\u{85}f\0",
                "a\\u{1b}[2Jb\\u{202e}c\\u{200b}d\\u{2028}e\\u{85}f\\0\n",
            ),
        ] {
            let mut written = Vec::new();
            let taken = OneLine(&mut written).write(record.as_bytes()).unwrap();
            assert_eq!(taken, record.len());
            assert_eq!(String::from_utf8(written).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_logged_with_breaks_in_it_is_one_line() {
        use parking_lot::Mutex;
        use std::sync::Arc;
        #[derive(Clone, Default)]
        struct Kept(Arc<Mutex<Vec<u8>>>);
        impl Write for Kept {
            fn write(&mut self, bytes: &[u8]) -> Result<usize> {
                self.0.lock().write(bytes)
            }
            fn flush(&mut self) -> Result<()> {
                Ok(())
            }
        }
        let kept = Kept::default();
        let writer = OneLine(kept.clone());
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let error = "it\nbroke";
            tracing::warn!(%error, name = "a\nb", "two\nlines\x1b[2J");
        });
        let written = String::from_utf8(kept.0.lock().clone()).unwrap();
        assert_eq!(written.lines().count(), 1, "{written:?}");
        assert!(written.contains("it\\nbroke"), "{written:?}");
        assert!(!written.contains('\x1b'), "{written:?}");
    }
}
