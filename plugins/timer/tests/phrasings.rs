//! The ways people speak of timers, alarms and reminders, and what only sounds like it.

#[path = "../../phrasings/table.rs"]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]
mod table;

use timer::Timers;

#[test]
fn phrasings() {
    table::check("timer", || table::talk(Timers));
}
