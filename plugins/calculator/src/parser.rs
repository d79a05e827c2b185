//! Calculations in words and figures, by precedence: `12 times 7 plus 3`, `(2 + 3) * 4`, `the square root of 144`.

use phrase::{Said, Word, read};

use crate::{
    expression::{Collection, Expression, Function, Operation},
    speech::Money,
};

/// How deep brackets may nest: a skill's stack is small.
const DEEPEST: usize = 32;

pub struct Parser {
    words: Vec<Word>,
    at: usize,
    depth: usize,
}

/// What was said, with its raised figures as words.
pub fn spelled(text: &str) -> String {
    let text = &marked(text);
    let mut spelled = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        match c {
            // `m²` is a unit, `5²` a calculation.
            '²' if before.is_alphabetic() => spelled.push('2'),
            '³' if before.is_alphabetic() => spelled.push('3'),
            '²' => spelled.push_str(" squared "),
            '³' => spelled.push_str(" cubed "),
            '·' | '∙' | '⋅' => spelled.push_str(" * "),
            '–' => spelled.push('-'),
            c => spelled.push(c),
        }
        before = c;
    }
    spelled
}

/// With the marks of feet and inches as words: `5'10"` is `5 feet 10 inches`.
fn marked(text: &str) -> String {
    const FEET: &[char] = &['\'', '’', '′'];
    const INCHES: &[char] = &['"', '”', '″'];
    if !text.contains(FEET) && !text.contains(INCHES) {
        return text.to_owned();
    }
    let mut marked = String::with_capacity(text.len() + 16);
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        let double = FEET.contains(&c) && next.is_some_and(|next| FEET.contains(&next));
        if before.is_ascii_digit() && (INCHES.contains(&c) || double) {
            marked.push_str(" inches ");
            if double {
                chars.next();
            }
        } else if before.is_ascii_digit() && FEET.contains(&c) && !next.is_some_and(char::is_alphabetic) {
            marked.push_str(" feet ");
        } else {
            marked.push(c);
        }
        before = c;
    }
    marked
}

impl Parser {
    pub fn new(said: &Said) -> Parser {
        let mut words = Vec::with_capacity(said.words().len());
        for word in said.words() {
            // `12x7`
            if let Some(rest) = word.form.strip_prefix('x')
                && rest.starts_with(|c: char| c.is_ascii_digit())
            {
                let cut = word.place.start + 1;
                words.push(Word { form: "x".into(), place: word.place.start..cut, pause: false, colon: false });
                words.push(Word { form: rest.into(), place: cut..word.place.end, ..word.clone() });
            } else {
                words.push(word.clone());
            }
        }
        Parser { words, at: 0, depth: 0 }
    }

    pub fn rest(&self) -> &[Word] {
        self.words.get(self.at..).unwrap_or_default()
    }

    pub fn skip(&mut self, count: usize) {
        self.at += count;
    }

    pub fn is_over(&self) -> bool {
        self.at >= self.words.len()
    }

    pub fn place(&self) -> usize {
        self.at
    }

    pub fn back_to(&mut self, place: usize) {
        self.at = place;
    }

    /// Takes one of these phrases, the first that comes.
    pub fn eat(&mut self, phrases: &[&str]) -> bool {
        let found = phrases.iter().find_map(|phrase| {
            let mut count = 0;
            let comes = phrase.split(' ').all(|part| {
                count += 1;
                self.rest().get(count - 1).is_some_and(|word| word.form == part)
            });
            comes.then_some(count)
        });
        self.at += found.unwrap_or(0);
        found.is_some()
    }

    pub fn expression(&mut self) -> Option<Expression> {
        let mut left = self.term()?;
        loop {
            let operation = if self.eat(&["plus", "+"]) {
                Operation::Add
            } else if self.eat(&["minus", "-", "take away", "less"]) {
                Operation::Subtract
            } else {
                return Some(left);
            };
            left = Expression::binary(operation, left, self.term()?);
        }
    }

    fn term(&mut self) -> Option<Expression> {
        let mut left = self.signed()?;
        loop {
            let operation = if self.eat(&["times by", "times", "multiplied by", "multiplied with", "x", "*"]) {
                Operation::Multiply
            } else if self.eat(&["divided by", "over", "/"]) {
                Operation::Divide
            } else if self.eat(&["modulo", "mod"]) {
                Operation::Remainder
            } else {
                return Some(left);
            };
            left = Expression::binary(operation, left, self.signed()?);
            // `3/4 of 100`
            if let Expression::Binary(Operation::Divide, above, below) = &left
                && let (Expression::Number(above), Expression::Number(below)) = (&**above, &**below)
                && *below != 0.0
                && self.eat(&["of"])
            {
                left = Expression::binary(Operation::Of, Expression::Number(above / below), self.signed()?);
            }
        }
    }

