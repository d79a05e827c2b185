//! A line with the schema of a skill's tool, and one with arguments that are held against it: what is handed on of it is read again as the same, and takes and refuses the same.

#![no_main]

use jane_skills::hostile::{Limits, Schema};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fn limits() -> Limits {
    Limits::new(64 << 10, 32)
}

fuzz_target!(|text: &str| {
    let (schema, arguments) = text.split_once('\n').unwrap_or((text, "{}"));
    let Ok(schema) = Schema::of_object(schema, &mut limits()) else {
        return;
    };
    let shown = schema.shown().to_string();
    let again = Schema::of_object(&shown, &mut limits()).expect("what was handed on is read again");
    assert_eq!(schema.shown(), again.shown());
    if let Ok(arguments) = serde_json::from_str::<Value>(arguments) {
        let (one, other) = (schema.check(&arguments, 4), again.check(&arguments, 4));
        assert_eq!(one.is_ok(), other.is_ok(), "{shown} and {arguments}");
    }
});
