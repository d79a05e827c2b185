//! The ways people ask for the time and for days, and what only sounds like it.

#[path = "../../phrasings/table.rs"]
#[expect(clippy::unwrap_used, reason = "a test")]
mod table;

use clock::Clock;

#[test]
fn phrasings() {
    table::check("clock", || table::talk(Clock::default()));
}
