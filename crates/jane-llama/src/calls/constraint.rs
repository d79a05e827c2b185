//! The tokens that may follow in a call, so that whatever a model writes is a call of what was offered.
//!
//! Invariants: a schema that the library cannot take costs that tool's arguments their constraint and nothing else; where the
//! library fails altogether the model writes freely. Both are logged.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jane_core::Tool;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{ApproximateTokEnv, SimpleVob, TokEnv, TokRxInfo, TokTrie};
use llguidance::{Matcher, ParserFactory};
use serde_json::Value;

use super::format::Format;
use super::grammar::{any_object, grammar, strict};
use super::{OfferedTool, offered};

/// What a model's constraints are made with, and the one made last.
pub struct Constraints {
    tokens: TokEnv,
    factory: ParserFactory,
    latest: Option<(Format, Vec<Tool>, Option<Constraint>)>,
}

/// What may follow, from the beginning of a call or where one has come to.
pub struct Constraint {
    tokens: TokEnv,
    matcher: Matcher,
}

impl Constraints {
    /// Goes through the whole vocabulary once.
    ///
    /// # Errors
    /// Where the library does not take it.
    pub fn new(model: &LlamaModel) -> Result<Self, String> {
        // It asserts what it expects of a vocabulary, and files are not trusted.
        let trie = catch_unwind(AssertUnwindSafe(|| trie(model)))
            .map_err(|_| "the vocabulary is not what it expects".to_owned())?;
        Self::over(trie)
    }

    fn over(trie: TokTrie) -> Result<Self, String> {
        let tokens: TokEnv = Arc::new(ApproximateTokEnv::new(trie));
        let mut factory = ParserFactory::new_simple(&tokens).map_err(|error| error.to_string())?;
        factory.quiet();
        factory.limits_mut().verbose_errors = false;
        Ok(Self {
            tokens,
            factory,
            latest: None,
        })
    }

    /// What holds calls of this form to `tools`; kept until others are asked for.
    pub fn of(&mut self, format: Format, tools: &[Tool]) -> Option<Constraint> {
        let kept = self
            .latest
            .as_ref()
            .filter(|(latest_format, latest, _)| *latest_format == format && latest == tools);
        if kept.is_none() {
            let made = self.make(format, &offered(tools));
            self.latest = Some((format, tools.to_vec(), made));
        }
        let (_, _, constraint) = self.latest.as_ref()?;
        constraint.as_ref().map(Constraint::again)
    }

    fn make(&self, format: Format, tools: &[OfferedTool]) -> Option<Constraint> {
        if tools.is_empty() {
            return None;
        }
        let schemas: Vec<Value> = tools.iter().map(|tool| self.usable(tool)).collect();
        let tools: Vec<_> = tools.iter().zip(&schemas).collect();
        let trie = self.tokens.tok_trie();
        let marker = |text: &str| match trie.get_special_token(text) {
            Some(token) => format!("<[{token}]>"),
            None => Value::from(text).to_string(),
        };
        let made = self.matcher(grammar(format, &tools, marker));
        let made = made.inspect_err(|error| {
            tracing::warn!(%error, "calls of tools are not constrained");
        });
        Some(Constraint {
            tokens: Arc::clone(&self.tokens),
            matcher: made.ok()?,
        })
    }

    /// The tool's schema, or any object where that cannot be used.
    fn usable(&self, tool: &OfferedTool) -> Value {
        let schema = strict(&tool.parameters);
        match self.matcher(format!("start: %json {schema}")) {
            Ok(_) => schema,
            Err(error) => {
                let tool = &tool.name;
                tracing::warn!(tool, %error, "the schema of the tool does not constrain its arguments");
                any_object()
            }
        }
    }

    fn matcher(&self, grammar: String) -> Result<Matcher, String> {
        // It asserts what it expects of a grammar, and schemas come from skills.
        let made = catch_unwind(AssertUnwindSafe(|| {
            let grammar = TopLevelGrammar::from_lark(grammar);
            let matcher = Matcher::new(self.factory.create_parser(grammar));
            match matcher.get_error() {
                Some(error) => Err(error),
                None => Ok(matcher),
            }
        }));
        made.map_err(|_| "the library fails at it".to_owned())?
    }
}

