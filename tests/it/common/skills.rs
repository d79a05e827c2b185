//! Skills made for tests: a few lines of WebAssembly text become a component that exports what it is told to.

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::openai::OpenAiServer;
use super::{Home, root};

/// An interface that is none of Jane's; its functions are exported and imported under `test:made/elsewhere`.
pub const ELSEWHERE: &str = "elsewhere";

/// A component that exports `exports` and imports `imports` of `jane:skill`, such as `transcript-hook`; `code` is the inside of a core module
/// with a page of memory called `memory` (zeroed but for what it says itself), which has to export the functions under their full
/// names. [`hook`] writes these. A result of all zeros is `ok(pass)`.
pub fn component(exports: &[&str], imports: &[&str], code: &str) -> Vec<u8> {
    let line = |word: &str, names: &[&str]| -> String {
        let full = |name: &&str| match *name {
            ELSEWHERE => ELSEWHERE.to_owned(),
            ours => format!("jane:skill/{ours}@0.1.0"),
        };
        names
            .iter()
            .map(|name| format!("{word} {};\n", full(name)))
            .collect()
    };
    let world = format!(
        "package test:made;\ninterface elsewhere {{ act: func() -> u32; }}\nworld made {{\n{}{}}}",
        line("import", imports),
        line("export", exports)
    );
    let mut resolve = Resolve::default();
    let wit = std::fs::read_to_string(root().join("wit/skill.wit")).unwrap();
    resolve.push_str("skill.wit", &wit).unwrap();
    let package = resolve.push_str("made.wit", &world).unwrap();
    let world = resolve.select_world(&[package], Some("made")).unwrap();
    let module = format!(
        r#"(module
            {code}
            (global $next (mut i32) (i32.const 32768))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (local $at i32)
                (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
                (global.set $next (i32.add (local.get $at) (local.get 3)))
                (if (i32.gt_u (global.get $next) (i32.mul (memory.size) (i32.const 65536)))
                    (then (drop (memory.grow (i32.const 16)))))
                (local.get $at)))"#
    );
    let mut module = wat::parse_str(&module).unwrap_or_else(|error| panic!("{error}\n{module}"));
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let encoder = ComponentEncoder::default().validate(true);
    encoder.module(&module).unwrap().encode().unwrap()
}

/// `component`, made one that nobody has compiled yet: compiled code outlives a home.
pub fn fresh(component: &[u8]) -> Vec<u8> {
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    let mut fresh = component.to_vec();
    // A section that says nothing: its kind, its length, a name and the time.
    fresh.extend([0, 21, 4, b't', b'e', b's', b't']);
    fresh.extend(now.as_nanos().to_le_bytes());
    fresh
}

/// The memory that the code of every component has.
pub const MEMORY: &str = r#"(memory (export "memory") 1)"#;

/// A function of an exported interface: `body` leaves the address of its result.
pub fn hook(interface: &str, function: &str, body: &str) -> String {
    let parameters = match function {
        "on-transcript" => "(param i64 i32 i32 i32 f32 i32 i32)",
        "on-sentence" => "(param i64 i32 i32 i32)",
        "on-reply" => "(param i64 i32 i32 i32 i32 i32 i32)",
        "call-tool" => "(param i64 i32 i32 i32 i32)",
        "on-event" => "(param i32 i32 i32 i32 i32 i32 i64 i64)",
        "start" => "(param i32 i32)",
        _ => "",
    };
    format!(
        r#"(func (export "jane:skill/{interface}@0.1.0#{function}") {parameters} (result i32) {body})"#
    )
}

/// A skill whose hook on transcripts does this, and which leaves everything to the model otherwise.
pub fn hearing(imports: &[&str], rest: &str, body: &str) -> Vec<u8> {
    let code = format!(
        "{rest} {MEMORY} {}",
        hook("transcript-hook", "on-transcript", body)
    );
    component(&["transcript-hook"], imports, &code)
}

