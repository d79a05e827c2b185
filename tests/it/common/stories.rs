//! A language model that tells stories, so that what she says is long and known.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Home;
use super::openai::OpenAiServer;

/// Stories of plain words, none of which is told twice: file and text are the same to the word.
pub const STORIES: [&str; 10] = [
    "once upon a time a small dog went out to find the moon and it walked over the hills and through the woods until it came to the sea where it sat down and waited",
    "in a distant land there was a river that ran up the side of a mountain and nobody knew why until a young girl followed it all the way to the top and looked inside",
    "every morning the old man opened the window of his house and counted the birds on the roof of the church and every morning there was one bird more than the day before",
    "a train left the station in the middle of the night with nobody on board and it did not stop until it reached a town where the people had waited for it for many years",
    "the cook of the king lost his spoon in the soup and the king said that he would give a bag of gold to the man who could find it before the bell of the tower rang",
    "three brothers built a boat out of the wood of one tree and they went down the river with a cat and a drum and a letter that none of them was able to read at all",
    "when the snow came the children of the village made a horse of ice and in the night it got up and ran around the frozen lake until the sun came over the trees again",
    "there was a clock that told the time of another city and the woman who owned it always came too late for dinner and too early for bed but she never wanted another one",
    "the farmer planted a stone in his garden because he had no seeds left and in the spring a wall grew out of the ground with a door in it that opened to the other side",
    "a man bought a map of a house that he had never seen and he looked for it all over the world until he found it at the end of the street where he was born long ago",
];

/// A story for whoever asks for one, another each time; the Pacific for everybody else.
fn story_teller(question: &str) -> String {
    static TOLD: AtomicUsize = AtomicUsize::new(0);
    if question.to_lowercase().contains("ocean") {
        return "The Pacific.".to_owned();
    }
    let story = STORIES[TOLD.fetch_add(1, Ordering::Relaxed) % STORIES.len()];
    story.to_owned()
}

/// A home whose language model tells stories, and the question that has it tell one.
pub fn story_home() -> (OpenAiServer, Home, PathBuf) {
    let server = OpenAiServer::start("story teller");
    server.answer_by(story_teller);
    let home = Home::new();
    let url = server.url();
    home.write_config(&format!(
        "[llm]\nbackend = \"openai\"\nmodel = \"stories\"\n[llm.remote]\nurl = \"{url}\"\n"
    ));
    let question = home.say("Please tell me a very long story.", "long.wav");
    (server, home, question)
}