impl Constraint {
    /// The same, to be followed on its own.
    pub fn again(&self) -> Self {
        Self {
            tokens: Arc::clone(&self.tokens),
            matcher: self.matcher.deep_clone(),
        }
    }

    /// Follows text that was written already. Whether it may be.
    pub fn follow(&mut self, text: &[u8]) -> bool {
        let tokens = self.tokens.tok_trie().greedy_tokenize(text);
        let followed = self.matcher.try_consume_tokens(&tokens);
        followed.is_ok_and(|count| count == tokens.len())
    }

    /// Follows a token that was chosen.
    ///
    /// # Errors
    /// Where it was not among the allowed ones, or the library fails.
    pub fn take(&mut self, token: LlamaToken) -> Result<(), String> {
        let taken = self.matcher.consume_token(token.0.cast_unsigned());
        taken.map_err(|error| error.to_string())
    }

    /// What may be chosen next, the end of the message among it where it may end.
    ///
    /// # Errors
    /// Where the library fails.
    pub fn allowed(&mut self) -> Result<Allowed, String> {
        let mask = self.matcher.compute_mask_or_eos();
        mask.map(Allowed).map_err(|error| error.to_string())
    }
}

/// A set of tokens.
pub struct Allowed(SimpleVob);

impl Allowed {
    pub fn contains(&self, token: LlamaToken) -> bool {
        self.0.is_allowed(token.0.cast_unsigned())
    }
}

