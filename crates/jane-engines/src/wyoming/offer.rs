//! What a server says it can do: its answer to `describe`.

use serde::Deserialize;
use serde_json::Value;

use super::client::Connection;
use super::codec::Event;
use super::fault::Fault;
use super::shown;
use jane_core::event::EngineKind;

/// Names that an error lists.
const LISTED: usize = 8;

/// The part of `info` that matters here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Info {
    asr: Vec<Program>,
    tts: Vec<Program>,
}

/// A recogniser or a voice engine.
#[derive(Debug, Deserialize)]
struct Program {
    #[serde(default, alias = "voices")]
    models: Vec<Model>,
}

#[derive(Debug, Deserialize)]
struct Model {
    name: String,
}

/// Checks that the server does what `role` needs and, where it lists its models, has `wanted` among them.
///
/// # Errors
/// Where it does not, or does not answer.
pub async fn check(
    mut connection: Connection,
    role: EngineKind,
    wanted: Option<String>,
) -> Result<(), Fault> {
    connection.send(Event::new("describe", Value::Null)).await?;
    let info = loop {
        let event = connection.next().await?;
        if event.kind == "info" {
            break event;
        }
    };
    let info: Info = info.read().map_err(|error| Fault::malformed(&error))?;
    let (programs, noun) = match role {
        EngineKind::Stt => (info.asr, "model"),
        EngineKind::Tts => (info.tts, "voice"),
        EngineKind::Llm => (Vec::new(), "model"),
    };
    if programs.is_empty() {
        return Err(Fault::NotOffered(role.to_string()));
    }
    let models = programs.into_iter().flat_map(|program| program.models);
    let names: Vec<String> = models.map(|model| model.name).collect();
    match wanted {
        Some(wanted) if !names.is_empty() && !names.contains(&wanted) => {
            let list = list(names, &wanted);
            Err(Fault::NotOffered(format!("{noun} `{wanted}`, but {list}")))
        }
        _ => Ok(()),
    }
}

/// The names most like `wanted`, and how many there are besides.
fn list(mut names: Vec<String>, wanted: &str) -> String {
    names.sort_by_cached_key(|name| strsim::levenshtein(name, wanted));
    let likely = names.iter().take(LISTED);
    let list: Vec<String> = likely.map(|name| format!("`{}`", shown(name))).collect();
    let more = match names.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    list.join(", ") + &more
}
