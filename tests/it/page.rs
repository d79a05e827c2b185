//! The page of `jane serve` in a real browser, whose microphone hears recordings.

use crate::common::clients::{Serving, client};
use crate::common::stories::story_home;
use crate::common::{alone, data};

#[test]
fn a_browser_asks_aloud_is_answered_and_interrupts() {
    let _alone = alone();
    let (_server, home, long) = story_home();
    let config = std::fs::read_to_string(home.path().join("jane.toml")).unwrap();
    let serve = "[serve]\nlisten = \"127.0.0.1:0\"\n";
    std::fs::write(home.path().join("jane.toml"), format!("{config}\n{serve}")).unwrap();
    let interruption = data("largest_ocean.wav");
    let serving = Serving::start(&home);
    // Kept where somebody wants to look at them.
    let screenshots = std::env::var_os("JANE_SCREENSHOTS")
        .map_or_else(|| home.path().join("screenshots"), std::path::PathBuf::from);
    let arguments = [
        serving.address.as_str(),
        long.to_str().unwrap(),
        interruption.to_str().unwrap(),
        screenshots.to_str().unwrap(),
    ];
    client("page.py", &arguments);
    assert_eq!(serving.end().code(), Some(0));
}
