//! Whoever closes the terminal, or goes away from her output, is not listened to any longer.

#![cfg(unix)]

use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;

use crate::common::pty::open_terminal;
use crate::common::{Home, PATIENCE, Running, is_running};

/// Has `command` run in a terminal of its own, as programs do that a window starts. Its input and output stay what they are. With
/// `outlives` it is told, as by `nohup`, to pay no heed to the window.
fn in_terminal(command: &mut Command, inside: &File, outlives: bool) {
    let inside = inside.as_raw_fd();
    // Without it too: the tests may themselves run under `nohup`, which programs inherit.
    let hangups = if outlives {
        libc::SIG_IGN
    } else {
        libc::SIG_DFL
    };
    let begin = move || {
        // SAFETY: these calls may be made between fork and exec, and the descriptor is open.
        let begun = unsafe {
            libc::setsid() >= 0
                && libc::ioctl(inside, libc::TIOCSCTTY, 0) == 0
                && libc::signal(libc::SIGHUP, hangups) != libc::SIG_ERR
        };
        if begun {
            Ok(())
        } else {
            Err(std::io::Error::last_os_error())
        }
    };
    // SAFETY: see above; nothing is allocated.
    unsafe { command.pre_exec(begin) };
}

#[test]
fn closing_the_terminal_ends_her_and_her_workers() {
    let home = Home::new();
    let (window, inside) = open_terminal();
    let mut command = home.command(&["chat", "--silent", "--json"]);
    in_terminal(&mut command, &inside, false);
    let mut chat = Running::spawn(&mut command);
    let worker = chat.wait_for("worker.started")["pid"].as_u64().unwrap();
    chat.wait_for("listening");
    drop(window);
    // Her input stays open: only the terminal is gone.
    let run = chat.finish();
    assert_eq!(run.code(), Some(130), "{run:#?}");
    assert!(run.all("config.reloaded").is_empty());
    assert!(!is_running(worker));
    assert!(home.log().contains("the terminal was closed"));
}

#[test]
fn with_nohup_the_terminal_may_close() {
    let home = Home::new();
    let (window, inside) = open_terminal();
    let mut command = home.command(&["chat", "--silent", "--json"]);
    in_terminal(&mut command, &inside, true);
    let mut chat = Running::spawn(&mut command);
    chat.wait_for("listening");
    drop(window);
    chat.wait_for("config.reloaded");
    chat.write_line("Hello!");
    chat.wait_for("reply");
    drop(chat.stdin.take());
    assert_eq!(chat.finish().code(), Some(0));
}

/// How it ended.
fn end_of(mut child: std::process::Child) -> ExitStatus {
    let (sender, ended) = channel();
    let pid = child.id();
    std::thread::spawn(move || sender.send(child.wait()));
    let status = ended.recv_timeout(PATIENCE);
    if status.is_err() {
        crate::common::kill(pid.into());
    }
    status.expect("she goes on").unwrap()
}

#[test]
fn she_ends_where_nobody_reads_what_she_prints() {
    let home = Home::new();
    for arguments in [&["chat", "--silent"][..], &["chat", "--silent", "--json"]] {
        let mut command = home.command(arguments);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        drop(child.stdout.take());
        let mut stdin = child.stdin.take().unwrap();
        // With `--json` she may be gone already.
        let _ = std::io::Write::write_all(&mut stdin, b"Hello!\n");
        // Her input stays open.
        assert_eq!(end_of(child).code(), Some(0), "{arguments:?}");
        drop(stdin);
    }
}
