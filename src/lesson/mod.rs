//! Lessons: text in steps, predictions that are graded on what was measured, and claims that are checked on it.
//!
//! A lesson is a file (`assets/lessons/README.md` documents it). Nothing here knows an outcome: a claim is an expression
//! over measured quantities, and says "not reproduced" where the measurement does not bear it out.

mod beside;
mod claim;
mod drawn;
mod evidence;
mod exam;
mod expression;
mod file;
pub mod formula;
mod found;
mod front;
mod library;
mod lines;
pub mod markdown;
mod memory;
mod note;
mod parser;
mod prediction;
mod questions;
mod ranking;
mod reach;
mod record;
mod report;
mod table;
pub mod words;

pub use claim::{Claim, Verdict};
pub use evidence::{Evidence, Exhibit, Spread};
pub use exam::examine;
pub use expression::{Check, Expression, Operator, Place, Quantity, Relation};
pub use file::{Lesson, Show, Step};
pub use library::{CORE, LANGUAGES, files, guide, lesson, lessons, meant, number, read, recording, template};
pub use memory::{is_begun, recall, remember, same_recipe};
pub use note::{LONGEST_NOTE, Note, Notes};
pub use prediction::{Answer, CurveOf, Grade, Guess, Prediction};
pub use questions::questions;
pub use ranking::{Item, Ranking};
pub use record::{Record, Recorded, recorded_beside};
pub use report::{Guesses, Report};
pub use table::{Reading, Row, Table};
