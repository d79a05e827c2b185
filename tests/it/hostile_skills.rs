//! Skills that mean harm, each in a running conversation beside one that means well: the turn is answered, the host stays up, and the bad
//! one ends refused or quarantined, with a reason.

use crate::common::Running;
use crate::common::openai::{Answer, OpenAiServer};
use crate::common::skills::{
    ELSEWHERE, MEMORY, answering, component, data, drop_in, fresh, hearing, hook, take_out, tools,
    typed_home,
};
use serde_json::Value;

/// Milliseconds that hooks may add to a turn, and what the turn itself may take on a busy machine.
const LIMIT_MS: u64 = 300;
const TURN_MS: u64 = 1_500;

/// Returns `ok(pass)`.
const PASS: &str = "(i32.const 1024)";

/// What a hostile skill comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    /// It is never loaded.
    Refused,
    /// It is loaded, and left alone after some turns.
    Quarantined,
    /// It is held to its limits, and harms nobody.
    Held,
}

/// A conversation by typing with a skill that answers when it is asked for the time, and a model that answers the rest.
struct Scene {
    server: OpenAiServer,
    home: crate::common::Home,
    chat: Running,
}

impl Scene {
    fn new(config: &str) -> Self {
        // Limits are what the bad one is held to: a busy machine takes nothing from the other.
        let (server, home) = typed_home(&format!("{config}[skills.well]\nhook_ms = 10000\n"));
        drop_in(&home, "well", &knows("time", "It is noon."));
        let mut chat = home.start(&["chat", "--silent", "--set", "plugins.turn_ms=10000"]);
        let loaded = chat.wait_for("skill.loaded");
        assert_eq!(loaded["skill"], "well");
        chat.wait_for("listening");
        Self { server, home, chat }
    }

    /// Asks, and returns the answer and how long the turn took.
    fn ask(&mut self, question: &str) -> (String, u64) {
        self.chat.write_line(question);
        let mut reply = String::new();
        loop {
            let event = self.chat.wait_for_any(&["reply", "turn.ended"]);
            if event["event"] == "turn.ended" {
                assert_eq!(event["outcome"], "answered", "{event}");
                return (reply, event["total_ms"].as_u64().unwrap());
            }
            reply = event["text"].as_str().unwrap().to_owned();
        }
    }

    /// Whether an event of this name about the skill `bad` came, and what it says.
    fn told(&self, name: &str) -> Option<Value> {
        let about = |event: &&Value| event["event"] == name && event["skill"] == "bad";
        self.chat.seen().iter().rev().find(about).cloned()
    }

    fn end(mut self) {
        drop(self.chat.stdin.take());
        let run = self.chat.finish();
        assert_eq!(run.code(), Some(0), "{}", run.stderr);
    }
}

/// A skill that answers `text` where the question begins with the letter that `word` does.
fn knows(word: &str, text: &str) -> Vec<u8> {
    let result = format!("{} {}", data(2048, "\0\0\0\0\x02\0\0\0"), data(4096, text));
    let body = format!(
        "(if (i32.ne (i32.load8_u (local.get 1)) (i32.const {})) (then (return (i32.const 1024))))
         (i32.store (i32.const 2056) (i32.const 4096)) (i32.store (i32.const 2060) (i32.const {})) (i32.const 2048)",
        word.as_bytes()[0],
        text.len()
    );
    hearing(&[], &result, &body)
}

