//! A `jane.toml`, and one in the place of another: a configuration, or problems with places.

#![no_main]

use jane_config::{Config, Doubt, Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&[u8], &[u8])| {
    let (old, new) = texts;
    let source = Source {
        file: Some("jane.toml".into()),
        ..Source::default()
    };
    if let Err(error) = Config::of(&source, Some(new.to_vec())) {
        let shown = error.to_string();
        assert!(!shown.is_empty() && error.hint().is_some());
        assert!(
            !shown
                .chars()
                .any(|letter| letter.is_control() && letter != '\n')
        );
    }
    let _ = Doubt::of(old, new);
    assert_eq!(Doubt::of(new, new).filter(|doubt| doubt.is_certain()), None);
});
