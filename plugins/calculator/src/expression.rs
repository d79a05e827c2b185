//! A calculation, and how it is read back.

use std::fmt;

use crate::speech::{Money, number};

#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    Number(f64),
    Money(f64, Money),
    Percent(Box<Expression>),
    Negative(Box<Expression>),
    Binary(Operation, Box<Expression>, Box<Expression>),
    Unary(Function, Box<Expression>),
    Many(Collection, Vec<Expression>),
    /// In brackets, as it was said.
    Group(Box<Expression>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
    /// A part of something: 15 percent of 84, half of 10.
    Of,
    /// 20 percent off 80.
    Off,
    /// 20 percent more than 80.
    MoreThan,
    /// What percentage the first is of the second.
    Share,
    /// What the first is a percentage of: 12 is 15 percent of 80.
    Whole,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Function {
    SquareRoot,
    CubeRoot,
    Square,
    Cube,
    Factorial,
    Twice,
    Thrice,
    Half,
    Logarithm,
    NaturalLogarithm,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Collection {
    Sum,
    Product,
    Average,
}

impl Expression {
    pub fn binary(operation: Operation, left: Expression, right: Expression) -> Expression {
        Expression::Binary(operation, Box::new(left), Box::new(right))
    }

    /// How many operations it takes. A number alone is no calculation.
    pub fn operations(&self) -> usize {
        match self {
            Expression::Number(_) | Expression::Money(..) => 0,
            Expression::Percent(inner) | Expression::Negative(inner) => inner.operations(),
            Expression::Group(inner) => inner.operations(),
            Expression::Unary(_, inner) => 1 + inner.operations(),
            Expression::Binary(_, left, right) => 1 + left.operations() + right.operations(),
            Expression::Many(_, items) => 1 + items.iter().map(Expression::operations).sum::<usize>(),
        }
    }

    /// Whether it can be read back so that one understands it.
    pub fn is_plain(&self) -> bool {
        fn grouped(expression: &Expression) -> bool {
            match expression {
                Expression::Group(_) => true,
                Expression::Number(_) | Expression::Money(..) => false,
                Expression::Percent(inner) | Expression::Negative(inner) | Expression::Unary(_, inner) => grouped(inner),
                Expression::Binary(_, left, right) => grouped(left) || grouped(right),
                Expression::Many(_, items) => items.iter().any(grouped),
            }
        }
        self.operations() <= 4 && !grouped(self)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Expression::Number(value) if *value == std::f64::consts::PI => to.write_str("pi"),
            Expression::Number(value) => to.write_str(&number(*value).text),
            Expression::Money(value, money) => to.write_str(&money.say(*value)),
            Expression::Percent(inner) => write!(to, "{inner} percent"),
            Expression::Negative(inner) => write!(to, "minus {inner}"),
            Expression::Group(inner) => inner.fmt(to),
            Expression::Binary(operation, left, right) => match operation {
                Operation::Of
                    if let Expression::Number(value) = **left
                        && let Some(part) = part(value) =>
                {
                    write!(to, "{part} of {right}")
                }
                Operation::Of => write!(to, "{left} of {right}"),
                Operation::Share => write!(to, "{left} out of {right}"),
                Operation::Whole => write!(to, "what {left} is {right} of"),
                Operation::Add => write!(to, "{left} plus {right}"),
                Operation::Subtract => write!(to, "{left} minus {right}"),
                Operation::Multiply => write!(to, "{left} times {right}"),
                Operation::Divide => write!(to, "{left} divided by {right}"),
                Operation::Remainder => write!(to, "{left} modulo {right}"),
                Operation::Power => write!(to, "{left} to the power of {right}"),
                Operation::Off => write!(to, "{left} off {right}"),
                Operation::MoreThan => write!(to, "{left} more than {right}"),
            },
            Expression::Unary(function, inner) => match function {
                Function::SquareRoot => write!(to, "the square root of {inner}"),
                Function::CubeRoot => write!(to, "the cube root of {inner}"),
                Function::Square => write!(to, "{inner} squared"),
                Function::Cube => write!(to, "{inner} cubed"),
                Function::Factorial => write!(to, "{inner} factorial"),
                Function::Twice => write!(to, "twice {inner}"),
                Function::Thrice => write!(to, "three times {inner}"),
                Function::Half => write!(to, "half of {inner}"),
                Function::Logarithm => write!(to, "the logarithm of {inner}"),
                Function::NaturalLogarithm => write!(to, "the natural logarithm of {inner}"),
            },
            Expression::Many(collection, items) => {
                let items: Vec<String> = items.iter().map(ToString::to_string).collect();
                let name = match collection {
                    Collection::Sum => "sum",
                    Collection::Product => "product",
                    Collection::Average => "average",
                };
                write!(to, "the {name} of {}", phrase::say_list(&items))
            }
        }
    }
}

/// `a third`, `3 quarters`
fn part(value: f64) -> Option<String> {
    const PARTS: [&str; 9] = ["half", "third", "quarter", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    PARTS.iter().zip(2..).find_map(|(name, below)| {
        let above = value * f64::from(below);
        let is_whole = (above - above.round()).abs() < 1e-9 && above >= 1.0 - 1e-9;
        is_whole.then(|| match (below, above.round()) {
            (2, 1.0) => "half".to_owned(),
            (_, 1.0) => format!("a {name}").replace("a e", "an e"),
            (_, above) => format!("{above} {name}s"),
        })
    })
}
