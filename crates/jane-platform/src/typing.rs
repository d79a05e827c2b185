//! How the terminal takes what is typed.

use std::mem::MaybeUninit;

/// The settings of the terminal that is the standard input, as they were when they were looked at.
#[derive(Clone, Copy)]
pub struct Typing(libc::termios);

impl Typing {
    /// `None` where the standard input is no terminal.
    #[must_use]
    pub fn of_input() -> Option<Self> {
        let mut settings = MaybeUninit::<libc::termios>::zeroed();
        // SAFETY: `settings` has room for what is written there.
        let asked = unsafe { libc::tcgetattr(libc::STDIN_FILENO, settings.as_mut_ptr()) };
        // SAFETY: the call wrote all of it.
        (asked == 0).then(|| Self(unsafe { settings.assume_init() }))
    }

    /// From now on the terminal does not show by itself what is typed. A terminal that does not take this goes on as it was.
    pub fn hide(&self) {
        let mut hidden = *self;
        hidden.0.c_lflag &= !libc::ECHO;
        hidden.restore();
    }

    /// Makes the settings what they were. Nothing happens where the terminal is gone.
    pub fn restore(&self) {
        // SAFETY: the settings are whole, and the descriptor is the process's standard input.
        unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, &raw const self.0) };
    }
}