/// Puts a hostile skill there, asks until it ends as it should, and takes it away.
fn meets(scene: &mut Scene, what: &str, bad: &[u8], end: End) {
    let before = scene.chat.seen().len();
    drop_in(&scene.home, "bad", bad);
    let became = loop {
        let event = scene.chat.wait_for_any(&["skill.loaded", "skill.failed"]);
        if event["skill"] == "bad" {
            break event;
        }
    };
    let refused = became["event"] == "skill.failed";
    assert_eq!(refused, end == End::Refused, "{what}: {became}");
    if refused {
        println!("{what}: refused: {}", became["reason"]);
    }
    let quarantined = |scene: &Scene| {
        let new = &scene.chat.seen()[before..];
        let found = new
            .iter()
            .find(|event| event["event"] == "skill.quarantined" && event["skill"] == "bad");
        found.cloned()
    };
    let mut turns = 0;
    loop {
        let (reply, ms) = scene.ask("who are you?");
        assert_eq!(reply, "model heard: who are you?", "{what}");
        assert!(ms < LIMIT_MS + TURN_MS, "{what}: a turn of {ms} ms");
        let (reply, ms) = scene.ask("time?");
        assert_eq!(reply, "It is noon.", "{what}");
        assert!(ms < LIMIT_MS + TURN_MS, "{what}: a turn of {ms} ms");
        turns += 2;
        match (end, quarantined(scene)) {
            (End::Quarantined, None) => assert!(turns < 2_000, "{what}: {turns} turns"),
            (End::Quarantined, Some(event)) => {
                println!(
                    "{what}: quarantined after {turns} turns: {}",
                    event["reason"]
                );
                break;
            }
            (_, Some(event)) => panic!("{what}: {event}"),
            (_, None) if turns >= 6 => break,
            (_, None) => {}
        }
    }
    take_out(&scene.home, "bad");
    if end != End::Refused {
        loop {
            if scene.chat.wait_for("skill.unloaded")["skill"] == "bad" {
                break;
            }
        }
    }
}

#[test]
fn what_runs_too_long_or_takes_too_much_is_left_alone() {
    let mut scene = Scene::new("[skills.bad]\nmemory_mb = 16\n");
    let table = "(table $table 10 funcref)";
    let cases = [
        ("an endless loop", hearing(&[], "", "(loop (br 0)) (unreachable)")),
        (
            "endless recursion",
            hearing(&[], "(func $deep (call $deep) (call $deep))", &format!("(call $deep) {PASS}")),
        ),
        (
            "a memory bomb",
            hearing(&[], "", "(loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) (unreachable)"),
        ),
        (
            "a table bomb",
            hearing(
                &[],
                table,
                "(loop (br_if 0 (i32.ne (table.grow $table (ref.null func) (i32.const 10000)) (i32.const -1)))) (unreachable)",
            ),
        ),
        ("a trap when it hears", hearing(&[], "", "(unreachable)")),
        (
            "megabytes as an answer",
            hearing(
                &[],
                &data(1024, "\0\0\0\0\x01\0\0\0"),
                "(drop (memory.grow (i32.const 200)))
                 (i32.store (i32.const 1032) (i32.const 0)) (i32.store (i32.const 1036) (i32.const 12000000)) (i32.const 1024)",
            ),
        ),
        (
            "a text of 100 kilobytes",
            hearing(
                &[],
                &data(1024, "\0\0\0\0\x01\0\0\0"),
                "(drop (memory.grow (i32.const 4)))
                 (memory.fill (i32.const 65536) (i32.const 97) (i32.const 100000))
                 (i32.store (i32.const 1032) (i32.const 65536)) (i32.store (i32.const 1036) (i32.const 100000)) (i32.const 1024)",
            ),
        ),
        (
            "an address outside of its memory",
            hearing(&[], "", "(i32.const -8)"),
        ),
        (
            "a flood of lines for the log",
            hearing(
                &["log"],
                r#"(import "jane:skill/log@0.1.0" "write" (func $write (param i32 i32 i32)))"#,
                "(loop (call $write (i32.const 2) (i32.const 0) (i32.const 100)) (br 0)) (unreachable)",
            ),
        ),
    ];
    for (what, bad) in &cases {
        meets(&mut scene, what, bad, End::Quarantined);
    }
    let flood = scene
        .home
        .log()
        .lines()
        .filter(|line| line.contains("skill=\"bad\""))
        .count();
    println!("the flood left {flood} lines in the log");
    assert!(flood < 400, "{flood}");
    scene.end();
}

