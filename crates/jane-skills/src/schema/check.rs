//! A value held against a schema, in a bounded number of steps.

use std::fmt::Display;

use serde_json::{Map, Value};

use super::number::{compare, equal, is_multiple, is_whole};
use super::read::{Count, Node, Rules, Type};
use crate::instance::harmless;

/// Characters of a mistake.
const LONGEST: usize = 200;

/// More steps are needed than there are.
struct Spent;

/// # Errors
/// The first `most` mistakes of `value`, or that holding it against the schema takes more than `fuel` steps.
pub fn check(node: &Node, value: &Value, most: usize, fuel: u64) -> Result<(), Vec<String>> {
    let mut check = Check {
        fuel,
        most,
        mistakes: Vec::new(),
        path: Vec::new(),
        quiet: 0,
    };
    match check.holds(node, value) {
        Ok(true) => Ok(()),
        Ok(false) => Err(check.mistakes),
        Err(Spent) => Err(vec!["they are too much to be looked at".to_owned()]),
    }
}

struct Check<'v> {
    fuel: u64,
    most: usize,
    mistakes: Vec<String>,
    /// Where in the value.
    path: Vec<Step<'v>>,
    /// Above 0: whether a schema fits is asked, and nobody is told why not.
    quiet: usize,
}

enum Step<'v> {
    Name(&'v str),
    Index(usize),
}

impl<'v> Check<'v> {
    fn spend(&mut self, steps: u64) -> Result<(), Spent> {
        self.fuel = self.fuel.checked_sub(steps).ok_or(Spent)?;
        Ok(())
    }

    /// Whether `value` is what `node` wants. Where that is told, all is looked at until there are enough mistakes.
    fn holds(&mut self, node: &Node, value: &'v Value) -> Result<bool, Spent> {
        self.spend(1)?;
        match node {
            Node::Anything => Ok(true),
            Node::Nothing => Ok(self.wrong(|| "nothing is allowed here")),
            Node::Rules(rules) => self.rules(rules, value),
        }
    }

    /// Notes a mistake. Is always false.
    fn wrong<T: Display>(&mut self, mistake: impl FnOnce() -> T) -> bool {
        if self.quiet == 0 && self.mistakes.len() < self.most {
            let mut place = String::new();
            for step in &self.path {
                let step = match step {
                    Step::Name(name) => (*name).to_owned(),
                    Step::Index(index) => index.to_string(),
                };
                place = format!("{place}/{step}");
                if place.len() > LONGEST {
                    break;
                }
            }
            let colon = if place.is_empty() { "" } else { ": " };
            let place = harmless(&place, LONGEST / 2);
            let mistake = harmless(&mistake().to_string(), LONGEST);
            self.mistakes.push(format!("{place}{colon}{mistake}"));
        }
        false
    }

    /// Whether nothing more needs to be looked at.
    fn is_over(&self, holds: bool) -> bool {
        !holds && (self.quiet > 0 || self.mistakes.len() >= self.most)
    }

    /// Whether `value` is what `node` wants, and nobody is told why not.
    fn fits(&mut self, node: &Node, value: &'v Value) -> Result<bool, Spent> {
        self.quiet += 1;
        let fits = self.holds(node, value);
        self.quiet -= 1;
        fits
    }

    fn rules(&mut self, rules: &Rules, value: &'v Value) -> Result<bool, Spent> {
        if let Some(types) = &rules.types {
            self.spend(types.len() as u64)?;
            if !types.iter().any(|kind| is_of(*kind, value)) {
                let names: Vec<&str> = types.iter().map(|kind| kind.name()).collect();
                return Ok(self.wrong(|| format!("this has to be of type {}", names.join(" or "))));
            }
        }
        let mut holds = true;
        for values in &rules.values {
            let mut is_one = false;
            for one in values {
                is_one = equal(one, value, &mut self.fuel).ok_or(Spent)?;
                if is_one {
                    break;
                }
            }
            if !is_one {
                holds = self.wrong(|| format!("this has to be {}", listed(values)));
            }
        }
        let parts = match value {
            Value::Object(entries) => self.object(rules, entries)?,
            Value::Array(values) => self.array(rules, values)?,
            Value::String(text) => self.text(rules, text)?,
            Value::Number(_) => self.number(rules, value),
            Value::Null | Value::Bool(_) => true,
        };
        holds &= parts;
        if self.is_over(holds) {
            return Ok(false);
        }
        Ok(self.combined(rules, value)? && holds)
    }