    /// With a sign before it, which a power comes before: minus 2 squared is minus 4.
    fn signed(&mut self) -> Option<Expression> {
        self.depth += 1;
        let found = if self.depth > DEEPEST {
            None
        } else if self.eat(&["minus", "negative", "-"]) {
            self.signed().map(|inner| Expression::Negative(Box::new(inner)))
        } else {
            self.power()
        };
        self.depth -= 1;
        found
    }

    fn power(&mut self) -> Option<Expression> {
        let mut base = self.part()?;
        loop {
            let function = if self.eat(&["squared"]) {
                Function::Square
            } else if self.eat(&["cubed"]) {
                Function::Cube
            } else if self.eat(&["factorial"]) {
                Function::Factorial
            } else {
                break;
            };
            base = Expression::Unary(function, Box::new(base));
        }
        let before = self.at;
        if self.eat(&["to the power of", "raised to the power of", "to the power", "raised to", "to the exponent", "^", "* *"]) {
            return Some(Expression::binary(Operation::Power, base, self.signed()?));
        }
        if self.eat(&["raised to the", "to the"])
            && let Some((exponent, taken)) = read::ordinal(self.rest())
        {
            self.skip(taken);
            self.eat(&["power"]);
            return Some(Expression::binary(Operation::Power, base, Expression::Number(f64::from(exponent))));
        }
        // `2 to the 10`, but not `ten to the hour`
        self.at = before;
        if self.eat(&["raised to the power", "raised to the", "to the power", "to the"]) {
            let sign = if self.eat(&["minus", "negative", "-"]) { -1.0 } else { 1.0 };
            if let Some((exponent, taken)) = read::number(self.rest()) {
                self.skip(taken);
                self.eat(&["power"]);
                return Some(Expression::binary(Operation::Power, base, Expression::Number(sign * exponent)));
            }
        }
        self.at = before;
        Some(base)
    }

    /// A part of something, or all of it: 15 percent of 84, half of 10.
    fn part(&mut self) -> Option<Expression> {
        let mut first = self.primary()?;
        if self.eat(&["percent"]) {
            first = Expression::Percent(Box::new(first));
            let before = self.at;
            let operation = if self.eat(&["tip", "tax", "sales tax", "vat", "interest", "commission"]) {
                self.eat(&["on", "for", "of"]).then_some(Operation::Of)
            } else if self.eat(&["of"]) {
                Some(Operation::Of)
            } else if self.eat(&["off of", "off"]) {
                Some(Operation::Off)
            } else if self.eat(&["more than", "higher than", "above"]) {
                Some(Operation::MoreThan)
            } else if self.eat(&["less than", "lower than", "below"]) {
                Some(Operation::Off)
            } else {
                None
            };
            return match operation {
                // `15 is 20 percent of what`: that is for whoever asked.
                Some(_) if self.rest().first().is_some_and(|word| word.form == "what") => {
                    self.at = before;
                    Some(first)
                }
                Some(operation) => Some(Expression::binary(operation, first, self.signed()?)),
                None => Some(first),
            };
        }
        if matches!(first, Expression::Number(value) if value > 0.0 && value < 1.0) && self.eat(&["of"]) {
            return Some(Expression::binary(Operation::Of, first, self.signed()?));
        }
        Some(first)
    }

    fn primary(&mut self) -> Option<Expression> {
        if self.eat(&["("]) {
            let inner = self.expression()?;
            return self.eat(&[")"]).then(|| Expression::Group(Box::new(inner)));
        }
        let before = self.at;
        self.eat(&["the"]);
        if let Some(function) = self.function() {
            return function;
        }
        self.at = before;
        if let Some((value, taken)) = read::number(self.rest()) {
            self.skip(taken);
            return Some(self.with_money(value));
        }
        if self.eat(&["pi"]) {
            return Some(Expression::Number(std::f64::consts::PI));
        }
        // `a 15 percent tip`, `the 84 dollars`
        if self.eat(&["a", "an", "the"]) {
            let (value, taken) = read::number(self.rest())?;
            self.skip(taken);
            return Some(self.with_money(value));
        }
        None
    }

