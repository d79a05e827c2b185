//! What was said in conversations that clients go on with by a name of theirs, each time over another connection.
//!
//! Invariants: so many are kept, and so much of each; one in which nothing happens for a while is forgotten; who does not know the
//! name gets nothing of it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Conversations at most; the one that was left first goes.
const MOST: usize = 64;

/// Exchanges of each at most; the oldest go.
const MOST_EXCHANGES: usize = 100;

/// Bytes of a name at most.
const LONGEST_NAME: usize = 200;

/// Conversations by name.
#[derive(Default)]
pub struct ConversationStore {
    conversations: Mutex<HashMap<String, Conversation>>,
}

struct Conversation {
    exchanges: Vec<(String, String)>,
    last: Instant,
}

impl ConversationStore {
    /// The exchanges of the conversation of this name; none where nobody knows it, or where it was idle for longer than `idle`.
    pub fn exchanges(&self, name: &str, idle: Duration) -> Vec<(String, String)> {
        let mut conversations = self.lock();
        conversations.retain(|_, conversation| conversation.last.elapsed() < idle);
        let conversation = conversations.get(name);
        conversation.map_or_else(Vec::new, |conversation| conversation.exchanges.clone())
    }

    /// Adds an exchange.
    pub fn push(&self, name: &str, question: String, answer: String) {
        if name.is_empty() || name.len() > LONGEST_NAME {
            return;
        }
        let mut conversations = self.lock();
        if !conversations.contains_key(name) && conversations.len() >= MOST {
            let oldest = conversations.iter().min_by_key(|(_, kept)| kept.last);
            if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
                conversations.remove(&oldest);
            }
        }
        let kept = conversations
            .entry(name.to_owned())
            .or_insert_with(|| Conversation {
                exchanges: Vec::new(),
                last: Instant::now(),
            });
        kept.last = Instant::now();
        kept.exchanges.push((question, answer));
        let beyond = kept.exchanges.len().saturating_sub(MOST_EXCHANGES);
        kept.exchanges.drain(..beyond);
    }

    fn lock(&self) -> parking_lot::MutexGuard<'_, HashMap<String, Conversation>> {
        self.conversations.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_a_conversation_of_its_own_and_few_are_kept() {
        let kept = ConversationStore::default();
        let hour = Duration::from_secs(3600);
        kept.push("a", "1".to_owned(), "2".to_owned());
        kept.push("b", "3".to_owned(), "4".to_owned());
        assert_eq!(
            kept.exchanges("a", hour),
            [("1".to_owned(), "2".to_owned())]
        );
        for number in 0..MOST {
            kept.push(&number.to_string(), String::new(), String::new());
        }
        assert!(kept.exchanges("a", hour).is_empty());
        assert!(kept.exchanges("5", Duration::ZERO).is_empty());
        assert!(kept.exchanges("6", hour).is_empty());
    }
}