/// The vocabulary as the library takes it: the bytes of each token; tokens that are hidden from text are marked.
fn trie(model: &LlamaModel) -> TokTrie {
    let vocabulary = model.vocab();
    let mut ends = Vec::new();
    let bytes = |token: LlamaToken| {
        let bytes = vocabulary.token_to_piece(token, false, None);
        if !bytes.is_empty() {
            return bytes;
        }
        let mut hidden = vocabulary.token_to_piece(token, true, None);
        if !hidden.is_empty() {
            hidden.insert(0, TokTrie::SPECIAL_TOKEN_MARKER);
        }
        hidden
    };
    let words: Vec<Vec<u8>> = vocabulary
        .tokens()
        .inspect(|token| {
            if vocabulary.is_eog(*token) {
                ends.push(token.0.cast_unsigned());
            }
        })
        .map(bytes)
        .collect();
    let count = u32::try_from(words.len()).unwrap_or(u32::MAX);
    let end = ends.first().copied().unwrap_or_default();
    let trie = TokTrie::from(&TokRxInfo::new(count, end), &words);
    if ends.is_empty() {
        return trie;
    }
    trie.with_eos_tokens(&ends)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const END: u32 = 256;
    const CALLS: u32 = 257;

    /// A vocabulary of single bytes, an end, and a hidden marker.
    fn constraints() -> Constraints {
        let mut words: Vec<Vec<u8>> = (0..=255).map(|byte| vec![byte]).collect();
        words.push(b"\xff<end>".to_vec());
        words.push(b"\xff[TOOL_CALLS]".to_vec());
        let trie = TokTrie::from(&TokRxInfo::new(258, END), &words);
        Constraints::over(trie.with_eos_tokens(&[END])).unwrap()
    }

    fn tool(name: &str, parameters: &Value) -> Tool {
        Tool {
            name: name.to_owned(),
            description: String::new(),
            parameters: parameters.to_string(),
            examples: Vec::new(),
        }
    }

    fn tools() -> Vec<Tool> {
        let weather = json!({
            "type": "object",
            "properties": { "place": { "type": "string" }, "days": { "type": "integer", "minimum": 1, "maximum": 7 } },
            "required": ["place"],
        });
        let light = json!({
            "properties": { "state": { "enum": ["on", "off"] } }, "required": ["state"],
        });
        vec![tool("weather", &weather), tool("li.ght", &light)]
    }

    /// Whether calls may go on with `text`, and whether the message may end there.
    fn follows(format: Format, tools: &[Tool], text: &str) -> (bool, bool) {
        let mut constraint = constraints().of(format, tools).unwrap();
        if !constraint.follow(text.as_bytes()) {
            return (false, false);
        }
        let end = LlamaToken(END.cast_signed());
        (true, constraint.allowed().unwrap().contains(end))
    }

    #[test]
    fn a_call_of_what_is_offered_may_be_written_in_every_form() {
        let named = Format::MistralNamed {
            call_id: false,
            args: true,
        };
        let cases = [
            (
                Format::Hermes,
                "\n{\"name\": \"weather\", \"arguments\": {\"place\": \"Oslo\", \"days\": 3}}\n</tool_call>",
            ),
            (
                Format::Hermes,
                "{\"name\": \"li.ght\", \"arguments\": {\"state\": \"on\"}}</tool_call>\n<tool_call>{\"name\": \"li.ght\", \"arguments\": {\"state\": \"off\"}}</tool_call>",
            ),
            (
                Format::Llama3,
                "{\"name\": \"weather\", \"parameters\": {\"place\": \"Oslo\"}}",
            ),
            (
                Format::MistralList,
                " [{\"name\":\"weather\",\"arguments\":{\"place\":\"Oslo\"}}, {\"name\": \"li.ght\", \"arguments\": {\"state\": \"on\"}}]",
            ),
            (named, "weather[ARGS]{\"place\": \"Oslo\"}"),
        ];
        for (format, text) in cases {
            assert_eq!(follows(format, &tools(), text), (true, true), "{text}");
        }
    }

    #[test]
    fn nothing_else_may_be_written() {
        for text in [
            "Hello",
            "{\"name\": \"other\"",
            "{\"name\": \"lixght\"",
            "{\"name\": \"weather\", \"arguments\": {}",
            "{\"name\": \"weather\", \"arguments\": {\"place\": 1",
            "{\"name\": \"weather\", \"arguments\": {\"place\": \"Oslo\", \"days\": 8}",
            "{\"name\": \"weather\", \"arguments\": {\"place\": \"Oslo\", \"colour\"",
            "{\"name\": \"li.ght\", \"arguments\": {\"state\": \"dim",
            "{\"name\": \"li.ght\", \"arguments\": {\"state\": \"on\"}}</tool_call> Done",
        ] {
            assert!(!follows(Format::Hermes, &tools(), text).0, "{text}");
        }
        let half = "{\"name\": \"weather\", \"arguments\": {\"place\": \"Os";
        assert_eq!(follows(Format::Hermes, &tools(), half), (true, false));
    }

    #[test]
    fn a_marker_that_is_a_token_of_its_own_is_that_token() {
        let named = Format::MistralNamed {
            call_id: false,
            args: false,
        };
        let mut constraint = constraints().of(named, &tools()).unwrap();
        assert!(constraint.follow(b"li.ght{\"state\": \"on\"}"));
        let marker = LlamaToken(CALLS.cast_signed());
        assert!(constraint.allowed().unwrap().contains(marker));
        constraint.take(marker).unwrap();
        assert!(constraint.follow(b"weather{\"place\": \"Rome\"}"));
        assert!(!constraint.follow(b"x"));
    }

    #[test]
    fn a_schema_that_cannot_be_used_leaves_any_object_and_the_other_tools_as_they_are() {
        let mut tools = tools();
        tools.push(tool(
            "odd",
            &json!({ "type": "object", "properties": { "x": { "type": "nonsense" } } }),
        ));
        let odd = "{\"name\": \"odd\", \"arguments\": {\"y\": [1]}}</tool_call>";
        assert_eq!(follows(Format::Hermes, &tools, odd), (true, true));
        assert!(
            !follows(
                Format::Hermes,
                &tools,
                "{\"name\": \"odd\", \"arguments\": 1"
            )
            .0
        );
        assert!(
            !follows(
                Format::Hermes,
                &tools,
                "{\"name\": \"weather\", \"arguments\": {}"
            )
            .0
        );
    }

    #[test]
    fn definitions_within_a_schema_are_followed_and_addresses_are_not() {
        let of = |reference: &str| {
            let schema = json!({
                "type": "object", "properties": { "x": { "$ref": reference } }, "required": ["x"],
                "$defs": { "n": { "type": "integer" } },
            });
            vec![tool("t", &schema)]
        };
        let text = "{\"name\": \"t\", \"arguments\": {\"x\": true";
        assert!(!follows(Format::Hermes, &of("#/$defs/n"), text).0);
        assert!(follows(Format::Hermes, &of("https://example.org/n.json"), text).0);
    }
}
