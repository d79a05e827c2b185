//! Lines in Jane's log. What was said does not belong there.

use super::imports;
pub use crate::bindings::host::jane::skill::log::Level;

pub fn write(level: Level, message: &str) {
    imports::log::write(level, message);
}

pub fn debug(message: &str) {
    write(Level::Debug, message);
}

pub fn info(message: &str) {
    write(Level::Info, message);
}

/// It recovered.
pub fn warn(message: &str) {
    write(Level::Warn, message);
}

/// Someone must act.
pub fn error(message: &str) {
    write(Level::Error, message);
}
