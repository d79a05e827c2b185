//! What of a person's words is a calculation.

use phrase::{Said, Word};

use crate::{
    expression::{Collection, Expression, Function, Operation},
    parser::{Parser, spelled},
};

/// What a question begins with. Several may come together.
const LEADS: &[&str] = &[
    "what is the answer to",
    "what is the result of",
    "what is the value of",
    "what do you get if you",
    "what do you get when you",
    "what do i get if i",
    "what do i get when i",
    "what will i get if i",
    "what happens if you",
    "if you",
    "if i",
    "what is",
    "what are",
    "what does",
    "what would",
    "what will",
    "how much is",
    "how much are",
    "how much does",
    "how much would",
    "how much do",
    "how many is",
    "how many are",
    "how do you",
    "calculate",
    "compute",
    "work out",
    "figure out",
    "evaluate",
    "solve",
    "give me",
    "find",
    "the result of",
    "do the maths",
    "do the math",
    "quick maths",
    "quick math",
    "what",
];

/// What it ends with.
const TAILS: &[&str] = &[
    "equal to",
    "equals to",
    "equal",
    "equals",
    "= what",
    "=",
    "make",
    "makes",
    "come to",
    "comes to",
    "be",
    "is what",
    "is",
    "in total",
    "altogether",
    "add up to",
    "what do you get",
    "what do i get",
    "what is it",
    "what is that",
    "give",
];

/// What is written like a calculation, and called so.
const NAMES: &[(&str, &str, &str)] = &[("24", "/", "7"), ("9", "/", "11"), ("50", "/", "50"), ("7", "/", "11"), ("4", "x", "4")];

/// The calculation that somebody asks for, where they ask for nothing else.
pub fn understand(text: &str) -> Option<Expression> {
    let spelled = spelled(text);
    let said = Said::new(&spelled);
    let mut parser = Parser::new(&said);
    let mut asked = false;
    while parser.eat(LEADS) {
        asked = true;
    }
    if is_name(parser.rest(), asked) {
        return None;
    }
    let start = parser.place();
    let readers: [fn(&mut Parser) -> Option<Expression>; 5] = [order, share, whole, discounted, Parser::expression];
    let expression = readers.into_iter().find_map(|read| {
        parser.back_to(start);
        let expression = read(&mut parser)?;
        while parser.eat(TAILS) {}
        parser.is_over().then_some(expression)
    })?;
    (expression.operations() > 0).then_some(expression)
}

/// The same for the language model, which writes formulas, and may ask for a number alone.
pub fn formula(text: &str) -> Option<Expression> {
    understand(text).or_else(|| {
        let spelled = spelled(text);
        let mut parser = Parser::new(&Said::new(&spelled));
        let expression = parser.expression()?;
        while parser.eat(TAILS) {}
        parser.is_over().then_some(expression)
    })
}

/// Dates, telephone numbers, ranges and names, such as 9/11, 555-1234 and 4x4: these are read together, without spaces.
fn is_name(words: &[Word], asked: bool) -> bool {
    let joined = |at: usize| {
        let [Some(before), Some(sign), Some(after)] = [at.checked_sub(1).and_then(|at| words.get(at)), words.get(at), words.get(at + 1)]
        else {
            return false;
        };
        before.place.end == sign.place.start && sign.place.end == after.place.start && !matches!(before.form.as_str(), "(" | ")")
    };
    let joins = (0..words.len())
        .filter(|at| words.get(*at).is_some_and(|word| matches!(word.form.as_str(), "-" | "/" | "x")) && joined(*at))
        .count();
    match words {
        [left, sign, right] if joins == 1 => {
            let (left, sign, right) = (left.form.as_str(), sign.form.as_str(), right.form.as_str());
            let grows = sign == "-" && matches!((left.parse::<f64>(), right.parse::<f64>()), (Ok(left), Ok(right)) if left <= right);
            (!asked && sign == "-") || grows || NAMES.contains(&(left, sign, right))
        }
        [_, first, ..] => {
            let same = |word: &Word| word.form == first.form || word.form.parse::<f64>().is_ok();
            joins >= 2 && first.form != "x" && words.len() == 2 * joins + 1 && words.iter().all(same)
        }
        _ => false,
    }
}

