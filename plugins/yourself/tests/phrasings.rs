//! The ways people speak to the assistant of herself, and what only sounds like it.

#[path = "../../phrasings/table.rs"]
#[expect(clippy::unwrap_used, reason = "a test")]
mod table;

use yourself::Yourself;

#[test]
fn phrasings() {
    table::check("yourself", || table::talk(Yourself::default()));
}