/// Text of a module that puts `text` at `address`.
pub fn data(address: u32, text: &str) -> String {
    let escaped: String = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    format!(r#"(data (i32.const {address}) "{escaped}")"#)
}

/// A skill that answers everything with `text`.
pub fn answering(text: &str) -> Vec<u8> {
    let result = format!("{} {}", data(1024, "\0\0\0\0\x02\0\0\0"), data(4096, text));
    let body = format!(
        "(i32.store (i32.const 1032) (i32.const 4096)) (i32.store (i32.const 1036) (i32.const {})) (i32.const 1024)",
        text.len()
    );
    hearing(&[], &result, &body)
}

/// Settings with which these skills have all the time that a busy machine may take from them, where limits are not what a scenario is about.
pub fn unhurried(skills: &[&str]) -> String {
    let each = skills
        .iter()
        .map(|skill| format!("[skills.{skill}]\nhook_ms = 10000\n"));
    format!("[plugins]\nturn_ms = 10000\n{}", each.collect::<String>())
}

/// A home without engines: what is asked is answered by a server that says so.
pub fn typed_home(config: &str) -> (OpenAiServer, Home) {
    let server = OpenAiServer::start("model");
    let home = Home::new();
    home.write_config(&format!(
        "[llm]\nbackend = \"openai\"\nmodel = \"any\"\n[llm.remote]\nurl = \"{}\"\n{config}",
        server.url()
    ));
    std::fs::create_dir_all(home.path().join("plugins")).unwrap();
    (server, home)
}

/// Puts a skill's file there, whole.
pub fn drop_in(home: &Home, name: &str, component: &[u8]) {
    let place = home.path().join("plugins").join(format!("{name}.wasm"));
    let beside = home.path().join(format!("{name}.new"));
    std::fs::write(&beside, component).unwrap();
    std::fs::rename(&beside, &place).unwrap();
}

pub fn take_out(home: &Home, name: &str) {
    std::fs::remove_file(home.path().join("plugins").join(format!("{name}.wasm"))).unwrap();
}

/// A skill that ships.
pub fn shipped(name: &str) -> std::path::PathBuf {
    root().join("plugins").join(format!("{name}.wasm"))
}

/// Copies a skill that ships into a home, as `cp` does.
pub fn copy_shipped(home: &Home, name: &str) {
    let to: &Path = &home.path().join("plugins").join(format!("{name}.wasm"));
    std::fs::copy(shipped(name), to).unwrap();
}

/// A skill with the tools `double`, which answers with its arguments, and `broken`, which fails; `final` answers by itself, and `crash` traps.
pub fn tools() -> Vec<u8> {
    let tool = |at: u32, name: (u32, u32), about: (u32, u32), schema: (u32, u32)| {
        let mut bytes = Vec::new();
        for value in [name.0, name.1, about.0, about.1, schema.0, schema.1, 0, 0] {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        let escaped: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
        format!(r#"(data (i32.const {at}) "{escaped}")"#)
    };
    let schema = r#"{"type":"object","properties":{"n":{"type":"number"}},"required":["n"],"additionalProperties":false}"#;
    let length = u32::try_from(schema.len()).unwrap();
    let texts = [
        data(4096, "double"),
        data(4104, "broken"),
        data(4112, "final"),
        data(4120, "crash"),
        data(4128, "Does."),
        data(4160, schema),
        data(4400, "it broke"),
    ];
    let list = [
        tool(2048, (4096, 6), (4128, 5), (4160, length)),
        tool(2080, (4104, 6), (4128, 5), (4160, length)),
        tool(2112, (4112, 5), (4128, 5), (4160, length)),
        tool(2144, (4120, 5), (4128, 5), (4160, length)),
    ];
    // The list is at 1024; a result is built at 1536 from the first letter of the name.
    let code = format!(
        r#"{} {} {MEMORY}
        (func (export "jane:skill/tools@0.1.0#list-tools") (result i32)
            (i32.store (i32.const 1024) (i32.const 2048)) (i32.store (i32.const 1028) (i32.const 4)) (i32.const 1024))
        (func (export "jane:skill/tools@0.1.0#call-tool") (param i64 i32 i32 i32 i32) (result i32)
            (i32.store (i32.const 1536) (i32.const 0)) (i32.store (i32.const 1540) (i32.const 0))
            (i32.store (i32.const 1544) (local.get 3)) (i32.store (i32.const 1548) (local.get 4))
            (if (i32.eq (i32.load8_u (local.get 1)) (i32.const 99)) (then (unreachable)))
            (if (i32.eq (i32.load8_u (local.get 1)) (i32.const 102)) (then (i32.store (i32.const 1540) (i32.const 2))))
            (if (i32.eq (i32.load8_u (local.get 1)) (i32.const 98)) (then
                (i32.store (i32.const 1536) (i32.const 1)) (i32.store (i32.const 1540) (i32.const 2))
                (i32.store (i32.const 1544) (i32.const 4400)) (i32.store (i32.const 1548) (i32.const 8))))
            (i32.const 1536))"#,
        texts.join(" "),
        list.join(" ")
    );
    component(&["tools"], &[], &code)
}

/// A skill with tools of these names and schemas, each of which answers with its arguments.
pub fn tools_of(tools: &[(&str, &str)]) -> Vec<u8> {
    const LIST: u32 = 131_072;
    const TEXTS: u32 = 196_608;
    let (mut texts, mut list) = (String::from("Does."), Vec::new());
    let mut place = |text: &str| {
        let at = TEXTS + u32::try_from(texts.len()).unwrap();
        texts.push_str(text);
        [at, u32::try_from(text.len()).unwrap()]
    };
    for (name, schema) in tools {
        let (name, schema) = (place(name), place(schema));
        let values = [name, [TEXTS, 5], schema, [0, 0]];
        list.extend(
            values
                .iter()
                .flatten()
                .flat_map(|value| value.to_le_bytes()),
        );
    }
    let list: String = list.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let code = format!(
        r#"(memory (export "memory") 32) {} (data (i32.const {LIST}) "{list}")
        (func (export "jane:skill/tools@0.1.0#list-tools") (result i32)
            (i32.store (i32.const 1024) (i32.const {LIST})) (i32.store (i32.const 1028) (i32.const {})) (i32.const 1024))
        (func (export "jane:skill/tools@0.1.0#call-tool") (param i64 i32 i32 i32 i32) (result i32)
            (i32.store (i32.const 1544) (local.get 3)) (i32.store (i32.const 1548) (local.get 4)) (i32.const 1536))"#,
        data(TEXTS, &texts),
        tools.len()
    );
    component(&["tools"], &[], &code)
}

/// What imports `schedule.set`, as `$schedule`.
pub const SCHEDULE: &str = r#"(import "jane:skill/schedule@0.1.0" "set"
    (func $schedule (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32)))"#;

/// What a hook on transcripts does that answers with the words of the failure whose `result` lies at 512 with its words at 520.
pub const TELL: &str = "(if (i32.eqz (i32.load8_u (i32.const 512))) (then (return (i32.const 2048))))
    (i32.store (i32.const 1032) (i32.load (i32.const 520))) (i32.store (i32.const 1036) (i32.load (i32.const 524))) (i32.const 1024)";