/// What one is told to do with numbers: `add 5 and 7`, `take 20 percent off 80`.
fn order(parser: &mut Parser) -> Option<Expression> {
    if parser.eat(&["add up", "add together", "add", "sum up", "sum"]) {
        let start = parser.place();
        if let Some(items) = parser.list(2) {
            parser.eat(&["together", "up"]);
            return Some(Expression::Many(Collection::Sum, items)).filter(|_| !parser.eat(&["to"]));
        }
        parser.back_to(start);
        return flipped(parser, Operation::Add, &["to", "onto", "on to", "on top of"]);
    }
    if parser.eat(&["subtract", "deduct"]) {
        return flipped(parser, Operation::Subtract, &["from", "off"]);
    }
    if parser.eat(&["take away", "take off", "take", "knock off", "knock"]) {
        let what = parser.expression()?;
        if let Expression::Binary(Operation::Off, ..) = what {
            return Some(what);
        }
        return parser
            .eat(&["away from", "off of", "off from", "off", "from"])
            .then(|| parser.expression())
            .flatten()
            .map(|from| Expression::binary(Operation::Subtract, from, what));
    }
    if parser.eat(&["multiply"]) {
        return ordered(parser, Operation::Multiply, &["by", "with", "and", "times"]);
    }
    if parser.eat(&["divide"]) {
        return ordered(parser, Operation::Divide, &["by", "through", "over"]);
    }
    if parser.eat(&["increase", "raise"]) {
        return ordered(parser, Operation::Add, &["by"]).map(by_a_part);
    }
    if parser.eat(&["decrease", "reduce", "lower", "discount"]) {
        return ordered(parser, Operation::Subtract, &["by"]).map(by_a_part);
    }
    let is_root = parser.rest().get(1).is_some_and(|word| word.form == "root");
    if !is_root && parser.eat(&["square"]) {
        return parser.expression().map(|inner| Expression::Unary(Function::Square, Box::new(inner)));
    }
    None
}

/// By a quarter is by a quarter of it.
fn by_a_part(expression: Expression) -> Expression {
    match expression {
        Expression::Binary(operation, left, right) => match *right {
            Expression::Number(part) if part > 0.0 && part < 1.0 && !matches!(*left, Expression::Number(whole) if whole.abs() < 1.0) => {
                let of_it = Expression::Binary(Operation::Of, right, left.clone());
                Expression::binary(operation, *left, of_it)
            }
            _ => Expression::Binary(operation, left, right),
        },
        other => other,
    }
}

fn ordered(parser: &mut Parser, operation: Operation, joins: &[&str]) -> Option<Expression> {
    let left = parser.expression()?;
    if !parser.eat(joins) {
        return None;
    }
    Some(Expression::binary(operation, left, parser.expression()?))
}

fn flipped(parser: &mut Parser, operation: Operation, joins: &[&str]) -> Option<Expression> {
    match ordered(parser, operation, joins)? {
        Expression::Binary(operation, what, to) => Some(Expression::Binary(operation, to, what)),
        other => Some(other),
    }
}

/// `what percentage of 80 is 20`, `20 is what percent of 80`, `20 out of 80 in percent`, `how many times does 7 go into 42`.
fn share(parser: &mut Parser) -> Option<Expression> {
    let start = parser.place();
    if parser.eat(&["percentage of", "percent of"]) {
        let whole = parser.expression()?;
        return parser
            .eat(&["is", "are", "would be", "makes"])
            .then(|| parser.expression())
            .flatten()
            .map(|part| Expression::binary(Operation::Share, part, whole));
    }
    if parser.eat(&["percentage is", "percent is"]) {
        let part = parser.expression()?;
        return parser
            .eat(&["of", "out of"])
            .then(|| parser.expression())
            .flatten()
            .map(|whole| Expression::binary(Operation::Share, part, whole));
    }
    if parser.eat(&["how many times does", "how many times do", "how often does"]) {
        let part = parser.expression()?;
        return parser
            .eat(&["go into", "fit into", "fit in", "go in"])
            .then(|| parser.expression())
            .flatten()
            .map(|whole| Expression::binary(Operation::Divide, whole, part));
    }
    parser.back_to(start);
    let part = parser.expression()?;
    if parser.eat(&[
        "is what percentage of",
        "is what percent of",
        "as a percentage of",
        "as percentage of",
        "in percent of",
        "as a percent of",
    ]) {
        return Some(Expression::binary(Operation::Share, part, parser.expression()?));
    }
    if parser.eat(&["out of"]) {
        let whole = parser.expression()?;
        return parser
            .eat(&["as a percentage", "as a percent", "in percent", "as percentage", "in percentage"])
            .then(|| Expression::binary(Operation::Share, part, whole));
    }
    None
}

/// `120 dollars with a 30 percent discount`
fn discounted(parser: &mut Parser) -> Option<Expression> {
    let price = parser.expression()?;
    parser.eat(&["with a", "with", "at a", "at", "after a", "after", "less a", "minus a"]).then_some(())?;
    let (part, taken) = phrase::read::number(parser.rest())?;
    parser.skip(taken);
    let ends = parser.eat(&["percent discount", "percent off", "percent reduction", "percent rebate"]);
    ends.then(|| Expression::binary(Operation::Off, Expression::Percent(Box::new(Expression::Number(part))), price))
}

/// `12 is 15 percent of what`
fn whole(parser: &mut Parser) -> Option<Expression> {
    let part = parser.expression()?;
    let percent = parser.eat(&["is"]).then(|| parser.expression()).flatten()?;
    (matches!(percent, Expression::Percent(_)) && parser.eat(&["of what number", "of what amount", "of what", "of which number"]))
        .then(|| Expression::binary(Operation::Whole, part, percent))
}
