//! Reads expressions and checks.

use std::str::FromStr;

use rust_i18n::t;

use super::expression::{Argument, Check, Expression, Operator, Place, Quantity, Relation};
use crate::error::{Error, Result};

/// Parentheses within parentheses.
const DEEPEST: usize = 16;
/// Characters of an expression.
const LONGEST: usize = 1000;

impl FromStr for Check {
    type Err = Error;

    /// `expression < expression`, or `>`.
    fn from_str(text: &str) -> Result<Self> {
        let mut parser = Parser::new(text)?;
        let left = parser.sum(0)?;
        let relation = match parser.take() {
            Some('<') => Relation::Less,
            Some('>') => Relation::Greater,
            _ => return Err(parser.error(&t!("a comparison needs one '<' or '>'"))),
        };
        let right = parser.sum(0)?;
        parser.end()?;
        Ok(Self { left, relation, right })
    }
}

impl FromStr for Expression {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut parser = Parser::new(text)?;
        let expression = parser.sum(0)?;
        parser.end()?;
        Ok(expression)
    }
}

struct Parser<'a> {
    text: &'a str,
    /// What is not read yet.
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self> {
        if text.len() > LONGEST {
            return Err(Error::Lesson(t!(
                "an expression has at most %{longest} characters",
                longest = LONGEST
            )));
        }
        Ok(Self { text, rest: text })
    }

    fn sum(&mut self, depth: usize) -> Result<Expression> {
        self.chain(&[('+', Operator::Add), ('-', Operator::Subtract)], depth, Self::product)
    }

    fn product(&mut self, depth: usize) -> Result<Expression> {
        self.chain(
            &[('*', Operator::Multiply), ('/', Operator::Divide)],
            depth,
            Self::factor,
        )
    }

    /// Operands of one rank with the operators between them, from the left.
    fn chain(
        &mut self,
        operators: &[(char, Operator)],
        depth: usize,
        operand: fn(&mut Self, usize) -> Result<Expression>,
    ) -> Result<Expression> {
        let mut left = operand(self, depth)?;
        loop {
            let next = self.peek();
            let Some(&(_, operator)) = operators.iter().find(|&&(sign, _)| Some(sign) == next) else {
                return Ok(left);
            };
            self.take();
            left = Expression::Binary(Box::new(left), operator, Box::new(operand(self, depth)?));
        }
    }

    fn factor(&mut self, depth: usize) -> Result<Expression> {
        if depth > DEEPEST {
            return Err(self.error(&t!("there are too many parentheses")));
        }
        match self.peek() {
            Some('(') => {
                self.take();
                let inner = self.sum(depth + 1)?;
                self.expect(')')?;
                Ok(inner)
            }
            Some(c) if c.is_ascii_digit() || c == '.' => Ok(Expression::Number(self.number()?)),
            _ => self.measured(),
        }
    }

    fn number(&mut self) -> Result<f64> {
        let word = self.word(|c| c.is_ascii_digit() || c == '.' || c == 'e');
        let word = match (word.ends_with('e'), self.rest.strip_prefix('-')) {
            (true, Some(rest)) => {
                self.rest = rest;
                format!("{word}-{}", self.word(|c| c.is_ascii_digit()))
            }
            _ => word.to_owned(),
        };
        let value: Option<f64> = word.parse().ok().filter(|value: &f64| value.is_finite());
        value.ok_or_else(|| self.error(&t!("'%{word}' is not a number", word = word)))
    }

    fn measured(&mut self) -> Result<Expression> {
        let name = self.word(|c| c.is_ascii_alphanumeric() || c == '_');
        let Some(&(_, quantity)) = Quantity::NAMES.iter().find(|(known, _)| *known == name) else {
            let names = Quantity::NAMES
                .iter()
                .map(|(name, _)| *name)
                .collect::<Vec<_>>()
                .join(", ");
            return Err(self.error(&t!(
                "'%{name}' is not a number or one of %{names}",
                name = name,
                names = names
            )));
        };
        self.expect('(')?;
        let run = self
            .word(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            .to_owned();
        let mut place = None;
        if self.peek() == Some(',') {
            self.take();
            place = Some(self.place()?);
        }
        self.expect(')')?;
        match (quantity.argument(), place) {
            (Argument::None, Some(_)) => {
                Err(self.error(&t!("%{name} takes the name of a run and nothing else", name = name)))
            }
            (Argument::Needed, None) => Err(self.error(&t!(
                "%{name} needs a place after the run, as in %{name}(plain-56, 0) or %{name}(plain-56, last)",
                name = name
            ))),
            _ => Ok(Expression::Measured { quantity, run, place }),
        }
    }

    fn place(&mut self) -> Result<Place> {
        match self.word(|c| c.is_ascii_alphanumeric()) {
            "last" => Ok(Place::Last),
            word => word
                .parse()
                .map(Place::At)
                .map_err(|_| self.error(&t!("'%{word}' is not a place; give a number or last", word = word))),
        }
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    fn expect(&mut self, wanted: char) -> Result<()> {
        if self.peek() == Some(wanted) {
            self.take();
            return Ok(());
        }
        Err(self.error(&t!("a '%{wanted}' is missing", wanted = wanted)))
    }

    fn end(&mut self) -> Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error(&t!("'%{rest}' is too much", rest = self.rest.trim_end()))),
        }
    }

    fn error(&self, what: &str) -> Error {
        Error::Lesson(t!("in '%{text}': %{what}", text = self.text, what = what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<f64> {
        let expression: Expression = text.parse().unwrap();
        expression.value(&|quantity, run, place| match (quantity, run, place) {
            (Quantity::TrainLoss, "plain-56", None) => Some(2.0),
            (Quantity::TrainLoss, "plain-56", Some(Place::At(100))) => Some(3.0),
            (Quantity::Gradient, "a.b_c", Some(Place::Last)) => Some(0.5),
            _ => None,
        })
    }

    #[test]
    fn arithmetic_follows_the_usual_ranks() {
        assert_eq!(value("1 + 2 * 3 - 4 / 2"), Some(5.0));
        assert_eq!(value("2 * (train_loss(plain-56) - .5)"), Some(3.0));
        assert_eq!(value("train_loss(plain-56,100)/gradient( a.b_c , last )"), Some(6.0));
        assert_eq!(value("1e-2 * 100"), Some(1.0));
        assert_eq!(value("train_loss(resnet-56)"), None, "not measured");
        assert_eq!(value("1 / 0"), None, "not a number");
    }

    #[test]
    fn checks_compare_two_sides() {
        let check: Check = "train_loss(plain-56) - 1 > 0.3".parse().unwrap();
        assert_eq!(check.relation, Relation::Greater);
        assert_eq!(check.right, Expression::Number(0.3));
    }

    #[test]
    fn mistakes_name_the_expression() {
        let long = "1+".repeat(600);
        let deep = "(".repeat(40);
        for (text, says) in [
            ("train_loss(plain-56)", "needs one '<' or '>'"),
            ("loss(plain-56) > 1", "'loss' is not a number or one of train_loss"),
            ("gradient(plain-56) > 1", "gradient(plain-56, last)"),
            ("slope(plain-56, 1) > 1", "nothing else"),
            ("train_loss(plain-56 > 1", "a ')' is missing"),
            ("1 > 2 > 3", "'> 3' is too much"),
            ("1.2.3 > 1", "'1.2.3' is not a number"),
            ("gradient(a, first) > 1", "'first' is not a place"),
            (&long, "at most 1000"),
            (&deep, "too many parentheses"),
            ("", "'' is not a number"),
        ] {
            let error = text.parse::<Check>().unwrap_err().to_string();
            assert!(error.contains(says) && error.lines().count() == 1, "{text}: {error}");
        }
    }
}