#[test]
fn a_panic_in_any_hook_costs_only_the_skill() {
    let mut scene = Scene::new("");
    let sentence = format!(
        "{MEMORY} {}",
        hook("sentence-hook", "on-sentence", "(unreachable)")
    );
    let reply = format!(
        "{MEMORY} {}",
        hook("reply-hook", "on-reply", "(unreachable)")
    );
    meets(
        &mut scene,
        "a trap at a sentence",
        &component(&["sentence-hook"], &[], &sentence),
        End::Quarantined,
    );
    meets(
        &mut scene,
        "a trap at an answer",
        &component(&["reply-hook"], &[], &reply),
        End::Quarantined,
    );
    let start = format!("{MEMORY} {}", hook("lifecycle", "start", "(unreachable)"));
    meets(
        &mut scene,
        "a trap at its start",
        &component(&["lifecycle"], &[], &start),
        End::Refused,
    );
    let endless = format!(
        "{MEMORY} {}",
        hook("lifecycle", "start", "(loop (br 0)) (unreachable)")
    );
    meets(
        &mut scene,
        "an endless start",
        &component(&["lifecycle"], &[], &endless),
        End::Refused,
    );
    let about = format!(
        r#"{MEMORY} (func (export "jane:skill/about@0.1.0#about") (result i32) unreachable)"#
    );
    meets(
        &mut scene,
        "a trap when it is asked what it is",
        &component(&["about"], &[], &about),
        End::Refused,
    );
    let begin = format!(
        "{MEMORY} (func $begin (unreachable)) (start $begin) {}",
        hook("lifecycle", "start", PASS)
    );
    meets(
        &mut scene,
        "a trap while it is linked",
        &component(&["lifecycle"], &[], &begin),
        End::Refused,
    );
    scene.end();
}

#[test]
fn what_is_no_skill_is_refused_with_a_reason() {
    let mut scene = Scene::new("[plugins]\ncompile_seconds = 2\ncompile_mb = 4000\n");
    let good = answering("Hello.");
    meets(
        &mut scene,
        "a truncated file",
        &good[..good.len() / 2],
        End::Refused,
    );
    let random: Vec<u8> = (0..10_000u32)
        .map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    meets(&mut scene, "a random file", &random, End::Refused);
    meets(&mut scene, "an empty file", &[], End::Refused);
    meets(
        &mut scene,
        "a module that is no component",
        &wat::parse_str("(module)").unwrap(),
        End::Refused,
    );
    let elsewhere = component(
        &[ELSEWHERE],
        &[],
        &format!(
            r#"{MEMORY} (func (export "test:made/elsewhere#act") (result i32) (i32.const 1))"#
        ),
    );
    meets(
        &mut scene,
        "a component of another world",
        &elsewhere,
        End::Refused,
    );
    let import = hearing(
        &[ELSEWHERE],
        r#"(import "test:made/elsewhere" "act" (func $act (result i32)))"#,
        "(call $act)",
    );
    meets(
        &mut scene,
        "an import that does not exist",
        &import,
        End::Refused,
    );
    meets(
        &mut scene,
        "one that is compiled for ever",
        &compiled_for_ever(),
        End::Refused,
    );
    scene.end();
}

/// Puts a skill there that is not loaded for long, and asks as long as nothing has become of it. Returns how many turns there were.
fn turns_until_refused(scene: &mut Scene, what: &str, bad: &[u8]) -> usize {
    drop_in(&scene.home, "bad", bad);
    while scene.chat.wait_for("skill.compiling")["skill"] != "bad" {}
    let mut turns = 0;
    loop {
        for (question, answer) in [
            ("who are you?", "model heard: who are you?"),
            ("time?", "It is noon."),
        ] {
            let (reply, ms) = scene.ask(question);
            assert_eq!(reply, answer, "{what}");
            assert!(ms < LIMIT_MS + TURN_MS, "{what}: a turn of {ms} ms");
        }
        if let Some(failed) = scene.told("skill.failed") {
            println!(
                "{what}: {turns} turns meanwhile, and refused: {}",
                failed["reason"]
            );
            break;
        }
        turns += 2;
    }
    take_out(&scene.home, "bad");
    turns
}

