//! A program in a terminal of its own, and what a person sees there.

use std::ffi::CStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Condvar, Mutex};

use super::PATIENCE;

const ROWS: u16 = 40;
const COLUMNS: u16 = 100;

/// The window, and the program in it.
pub struct Pty {
    window: File,
    inside: File,
    pub child: Child,
    seen: Arc<Seen>,
}

struct Seen {
    parser: Mutex<vt100::Parser>,
    changed: Condvar,
}

/// Both ends of a terminal: the window, and what programs are given of it.
pub fn open_terminal() -> (File, File) {
    let open = |path: &str| {
        let mut options = File::options();
        options.read(true).write(true).custom_flags(libc::O_NOCTTY);
        options.open(path).unwrap()
    };
    let window = open("/dev/ptmx");
    let mut name = [0_u8; 64];
    // SAFETY: the descriptor is open, and `name` is as long as is said.
    let named = unsafe {
        libc::unlockpt(window.as_raw_fd()) == 0
            && libc::ptsname_r(window.as_raw_fd(), name.as_mut_ptr().cast(), name.len()) == 0
    };
    assert!(named, "{}", std::io::Error::last_os_error());
    let name = CStr::from_bytes_until_nul(&name).unwrap();
    let inside = open(name.to_str().unwrap());
    (window, inside)
}

impl Pty {
    pub fn start(mut command: Command) -> Self {
        let (window, inside) = open_terminal();
        let size = libc::winsize {
            ws_row: ROWS,
            ws_col: COLUMNS,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        // SAFETY: the descriptor is open, and `size` is whole.
        let sized = unsafe { libc::ioctl(window.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
        assert_eq!(sized, 0, "{}", std::io::Error::last_os_error());
        let terminal = inside.as_raw_fd();
        let begin = move || {
            // SAFETY: these calls may be made between fork and exec, and the descriptor is open.
            let begun = unsafe {
                libc::setsid() >= 0
                    && libc::ioctl(terminal, libc::TIOCSCTTY, 0) == 0
                    && libc::signal(libc::SIGHUP, libc::SIG_DFL) != libc::SIG_ERR
            };
            if begun {
                Ok(())
            } else {
                Err(std::io::Error::last_os_error())
            }
        };
        // SAFETY: see above; nothing is allocated.
        unsafe { command.pre_exec(begin) };
        command
            .env("TERM", "xterm-256color")
            .stdin(inside.try_clone().unwrap())
            .stdout(inside.try_clone().unwrap())
            .stderr(inside.try_clone().unwrap());
        let child = command.spawn().unwrap();
        let seen = Arc::new(Seen {
            parser: Mutex::new(vt100::Parser::new(
                ROWS.try_into().unwrap(),
                COLUMNS.try_into().unwrap(),
                1000,
            )),
            changed: Condvar::new(),
        });
        let (mut output, shared) = (window.try_clone().unwrap(), Arc::clone(&seen));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                shared.parser.lock().unwrap().process(&bytes[..count]);
                shared.changed.notify_all();
            }
        });
        Self {
            window,
            inside,
            child,
            seen,
        }
    }

    pub fn press(&mut self, keys: &str) {
        self.window.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until what is on the screen, row by row without what is blank at their ends, is as wanted.
    #[track_caller]
    pub fn wait_until(&self, is_wanted: impl Fn(&[String]) -> bool) -> Vec<String> {
        let mut parser = self.seen.parser.lock().unwrap();
        loop {
            let rows = rows(&parser);
            if is_wanted(&rows) {
                return rows;
            }
            let (next, waited) = self.seen.changed.wait_timeout(parser, PATIENCE).unwrap();
            assert!(
                !waited.timed_out(),
                "the screen stays:\n{}",
                rows.join("\n")
            );
            parser = next;
        }
    }

    /// Waits until the line with the cursor is this one.
    #[track_caller]
    pub fn wait_for_line(&self, line: &str) -> Vec<String> {
        self.wait_until(|rows| rows.last().is_some_and(|last| last == line))
    }

    /// Whether the terminal shows by itself what is typed.
    pub fn echoes(&self) -> bool {
        let mut settings = std::mem::MaybeUninit::<libc::termios>::zeroed();
        // SAFETY: `settings` has room for what is written there.
        let asked = unsafe { libc::tcgetattr(self.inside.as_raw_fd(), settings.as_mut_ptr()) };
        assert_eq!(asked, 0);
        // SAFETY: the call wrote all of it.
        unsafe { settings.assume_init() }.c_lflag & libc::ECHO != 0
    }

    /// Waits until the program ends; its exit code.
    pub fn finish(&mut self) -> Option<i32> {
        let pid = self.child.id();
        let (ended, waits) = std::sync::mpsc::channel::<()>();
        let watcher = std::thread::spawn(move || {
            if waits.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                super::kill(pid.into());
            }
        });
        let status = self.child.wait().unwrap();
        drop(ended);
        watcher.join().unwrap();
        status.code()
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn rows(parser: &vt100::Parser) -> Vec<String> {
    let rows = parser.screen().rows(0, COLUMNS);
    let mut rows: Vec<String> = rows.map(|row| row.trim_end().to_owned()).collect();
    while rows.last().is_some_and(String::is_empty) {
        rows.pop();
    }
    rows
}