    fn combined(&mut self, rules: &Rules, value: &'v Value) -> Result<bool, Spent> {
        let mut holds = true;
        for node in &rules.all {
            holds &= self.holds(node, value)?;
            if self.is_over(holds) {
                return Ok(false);
            }
        }
        let mut fits = rules.any.is_empty();
        for node in &rules.any {
            fits = fits || self.fits(node, value)?;
        }
        if !fits {
            holds &= self.none_fits(&rules.any, value)?;
        }
        let mut fitting = 0;
        for node in &rules.one {
            fitting += usize::from(self.fits(node, value)?);
        }
        if !rules.one.is_empty() && fitting != 1 {
            holds = match fitting {
                0 => self.none_fits(&rules.one, value)?,
                _ => self.wrong(|| format!("this fits {fitting} forms, and has to fit one")),
            };
        }
        if let Some(not) = &rules.not
            && self.fits(not, value)?
        {
            holds = self.wrong(|| "this is what it must not be");
        }
        Ok(holds)
    }

    /// Tells why none of `nodes` fits: of one that could be meant what is wrong, of several that there is none.
    fn none_fits(&mut self, nodes: &[Node], value: &'v Value) -> Result<bool, Spent> {
        let may_be_meant = |node: &&Node| match node {
            Node::Rules(rules) => {
                let types = rules.types.as_ref();
                types.is_none_or(|types| types.iter().any(|kind| is_of(*kind, value)))
            }
            Node::Anything | Node::Nothing => false,
        };
        let meant: Vec<&Node> = nodes.iter().filter(may_be_meant).collect();
        if let [meant] = meant.as_slice() {
            self.holds(meant, value)?;
            return Ok(false);
        }
        let count = nodes.len();
        Ok(self.wrong(|| format!("this fits none of the {count} forms that it may have")))
    }

    fn object(&mut self, rules: &Rules, entries: &'v Map<String, Value>) -> Result<bool, Spent> {
        let mut holds = self.counted(
            "property",
            "properties",
            entries.len(),
            rules.property_count,
        );
        self.spend(rules.required.len() as u64)?;
        for name in &rules.required {
            if !entries.contains_key(name) {
                holds = self.wrong(|| format!("`{name}` is missing"));
            }
        }
        if rules.properties.is_empty() && rules.additional.is_none() && rules.names.is_none() {
            return Ok(holds);
        }
        for (name, value) in entries {
            self.spend(1 + name.len() as u64 / 64)?;
            self.path.push(Step::Name(name));
            let held = match (rules.properties.get(name), &rules.additional) {
                (Some(node), _) => self.holds(node, value)?,
                (None, Some(Node::Nothing)) => self.wrong(|| {
                    let mut known: Vec<&str> =
                        rules.properties.keys().map(String::as_str).collect();
                    known.sort_unstable();
                    format!("there is no such argument, only: {}", known.join(", "))
                }),
                (None, Some(node)) => self.holds(node, value)?,
                (None, None) => true,
            };
            self.path.pop();
            holds &= held;
            if let Some(names) = &rules.names {
                // A name is a text for this.
                let own = Value::String(name.clone());
                let mut of_name = Check {
                    fuel: self.fuel,
                    most: 0,
                    mistakes: Vec::new(),
                    path: Vec::new(),
                    quiet: 1,
                };
                let fits = of_name.holds(names, &own)?;
                self.fuel = of_name.fuel;
                if !fits {
                    holds = self.wrong(|| format!("`{name}` is not a name that it may have"));
                }
            }
            if self.is_over(holds) {
                return Ok(false);
            }
        }
        Ok(holds)
    }