#[test]
fn turns_are_answered_while_a_skill_is_compiled_for_ever_or_never_starts() {
    let mut scene = Scene::new("[plugins]\ncompile_seconds = 5\ncompile_mb = 4000\n");
    let endless = format!(
        "{MEMORY} {}",
        hook("lifecycle", "start", "(loop (br 0)) (unreachable)")
    );
    let endless = fresh(&component(&["lifecycle"], &[], &endless));
    assert!(turns_until_refused(&mut scene, "an endless start", &endless) > 0);
    scene.end();

    let mut scene = Scene::new("[plugins]\ncompile_seconds = 5\ncompile_mb = 4000\n");
    let endless = compiled_for_ever();
    assert!(turns_until_refused(&mut scene, "endless compiling", &endless) > 0);
    scene.end();
}

/// One function whose parts all depend on each other.
fn compiled_for_ever() -> Vec<u8> {
    let steps = "(local.set 7 (i32.add (i32.mul (local.get 7) (local.get 2)) (i32.rotl (local.get 7) (local.get 1))))\
                 (if (i32.and (local.get 7) (i32.const 1)) (then (local.set 8 (i32.xor (local.get 8) (local.get 7)))))";
    let long = format!("(local i32 i32) {} {PASS}", steps.repeat(150_000));
    hearing(&[], "", &long)
}

/// Sends a request to `url`, and answers "reached" where anything comes back.
fn sends(url: &str) -> Vec<u8> {
    let rest = format!(
        r#"(import "jane:skill/http@0.1.0" "send" (func $send (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
           {} {} {} {}"#,
        data(1024, "\0\0\0\0\x02\0\0\0"),
        data(4096, "GET"),
        data(4112, "reached"),
        data(4200, url)
    );
    let body = format!(
        "(call $send (i32.const 4096) (i32.const 3) (i32.const 4200) (i32.const {}) (i32.const 0) (i32.const 0)
            (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 512))
         (if (i32.load8_u (i32.const 512)) (then (return (i32.const 2048))))
         (i32.store (i32.const 1032) (i32.const 4112)) (i32.store (i32.const 1036) (i32.const 7)) (i32.const 1024)",
        url.len()
    );
    hearing(&["http"], &rest, &body)
}

#[test]
fn requests_go_where_they_were_granted_and_nowhere_else() {
    let (inside, outside) = (
        OpenAiServer::start("inside"),
        OpenAiServer::start("outside"),
    );
    let origin = |server: &OpenAiServer| server.url().trim_end_matches("/v1").to_owned();
    let named = origin(&inside).replace("127.0.0.1", "localhost");
    let config = |allow: &str, http: &str| {
        format!("[skills.bad]\nallow = [\"transcripts\"{allow}]\nallow_http = [\"{http}\"]\n")
    };
    const UNHURRIED: &str = "hook_ms = 10000\n";

    let mut scene = Scene::new(&format!("[skills.bad]\n{UNHURRIED}"));
    meets(
        &mut scene,
        "a host that was not granted",
        &sends(&origin(&outside)),
        End::Held,
    );
    scene.end();

    let mut scene = Scene::new(&format!("{}{UNHURRIED}", config("", &named)));
    meets(
        &mut scene,
        "a granted name that is this machine",
        &sends(&named),
        End::Held,
    );
    scene.end();

    let mut scene = Scene::new(&format!("{}{UNHURRIED}", config("", &origin(&inside))));
    meets(
        &mut scene,
        "a granted address that is this machine",
        &sends(&origin(&inside)),
        End::Held,
    );
    assert!(inside.received().is_empty());
    scene.end();

    let private = config(", \"private_network\"", &origin(&inside));
    let mut scene = Scene::new(&format!("{private}{UNHURRIED}"));
    // One for each of the turns of [`meets`].
    for status in [301, 302, 303, 307, 308, 301] {
        let location = ("location", format!("{}/secret", origin(&outside)));
        inside.answer(Answer::Status(status, vec![location], String::new()));
    }
    meets(
        &mut scene,
        "a redirect out of the grant",
        &sends(&origin(&inside)),
        End::Held,
    );
    assert!(!inside.received().is_empty());
    scene.end();

    let mut scene = Scene::new(&private);
    // A host function that never returns is a hook that takes too long.
    for _ in 0..50 {
        inside.answer(Answer::Silent);
    }
    meets(
        &mut scene,
        "a sleep inside a host call",
        &sends(&origin(&inside)),
        End::Quarantined,
    );
    scene.end();
    assert!(outside.received().is_empty());

    // What was granted is reached.
    let reachable = OpenAiServer::start("reachable");
    let reaches = config(", \"private_network\"", &origin(&reachable));
    let mut scene = Scene::new(&format!("{reaches}{UNHURRIED}"));
    drop_in(&scene.home, "bad", &sends(&origin(&reachable)));
    scene.chat.wait_for("skill.loaded");
    assert_eq!(scene.ask("who are you?").0, "reached");
    scene.end();
}

