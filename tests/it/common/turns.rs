//! Which scenarios run beside which: those of a live conversation run at real speed, and are alone on the machine.

use std::cell::Cell;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
struct State {
    /// Scenarios with a home that are under way.
    running: usize,
    /// Whether one is alone, or waits to be.
    alone: bool,
}

static STATE: Mutex<State> = Mutex::new(State {
    running: 0,
    alone: false,
});
static CHANGED: Condvar = Condvar::new();

thread_local! {
    /// What this scenario holds: it is alone, or counts as running so many times.
    static IS_ALONE: Cell<bool> = const { Cell::new(false) };
    static HELD: Cell<usize> = const { Cell::new(0) };
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait_while(condition: impl Fn(&State) -> bool) -> MutexGuard<'static, State> {
    let waited = CHANGED.wait_while(state(), |state| condition(state));
    waited.unwrap_or_else(PoisonError::into_inner)
}

/// Held by a scenario that is alone.
pub struct Alone(());

/// Waits until no other scenario runs, and keeps others from beginning.
pub fn alone() -> Alone {
    assert_eq!(
        HELD.get(),
        0,
        "a scenario is alone before it makes its home"
    );
    wait_while(|state| state.alone).alone = true;
    drop(wait_while(|state| state.running > 0));
    IS_ALONE.set(true);
    Alone(())
}

impl Drop for Alone {
    fn drop(&mut self) {
        IS_ALONE.set(false);
        state().alone = false;
        CHANGED.notify_all();
    }
}

/// Held by a home.
pub struct Place {
    counts: bool,
}

/// Waits while a scenario is alone.
pub fn place() -> Place {
    let counts = !IS_ALONE.get();
    if counts {
        // Who has a home already does not wait: whoever wants to be alone waits for that one.
        let mut state = match HELD.get() {
            0 => wait_while(|state| state.alone),
            _ => state(),
        };
        state.running += 1;
        HELD.set(HELD.get() + 1);
    }
    Place { counts }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.counts {
            state().running -= 1;
            HELD.set(HELD.get().saturating_sub(1));
            CHANGED.notify_all();
        }
    }
}
