//! She as a service: what systemd is told, and the unit that starts her.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Output;

use super::{home, raw, request};
use crate::common::clients::Serving;
use crate::common::{Home, PATIENCE, Running, signal};

/// The next of what systemd is told that says this.
fn told(socket: &UnixDatagram, what: &str) {
    let mut buffer = [0; 4096];
    loop {
        let length = socket.recv(&mut buffer).unwrap();
        let message = String::from_utf8_lossy(&buffer[..length]);
        if message.lines().any(|line| line == what) {
            return;
        }
    }
}

#[test]
fn systemd_is_told_when_she_is_ready_that_she_is_lively_and_that_she_ends() {
    let home = home("");
    let place = home.path().join("notify");
    let socket = UnixDatagram::bind(&place).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = home.command(&["serve", "--json"]);
    command
        .env("NOTIFY_SOCKET", &place)
        .env("WATCHDOG_USEC", "400000");
    let mut serving = Serving::listening(&home, Running::spawn(&mut command));
    told(&socket, "READY=1");
    for _ in 0..3 {
        told(&socket, "WATCHDOG=1");
    }
    // As `systemctl reload` does it: she reads the configuration anew, and goes on.
    let pid = serving.running.as_ref().unwrap().child.id();
    signal(pid, "-HUP");
    let head = format!("Host: {}\r\n", serving.address);
    let answer = raw(&serving.address, &request("GET /v1/models", &head, b""));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    told(&socket, "WATCHDOG=1");
    signal(pid, "-TERM");
    told(&socket, "STOPPING=1");
    let run = serving.running.take().unwrap().finish();
    assert_eq!(run.code(), Some(0), "{run:#?}");
}

/// Installs the unit below `configurations`.
fn install(home: &Home, configurations: &Path) -> Output {
    let mut command = home.command(&["serve", "--install"]);
    command.env("XDG_CONFIG_HOME", configurations);
    command.output().unwrap()
}

#[test]
fn a_unit_is_written_once_and_anew_and_never_over_somebody_elses() {
    let home = Home::new();
    let configurations = home.path().join("the configurations");
    for time in ["enable --now jane", "restart jane"] {
        let run = install(&home, &configurations);
        assert!(run.status.success(), "{run:?}");
        let text = String::from_utf8(run.stdout).unwrap();
        assert!(text.contains(time), "{text}");
    }
    let place = configurations.join("systemd/user/jane.service");
    let unit = std::fs::read_to_string(&place).unwrap();
    let program = env!("CARGO_BIN_EXE_jane");
    let at = home.path().display();
    for line in [
        format!("ExecStart=\"{program}\" \"--home\" \"{at}\" \"serve\""),
        "Type=notify".to_owned(),
        "Restart=on-failure".to_owned(),
        "ExecReload=/bin/kill -HUP $MAINPID".to_owned(),
    ] {
        assert!(unit.lines().any(|known| known == line), "{line}: {unit}");
    }
    std::fs::write(&place, "[Service]\nExecStart=/bin/true\n").unwrap();
    let run = install(&home, &configurations);
    assert_eq!(run.status.code(), Some(1), "{run:?}");
    let unit = std::fs::read_to_string(&place).unwrap();
    assert!(unit.ends_with("/bin/true\n"), "{unit}");
}
