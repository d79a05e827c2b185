//! Reads a schema: each keyword is known, each reference replaced, and everything counted.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Number, Value};

use super::keyword::{count, joined, joins, number};
use super::pattern::Pattern;
use crate::instance::harmless;

/// Parts of one schema, each reference counted as what it refers to: schemas, names, and the values in them.
const PARTS: usize = 2_000;

/// Bytes of one schema as it is handed on.
pub const LONGEST: usize = 16 << 10;

/// Patterns and multiples that several schemas ask of the same value: an engine that holds a model to a schema needs what all of them
/// allow at once, which grows with the product of their sizes.
const MEETING: usize = 2;

/// Levels of schemas within each other.
const DEEPEST: usize = 32;

/// Bytes of a property's name.
const LONGEST_NAME: usize = 128;

/// What the schemas of a skill may take together.
pub struct Limits {
    /// Bytes of all of them as they are handed on.
    pub bytes: usize,
    /// Patterns that differ.
    patterns: usize,
    known: HashMap<String, Arc<Pattern>>,
}

impl Limits {
    pub fn new(bytes: usize, patterns: usize) -> Self {
        Self {
            bytes,
            patterns,
            known: HashMap::new(),
        }
    }

    fn pattern(&mut self, text: &str) -> Result<Arc<Pattern>, String> {
        if let Some(pattern) = self.known.get(text) {
            return Ok(Arc::clone(pattern));
        }
        if self.known.len() >= self.patterns {
            let most = self.patterns;
            return Err(format!(
                "a skill's tools have at most {most} patterns that differ"
            ));
        }
        let pattern = Arc::new(Pattern::new(text)?);
        self.known.insert(text.to_owned(), Arc::clone(&pattern));
        Ok(pattern)
    }
}

/// A schema that was read.
#[derive(Debug)]
pub enum Node {
    Anything,
    Nothing,
    Rules(Box<Rules>),
}

/// What a value has to be. What is not said is not held against it.
#[derive(Debug, Default)]
pub struct Rules {
    pub types: Option<Vec<Type>>,
    /// `enum`, and `const` as one of a single value.
    pub values: Vec<Vec<Value>>,
    pub properties: HashMap<String, Node>,
    pub required: Vec<String>,
    pub additional: Option<Node>,
    pub names: Option<Node>,
    pub property_count: Count,
    pub first: Vec<Node>,
    pub items: Option<Node>,
    pub item_count: Count,
    pub unique: bool,
    pub length: Count,
    pub pattern: Option<Arc<Pattern>>,
    pub least: Option<Number>,
    pub most: Option<Number>,
    pub above: Option<Number>,
    pub below: Option<Number>,
    pub multiple: Option<Number>,
    pub all: Vec<Node>,
    pub any: Vec<Node>,
    pub one: Vec<Node>,
    pub not: Option<Node>,
}

/// How many of something there may be.
#[derive(Debug, Default, Clone, Copy)]
pub struct Count {
    pub least: u64,
    pub most: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl Type {
    const ALL: [(&'static str, Self); 7] = [
        ("null", Self::Null),
        ("boolean", Self::Boolean),
        ("integer", Self::Integer),
        ("number", Self::Number),
        ("string", Self::String),
        ("array", Self::Array),
        ("object", Self::Object),
    ];

    fn of(name: &Value) -> Option<Self> {
        let name = name.as_str()?;
        let found = Self::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, kind)| *kind)
    }

    pub fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, kind)| *kind == self);
        found.map_or("", |(name, _)| name)
    }
}

/// Where something is in a schema.
enum Place<'p> {
    Whole,
    In(&'p Place<'p>, &'p dyn fmt::Display),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => formatter.write_str("#"),
            Self::In(before, name) => {
                write!(formatter, "{before}/{}", harmless(&name.to_string(), 40))
            }
        }
    }
}

/// A schema as rules, and as it is handed on.
type Read = (Node, Value);

/// Reads `schema`.
///
/// # Errors
/// What is wrong with it and where.
pub fn read(schema: &Value, limits: &mut Limits) -> Result<Read, String> {
    let mut reader = Reader {
        root: schema,
        limits,
        parts: PARTS,
        bytes: LONGEST,
        meeting: MEETING,
        depth: 0,
        joining: 0,
        open: Vec::new(),
    };
    reader.schema(schema, &Place::Whole)
}

struct Reader<'a, 'l> {
    root: &'a Value,
    limits: &'l mut Limits,
    /// What is left of each.
    parts: usize,
    bytes: usize,
    /// Patterns and multiples that may meet others.
    meeting: usize,
    /// Schemas around the one that is read.
    depth: usize,
    /// Those among them, and it itself, that ask several things of the same value.
    joining: usize,
    /// Names of the definitions that are read.
    open: Vec<&'a str>,
}

