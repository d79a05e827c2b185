//! The ways people speak of lists and notes, and what only sounds like it.

#[path = "../../phrasings/table.rs"]
#[expect(clippy::unwrap_used, reason = "a test")]
mod table;

use notes::Notes;

#[test]
fn phrasings() {
    table::check("notes", || table::talk(Notes));
}