#[test]
fn a_flood_of_values_is_held_to_its_limit() {
    let mut scene = Scene::new("[skills.bad]\nhook_ms = 10000\nkv_kb = 100\n");
    // One key after the other with 50 kilobytes each, until that is refused.
    let rest = format!(
        r#"(import "jane:skill/kv@0.1.0" "set" (func $set (param i32 i32 i32 i32 i32))) {}"#,
        data(4096, "aaaa")
    );
    let body = "(loop
            (i32.store8 (i32.const 4096) (i32.add (i32.load8_u (i32.const 4096)) (i32.const 1)))
            (call $set (i32.const 4096) (i32.const 4) (i32.const 0) (i32.const 50000) (i32.const 512))
            (br_if 0 (i32.eqz (i32.load8_u (i32.const 512)))))
        (i32.const 2048)";
    let bad = hearing(&["kv"], &rest, body);
    meets(&mut scene, "a flood of values", &bad, End::Held);
    let kept = std::fs::metadata(scene.home.path().join("plugins/.state/skills.db"))
        .unwrap()
        .len();
    println!("the database has {kept} bytes");
    assert!(kept < 1_000_000);
    assert!(scene.told("skill.quarantined").is_none());
    assert!(!scene.server.received().is_empty());
    scene.end();
}

#[test]
fn a_call_that_fails_keeps_nothing_of_what_it_did() {
    let keeps = |end: &str| {
        let rest = format!(
            r#"(import "jane:skill/kv@0.1.0" "set" (func $set (param i32 i32 i32 i32 i32))) {}"#,
            data(4096, "key")
        );
        let set = "(call $set (i32.const 4096) (i32.const 3) (i32.const 4096) (i32.const 3) (i32.const 512))";
        hearing(&["kv"], &rest, &format!("{set} {end}"))
    };
    let mut scene = Scene::new("[skills.bad]\nhook_ms = 10000\n[skills.good]\nhook_ms = 10000\n");
    for (name, skill) in [
        ("bad", keeps("(unreachable)")),
        ("good", keeps("(i32.const 1024)")),
    ] {
        drop_in(&scene.home, name, &skill);
        while scene.chat.wait_for("skill.loaded")["skill"] != name {}
    }
    scene.ask("who are you?");
    assert!(scene.told("skill.faulted").is_some());
    let database = scene.home.path().join("plugins/.state/skills.db");
    let database = rusqlite::Connection::open(database).unwrap();
    let mut kept = database.prepare("SELECT skill, key FROM entries").unwrap();
    let kept = kept
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let kept: Vec<(String, String)> = kept.map(Result::unwrap).collect();
    assert_eq!(kept, [("good".to_owned(), "key".to_owned())]);
    scene.end();
}

#[test]
fn a_tool_that_crashes_leaves_the_prompt() {
    let mut scene = Scene::new("");
    drop_in(&scene.home, "bad", &tools());
    scene.chat.wait_for("skill.loaded");
    let mut turns = 0;
    while scene.told("skill.quarantined").is_none() {
        scene
            .server
            .answer(Answer::Calls(vec![["c", "crash", r#"{"n": 1}"#]]));
        scene.server.answer(Answer::Text("Sorry, no.".to_owned()));
        assert_eq!(scene.ask("who are you?").0, "Sorry, no.");
        turns += 1;
        assert!(turns < 2_000);
    }
    println!("quarantined after {turns} calls");
    scene.ask("who are you?");
    assert!(scene.server.last().json().get("tools").is_none());
    assert_eq!(scene.ask("time?").0, "It is noon.");
    scene.end();
}