    fn array(&mut self, rules: &Rules, values: &'v [Value]) -> Result<bool, Spent> {
        let mut holds = self.counted("item", "items", values.len(), rules.item_count);
        for (index, value) in values.iter().enumerate() {
            let Some(node) = rules.first.get(index).or(rules.items.as_ref()) else {
                break;
            };
            self.path.push(Step::Index(index));
            holds &= self.holds(node, value)?;
            self.path.pop();
            if self.is_over(holds) {
                return Ok(false);
            }
        }
        if rules.unique {
            for (index, value) in values.iter().enumerate() {
                for other in values.iter().skip(index + 1) {
                    if equal(value, other, &mut self.fuel).ok_or(Spent)? {
                        return Ok(self.wrong(|| "this has the same item twice"));
                    }
                }
            }
        }
        Ok(holds)
    }

    fn text(&mut self, rules: &Rules, text: &str) -> Result<bool, Spent> {
        let Count { least, most } = rules.length;
        let mut holds = true;
        if least > 0 || most.is_some() {
            self.spend(text.len() as u64 / 64)?;
            let length = text.chars().count();
            holds = self.counted("character", "characters", length, rules.length);
        }
        if let Some(pattern) = &rules.pattern {
            self.spend(pattern.cost(text))?;
            if !pattern.is_in(text) {
                holds = self.wrong(|| "this does not have the form that its `pattern` says");
            }
        }
        Ok(holds)
    }

    fn number(&mut self, rules: &Rules, value: &Value) -> bool {
        let Value::Number(number) = value else {
            return true;
        };
        let mut holds = true;
        let bounds = [
            (&rules.least, "at least", [true, true, false]),
            (&rules.most, "at most", [false, true, true]),
            (&rules.above, "more than", [true, false, false]),
            (&rules.below, "less than", [false, false, true]),
        ];
        for (bound, words, [above, same, below]) in bounds {
            let Some(bound) = bound else { continue };
            let holds_it = match compare(number, bound) {
                Some(std::cmp::Ordering::Greater) => above,
                Some(std::cmp::Ordering::Equal) => same,
                Some(std::cmp::Ordering::Less) => below,
                None => false,
            };
            if !holds_it {
                holds = self.wrong(|| format!("this has to be {words} {bound}"));
            }
        }
        match &rules.multiple {
            Some(of) if !is_multiple(number, of) => {
                self.wrong(|| format!("this has to be a multiple of {of}"))
            }
            _ => holds,
        }
    }

    fn counted(&mut self, one: &str, several: &str, count: usize, allowed: Count) -> bool {
        let count = count as u64;
        let named = |number: u64| {
            if number == 1 {
                one.to_owned()
            } else {
                several.to_owned()
            }
        };
        if count < allowed.least {
            let least = allowed.least;
            return self.wrong(|| format!("this has to have at least {least} {}", named(least)));
        }
        match allowed.most {
            Some(most) if count > most => {
                self.wrong(|| format!("this may have at most {most} {}", named(most)))
            }
            _ => true,
        }
    }
}

fn is_of(kind: Type, value: &Value) -> bool {
    match (kind, value) {
        (Type::Null, Value::Null)
        | (Type::Boolean, Value::Bool(_))
        | (Type::Number, Value::Number(_))
        | (Type::String, Value::String(_))
        | (Type::Array, Value::Array(_))
        | (Type::Object, Value::Object(_)) => true,
        (Type::Integer, Value::Number(number)) => is_whole(number),
        _ => false,
    }
}

/// Values as they are told, the first of many.
fn listed(values: &[Value]) -> String {
    let shown: Vec<String> = values.iter().take(10).map(Value::to_string).collect();
    let more = if values.len() > 10 { ", …" } else { "" };
    match shown.as_slice() {
        [one] if more.is_empty() => one.clone(),
        _ => format!("one of {}{more}", shown.join(", ")),
    }
}
