//! Messages as templates take them that do not take all.

use jane_core::{Message, Role};

/// The messages without a system prompt: its text before the first question. For models that know no system prompt.
pub fn folded(messages: &[Message]) -> Option<Vec<Message>> {
    let (system, rest) = messages.split_first()?;
    let (first, rest) = rest.split_first()?;
    if system.role != Role::System || first.role != Role::User {
        return None;
    }
    let first = Message::user(format!("{}\n\n{}", system.content, first.content));
    Some(std::iter::once(first).chain(rest.iter().cloned()).collect())
}

/// `messages` with one call in each message, and its result behind it: several at once are an error in the templates of Llama 3.
pub fn one_by_one(messages: Vec<Message>) -> Vec<Message> {
    let mut single = Vec::new();
    let mut messages = messages.into_iter().peekable();
    while let Some(message) = messages.next() {
        if message.tool_calls.len() < 2 {
            single.push(message);
            continue;
        }
        let mut results = Vec::new();
        while let Some(result) = messages.next_if(|next| next.role == Role::Tool) {
            results.push(result);
        }
        for (number, call) in message.tool_calls.into_iter().enumerate() {
            let text = if number == 0 {
                message.content.as_str()
            } else {
                ""
            };
            let of_call = |result: &Message| result.tool_call_id.as_ref() == Some(&call.id);
            let result = results.iter().position(of_call);
            single.push(Message {
                tool_calls: vec![call],
                ..Message::assistant(text)
            });
            single.extend(result.map(|place| results.remove(place)));
        }
        single.extend(results);
    }
    single
}
