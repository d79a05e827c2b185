//! The status socket, and how a running Jane is found by it.

use std::os::unix::fs::PermissionsExt;

use jane_core::event::TurnOutcome;
use jane_platform::connect_in;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use super::*;
use crate::run_directory::RunDirectory;
use crate::runtime::runs_directory;

#[tokio::test]
async fn a_jane_is_found_by_her_home_however_long_its_path_is() {
    let scene = Scene::new();
    let models = scene.home.path().join("a-long-name".repeat(20));
    let run = RunDirectory::new_in(&runs_directory(&models)).unwrap();
    assert!(run.path().as_os_str().len() > 200);
    let home = scene.home.path();
    let none = running(&models, home, None).await.err().unwrap();
    assert!(matches!(none, NotFound::None { .. }), "{none}");

    let listener = super::super::status_socket::listen(run.path()).unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(
        mode(&run.path().join(super::super::status_socket::SOCKET)),
        0o600
    );
    assert_eq!(mode(run.path()), 0o700);
    let serving = tokio::spawn(super::super::status_socket::serve(
        listener,
        scene.metrics.clone(),
    ));
    let mut found = running(&models, home, None).await.unwrap();
    assert_eq!(found.first.pid, std::process::id());
    scene.turn(1, TurnOutcome::Answered, 100);
    let next = found.next().await.unwrap();
    assert_eq!(next.turns.len(), 1);
    assert!(
        running(&models, home, Some(std::process::id()))
            .await
            .is_ok()
    );
    let other = running(&models, home, Some(1)).await.err().unwrap();
    assert!(matches!(other, NotFound::NotThis { pid: 1, .. }), "{other}");
    // Homes may share their models.
    let elsewhere = tempfile::tempdir().unwrap();
    let other = running(&models, elsewhere.path(), None)
        .await
        .err()
        .unwrap();
    assert!(matches!(other, NotFound::None { .. }), "{other}");

    // She ends, as by kill -9: the socket stays, and nobody is there.
    serving.abort();
    assert!(serving.await.unwrap_err().is_cancelled());
    while found.next().await.is_some() {}
    let gone = running(&models, home, None).await.err().unwrap();
    assert!(matches!(gone, NotFound::None { .. }), "{gone}");
    assert!(gone.hint().unwrap().contains("jane chat"));
}

/// Time goes on by itself where nothing else does.
#[tokio::test(start_paused = true)]
async fn the_ninth_is_turned_away_until_one_that_never_reads_is_let_go() {
    let scene = Scene::new();
    let listener = super::super::status_socket::listen(scene.home.path()).unwrap();
    let serving = tokio::spawn(super::super::status_socket::serve(
        listener,
        scene.metrics.clone(),
    ));
    let connect = || connect_in(scene.home.path(), super::super::status_socket::SOCKET);
    let mut lazy = Vec::new();
    for _ in 0..super::super::status_socket::MOST_WATCHERS {
        let mut stream = connect().await.unwrap();
        // What is sent is not read.
        stream.write_all(b"hello").await.unwrap();
        // Taken: the first line has begun.
        assert_eq!(stream.read_u8().await.unwrap(), b'{');
        lazy.push(stream);
    }
    let mut ninth = BufReader::new(connect().await.unwrap());
    let mut line = String::new();
    assert_eq!(ninth.read_line(&mut line).await.unwrap(), 0, "{line}");
    let told = loop {
        let mut stream = BufReader::new(connect().await.unwrap());
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap() > 0 {
            break line;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    assert!(serde_json::from_str::<Snapshot>(&told).is_ok());
    serving.abort();
}