impl<'a> Reader<'a, '_> {
    /// Counts one part and its bytes.
    fn count(&mut self, bytes: usize) -> Result<(), String> {
        let parts = self.parts.checked_sub(1);
        self.parts = parts
            .ok_or_else(|| format!("with what it refers to it has more than {PARTS} parts"))?;
        // What stands around a part in text: quotation marks, a colon, a comma.
        let bytes = bytes.saturating_add(4);
        let left = self.bytes.checked_sub(bytes);
        self.bytes =
            left.ok_or_else(|| format!("with what it refers to it has more than {LONGEST} bytes"))?;
        let left = self.limits.bytes.checked_sub(bytes);
        self.limits.bytes = left.ok_or("the tools of the skill say too much of themselves")?;
        Ok(())
    }

    /// Counts a value that is handed on as it is.
    fn count_value(&mut self, value: &Value) -> Result<(), String> {
        match value {
            Value::String(text) => self.count(text.len()),
            Value::Array(values) => {
                self.count(0)?;
                values.iter().try_for_each(|value| self.count_value(value))
            }
            Value::Object(entries) => {
                self.count(0)?;
                entries.iter().try_for_each(|(name, value)| {
                    self.count(name.len())?;
                    self.count_value(value)
                })
            }
            _ => self.count(4),
        }
    }

    fn schema(&mut self, schema: &'a Value, place: &Place<'_>) -> Result<Read, String> {
        self.count(0).map_err(|reason| at(place, reason))?;
        if self.depth >= DEEPEST {
            let reason = format!("its schemas are more than {DEEPEST} levels deep");
            return Err(at(place, reason));
        }
        let entries = match schema {
            Value::Bool(true) => return Ok((Node::Anything, Value::Bool(true))),
            Value::Bool(false) => return Ok((Node::Nothing, Value::Bool(false))),
            Value::Object(entries) => entries,
            _ => return Err(at(place, "this is no schema")),
        };
        self.depth += 1;
        let joins = usize::from(joins(entries));
        self.joining += joins;
        let mut rules = Rules::default();
        let mut shown = Map::new();
        let mut referred = None;
        for (keyword, value) in entries {
            let place = Place::In(place, keyword);
            if keyword == "$ref" {
                referred = Some(self.referred(value, &place)?);
                continue;
            }
            self.keyword(keyword, value, &mut rules, &mut shown, &place)?;
        }
        self.depth -= 1;
        self.joining -= joins;
        Ok(match referred {
            None => (Node::Rules(Box::new(rules)), Value::Object(shown)),
            Some((node, referred)) => {
                rules.all.push(node);
                (Node::Rules(Box::new(rules)), joined(shown, referred))
            }
        })
    }

    /// What a reference leads to.
    fn referred(&mut self, value: &'a Value, place: &Place<'_>) -> Result<Read, String> {
        let wrong = |reason: String| Err(at(place, reason));
        let Some(reference) = value.as_str() else {
            return wrong("this is no text".to_owned());
        };
        let found = ["$defs", "definitions"].into_iter().find_map(|section| {
            let name = reference.strip_prefix("#/")?.strip_prefix(section)?;
            Some((section, name.strip_prefix('/')?))
        });
        let plain = |name: &str| !name.is_empty() && !name.contains(['/', '%', '~', '#']);
        let Some((section, name)) = found.filter(|(_, name)| plain(name)) else {
            let shown = harmless(reference, 60);
            return wrong(format!(
                "`{shown}` is not taken: a reference is `#/$defs/NAME` or `#/definitions/NAME`"
            ));
        };
        let shown = harmless(name, 60);
        if self.open.contains(&name) {
            return wrong(format!("`{shown}` refers to itself"));
        }
        let definition = self.root.get(section).and_then(|section| section.get(name));
        let Some(definition) = definition else {
            return wrong(format!("there is no `{shown}` in `{section}`"));
        };
        self.open.push(name);
        let section = Place::In(&Place::Whole, &section);
        let read = self.schema(definition, &Place::In(&section, &name));
        self.open.pop();
        read
    }

    fn keyword(
        &mut self,
        keyword: &'a str,
        value: &'a Value,
        rules: &mut Rules,
        shown: &mut Map<String, Value>,
        place: &Place<'_>,
    ) -> Result<(), String> {
        let wrong = |reason: &str| Err(at(place, reason));
        let is_whole = self.depth == 1 && self.open.is_empty();
        if self.joining > 0 && matches!(keyword, "pattern" | "multipleOf") {
            let weight = if keyword == "pattern" { 1 } else { MEETING };
            let left = self.meeting.checked_sub(weight);
            self.meeting = left.ok_or_else(|| {
                at(place, format!("at most {MEETING} patterns or one multiple are taken within `allOf`, and where schemas meet"))
            })?;
        }
        let handed_on = match keyword {
            "anyOf" | "oneOf" | "allOf" | "prefixItems" => {
                let (nodes, values) = self.schemas(value, place)?;
                match keyword {
                    "anyOf" => rules.any = nodes,
                    "oneOf" => rules.one = nodes,
                    "allOf" => rules.all.extend(nodes),
                    _ => rules.first = nodes,
                }
                Value::Array(values)
            }
            "items" | "additionalProperties" | "propertyNames" | "not" => {
                let (node, value) = self.schema(value, place)?;
                let slot = match keyword {
                    "items" => &mut rules.items,
                    "additionalProperties" => &mut rules.additional,
                    "propertyNames" => &mut rules.names,
                    _ => &mut rules.not,
                };
                *slot = Some(node);
                value
            }
            "properties" => Value::Object(self.properties(value, rules, place)?),
            "type" => {
                let names = value
                    .as_array()
                    .map_or(std::slice::from_ref(value), Vec::as_slice);
                let types: Option<Vec<Type>> = names.iter().map(Type::of).collect();
                match types {
                    Some(types) if !types.is_empty() => rules.types = Some(types),
                    _ => return wrong("this names no type"),
                }
                value.clone()
            }
            "enum" => match value.as_array() {
                Some(values) if !values.is_empty() => {
                    rules.values.push(values.clone());
                    value.clone()
                }
                _ => return wrong("this is no list of values"),
            },
            "const" => {
                rules.values.push(vec![value.clone()]);
                value.clone()
            }
            "required" => {
                let names = value
                    .as_array()
                    .map(|names| names.iter().map(Value::as_str).collect());
                let Some(Some(names)) = names.map(|names: Option<Vec<&str>>| names) else {
                    return wrong("this is no list of names");
                };
                rules.required = names.into_iter().map(str::to_owned).collect();
                value.clone()
            }
            "uniqueItems" => match value.as_bool() {
                Some(unique) => {
                    rules.unique = unique;
                    value.clone()
                }
                None => return wrong("this is neither `true` nor `false`"),
            },
            "pattern" => {
                let Some(text) = value.as_str() else {
                    return wrong("this is no text");
                };
                let pattern = self.limits.pattern(text);
                rules.pattern = Some(pattern.map_err(|reason| at(place, reason))?);
                value.clone()
            }
            "minLength" | "minItems" | "minProperties" | "maxLength" | "maxItems"
            | "maxProperties" => {
                count(keyword, value, rules).map_err(|reason| at(place, reason))?
            }
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
                number(keyword, value, rules).map_err(|reason| at(place, reason))?;
                value.clone()
            }
            "title" | "description" | "format" => match value.as_str() {
                Some(text) => Value::String(harmless(text, LONGEST)),
                None => return wrong("this is no text"),
            },
            "default" => value.clone(),
            "$comment" | "deprecated" | "example" | "examples" | "readOnly" | "writeOnly"
            | "contentEncoding" | "contentMediaType" => return Ok(()),
            "$schema" | "$id" | "id" | "$defs" | "definitions" if is_whole => return Ok(()),
            "$schema" | "$id" | "id" | "$defs" | "definitions" => {
                return wrong("this is taken only at the beginning of the whole schema");
            }
            _ if keyword.starts_with("x-") => return Ok(()),
            _ => return wrong("this keyword is not taken"),
        };
        let counted = match keyword {
            "anyOf"
            | "oneOf"
            | "allOf"
            | "prefixItems"
            | "items"
            | "additionalProperties"
            | "propertyNames"
            | "not"
            | "properties" => self.count(keyword.len()),
            _ => {
                let counted = self.count(keyword.len());
                counted.and_then(|()| self.count_value(&handed_on))
            }
        };
        counted.map_err(|reason| at(place, reason))?;
        shown.insert(keyword.to_owned(), handed_on);
        Ok(())
    }

    /// A list of schemas.
    fn schemas(
        &mut self,
        value: &'a Value,
        place: &Place<'_>,
    ) -> Result<(Vec<Node>, Vec<Value>), String> {
        let schemas = value.as_array().filter(|schemas| !schemas.is_empty());
        let schemas = schemas.ok_or_else(|| at(place, "this is no list of schemas"))?;
        let (mut nodes, mut values) = (Vec::new(), Vec::new());
        for (index, schema) in schemas.iter().enumerate() {
            let (node, value) = self.schema(schema, &Place::In(place, &index))?;
            nodes.push(node);
            values.push(value);
        }
        Ok((nodes, values))
    }

    fn properties(
        &mut self,
        value: &'a Value,
        rules: &mut Rules,
        place: &Place<'_>,
    ) -> Result<Map<String, Value>, String> {
        let entries = value.as_object();
        let entries = entries.ok_or_else(|| at(place, "this is no object"))?;
        let mut shown = Map::new();
        for (name, schema) in entries {
            let place = Place::In(place, name);
            if name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
                let reason =
                    format!("a name has at most {LONGEST_NAME} bytes, and no control characters");
                return Err(at(&place, reason));
            }
            self.count(name.len())
                .map_err(|reason| at(&place, reason))?;
            let (node, value) = self.schema(schema, &place)?;
            rules.properties.insert(name.clone(), node);
            shown.insert(name.clone(), value);
        }
        Ok(shown)
    }
}

/// `reason`, and where.
fn at(place: &Place<'_>, reason: impl fmt::Display) -> String {
    format!("`{place}`: {reason}")
}
