//! The ways people ask for a calculation or a conversion, and what only looks like one.

#[path = "../../phrasings/table.rs"]
#[expect(clippy::unwrap_used, reason = "a test")]
mod table;

use calculator::Calculator;

#[test]
fn phrasings() {
    table::check("calculator", || table::talk(Calculator));
}