    /// `84 dollars and 50 cents`
    fn with_money(&mut self, value: f64) -> Expression {
        let money = |parser: &Parser| parser.rest().first().and_then(|word| Money::named(&word.form));
        let Some(currency) = money(self) else { return Expression::Number(value) };
        self.skip(1);
        let before = self.at;
        self.eat(&["and"]);
        if matches!(currency, Money::Dollars | Money::Euros)
            && let Some((cents, taken)) = read::number(self.rest())
        {
            self.skip(taken);
            if self.eat(&["cents", "cent"]) {
                return Expression::Money(value + cents / 100.0, currency);
            }
        }
        self.at = before;
        Expression::Money(value, currency)
    }

    /// What is named before its operands. `Some(None)` where these are missing.
    fn function(&mut self) -> Option<Option<Expression>> {
        let start = self.at;
        // `the fourth root of 16`
        if let Some((degree, taken)) = read::ordinal(self.rest()).filter(|(degree, _)| (4..=20).contains(degree)) {
            self.skip(taken);
            if self.eat(&["root of", "root"]) {
                let inner = self.signed();
                let exponent = Expression::binary(Operation::Divide, Expression::Number(1.0), Expression::Number(f64::from(degree)));
                return Some(inner.map(|inner| Expression::Group(Box::new(Expression::binary(Operation::Power, inner, exponent)))));
            }
            self.at = start;
        }
        let unary = if self.eat(&["square root of", "square root", "sqrt of", "sqrt", "root of", "root"]) {
            Function::SquareRoot
        } else if self.eat(&["cube root of", "cubic root of", "third root of", "cbrt"]) {
            Function::CubeRoot
        } else if self.eat(&["natural logarithm of", "natural log of", "ln of", "ln"]) {
            Function::NaturalLogarithm
        } else if self.eat(&["logarithm of", "log of", "log base 10 of", "log base ten of", "decimal logarithm of"]) {
            Function::Logarithm
        } else if self.eat(&["square of"]) {
            Function::Square
        } else if self.eat(&["cube of"]) {
            Function::Cube
        } else if self.eat(&["factorial of"]) {
            Function::Factorial
        } else if self.eat(&["twice", "double", "the double of"]) {
            Function::Twice
        } else if self.eat(&["triple", "thrice", "three times"]) {
            Function::Thrice
        } else if self.eat(&["halve", "half the"]) {
            Function::Half
        } else {
            return self.collection();
        };
        Some(self.signed().map(|inner| Expression::Unary(unary, Box::new(inner))))
    }

    fn collection(&mut self) -> Option<Option<Expression>> {
        let collection = if self.eat(&["sum of"]) {
            Collection::Sum
        } else if self.eat(&["product of"]) {
            Collection::Product
        } else if self.eat(&["average of", "mean of", "average between"]) {
            Collection::Average
        } else {
            let operation = if self.eat(&["difference between", "difference of"]) {
                Operation::Subtract
            } else if self.eat(&["quotient of", "ratio of"]) {
                Operation::Divide
            } else if self.eat(&["remainder of", "remainder when"]) {
                Operation::Remainder
            } else {
                return None;
            };
            return Some(self.pair(operation));
        };
        Some(self.list(2).map(|items| Expression::Many(collection, items)))
    }

    fn pair(&mut self, operation: Operation) -> Option<Expression> {
        let left = self.part()?;
        self.eat(&["is"]);
        self.eat(&["and", "to", "divided by", "over", "/"]).then_some(())?;
        let right = self.part()?;
        let swap = operation == Operation::Subtract
            && matches!((&left, &right), (Expression::Number(one), Expression::Number(other)) if one < other);
        Some(if swap { Expression::binary(operation, right, left) } else { Expression::binary(operation, left, right) })
    }

    /// `3, 5 and 10`
    pub fn list(&mut self, least: usize) -> Option<Vec<Expression>> {
        let mut items = vec![self.part()?];
        loop {
            let paused = self.at.checked_sub(1).and_then(|at| self.words.get(at)).is_some_and(|word| word.pause);
            if !(self.eat(&["and", "plus", "+"]) || (paused && !self.is_over())) {
                break;
            }
            items.push(self.part()?);
        }
        (items.len() >= least).then_some(items)
    }
}
