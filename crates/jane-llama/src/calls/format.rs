//! The forms in which models write calls.
//!
//! A template is asked for its form: it renders a conversation with a call in it, and what it wrote around that tells.

/// The form of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `<tool_call>{"name": …, "arguments": …}</tool_call>`, as often as there are calls. Hermes, Qwen and others.
    Hermes,
    /// `{"name": …, "parameters": …}` as the whole message, or after `<|python_tag|>`. One call.
    Llama3,
    /// `[TOOL_CALLS][{"name": …, "arguments": …}, …]`.
    MistralList,
    /// `[TOOL_CALLS]name{…}`, as often as there are calls; between name and arguments there may be `[CALL_ID]`, an id, and `[ARGS]`.
    MistralNamed { call_id: bool, args: bool },
}

/// What the conversation contains that a template is asked with.
pub struct Probe {
    pub tool: &'static str,
    /// The name of an argument, which occurs in the call alone.
    pub argument: &'static str,
    pub result: &'static str,
}

pub const PROBE: Probe = Probe {
    tool: "probe_of_tools",
    argument: "probe_of_calls",
    result: "probe of results",
};

pub const CALL: &str = "<tool_call>";
pub const CALL_END: &str = "</tool_call>";
pub const PYTHON: &str = "<|python_tag|>";
pub const CALLS: &str = "[TOOL_CALLS]";
pub const CALL_ID: &str = "[CALL_ID]";
pub const ARGS: &str = "[ARGS]";

impl Format {
    /// The form of the call of [`PROBE`] in what a template made of it; `None` where it is none of those known.
    pub fn of(rendered: &str) -> Option<Self> {
        let (before, _) = rendered.split_once(PROBE.argument)?;
        let name = format!(r#""{}""#, PROBE.tool);
        if let Some((_, call)) = before.rsplit_once(CALLS) {
            let call = call.trim_start();
            if call.starts_with(PROBE.tool) {
                return Some(Self::MistralNamed {
                    call_id: call.contains(CALL_ID),
                    args: call.contains(ARGS),
                });
            }
            let list = call.starts_with('[') && call.contains(&name);
            return list.then_some(Self::MistralList);
        }
        let written = |call: &str, key: &str| {
            let call = call.trim_start().strip_prefix('{');
            call.is_some_and(|call| call.contains(&name) && call.contains(key))
        };
        if let Some((_, call)) = before.rsplit_once(CALL)
            && written(call, r#""arguments""#)
        {
            return Some(Self::Hermes);
        }
        let (at, _) = before.match_indices(r#"{"name""#).last()?;
        let call = before.get(at..).unwrap_or_default();
        // A list of tools has both keys too, with more between them.
        let call: String = call.split_whitespace().collect();
        let plain = format!(r#"{{"name":{name},"parameters":{{""#);
        (call == plain).then_some(Self::Llama3)
    }

    /// What begins a call in a message.
    pub fn opening(self) -> &'static str {
        match self {
            Self::Hermes => CALL,
            Self::Llama3 => PYTHON,
            Self::MistralList | Self::MistralNamed { .. } => CALLS,
        }
    }

    /// What the arguments of a call are called.
    pub fn arguments(self) -> &'static str {
        match self {
            Self::Llama3 => "parameters",
            Self::Hermes | Self::MistralList | Self::MistralNamed { .. } => "arguments",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_told_by_what_surrounds_a_call() {
        let named = |call_id, args| Some(Format::MistralNamed { call_id, args });
        let cases = [
            (
                "Tools: probe_of_tools. Answer <tool_call>…</tool_call>.<tool_call>\n{\"name\": \"probe_of_tools\", \
                 \"arguments\": {\"probe_of_calls\": 1}}\n</tool_call>",
                Some(Format::Hermes),
            ),
            (
                "<|user|>Hi<|assistant|>{\"name\": \"probe_of_tools\", \"parameters\": {\"probe_of_calls\": 1}}",
                Some(Format::Llama3),
            ),
            (
                "[TOOL_CALLS] [{\"name\": \"probe_of_tools\", \"arguments\": {\"probe_of_calls\": 1}, \"id\": \"1\"}]",
                Some(Format::MistralList),
            ),
            (
                "[TOOL_CALLS]probe_of_tools[ARGS]{\"probe_of_calls\": 1}",
                named(false, true),
            ),
            (
                "[TOOL_CALLS]probe_of_tools[CALL_ID]1[ARGS]{\"probe_of_calls\": 1}",
                named(true, true),
            ),
            (
                "[TOOL_CALLS]probe_of_tools{\"probe_of_calls\": 1}",
                named(false, false),
            ),
            (
                "<tool_call>\n<function=probe_of_tools>\n<parameter=probe_of_calls>\n1",
                None,
            ),
            (
                "[{\"name\": \"probe_of_tools\", \"description\": \"\", \"parameters\": {}}]<|call|>probe_of_tools<|arguments|>\
                 {\"probe_of_calls\": 1}",
                None,
            ),
            ("Nothing of it.", None),
        ];
        for (rendered, format) in cases {
            assert_eq!(Format::of(rendered), format, "{rendered}");
        }
    }
}
