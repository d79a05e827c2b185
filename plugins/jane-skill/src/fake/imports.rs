//! The functions that a component would import.

use super::{cron, fake};
use crate::Failure;

pub mod log {
    use super::fake;
    use crate::log::Level;

    pub fn write(level: Level, message: &str) {
        fake(|fake| fake.logged.push(format!("{level:?} {message}")));
    }
}

pub mod clock {
    use super::fake;

    pub fn now_ms() -> u64 {
        fake(|fake| fake.now_ms)
    }

    pub fn local_offset_s(at_ms: u64) -> i32 {
        fake(|fake| fake.offsets.iter().rev().find(|(from_ms, _)| *from_ms <= at_ms).map_or(fake.offset_s, |(_, offset_s)| *offset_s))
    }

    pub fn time_zone() -> String {
        fake(|fake| fake.time_zone.clone())
    }

    pub fn monotonic_ms() -> u64 {
        now_ms()
    }
}

pub mod kv {
    use super::{Failure, fake};

    pub fn get(key: &str) -> Result<Option<Vec<u8>>, Failure> {
        Ok(fake(|fake| fake.kv.get(key).cloned()))
    }

    pub fn set(key: &str, value: &[u8]) -> Result<(), Failure> {
        fake(|fake| fake.kv.insert(key.into(), value.into()));
        Ok(())
    }

    pub fn delete(key: &str) -> Result<(), Failure> {
        fake(|fake| fake.kv.remove(key));
        Ok(())
    }

    pub fn keys(prefix: &str, after: Option<&str>) -> Result<Vec<String>, Failure> {
        Ok(fake(|fake| {
            let keys = fake.kv.keys().filter(|key| key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after));
            keys.take(256).cloned().collect()
        }))
    }
}

pub mod schedule {
    use super::{Failure, cron, fake};
    use crate::schedule::{Entry, When};

    pub fn set(id: &str, when: &When, name: &str, payload: &str) -> Result<(), Failure> {
        fake(|fake| {
            let (due_ms, cron) = match when {
                When::AfterMs(delay_ms) => (fake.now_ms + delay_ms, None),
                When::AtMs(at_ms) => (*at_ms, None),
                When::Cron(cron) => {
                    let due_ms = cron::next(cron, fake.now_ms, fake.offset_s).ok_or_else(|| Failure::invalid(cron))?;
                    (due_ms, Some(cron.clone()))
                }
            };
            fake.scheduled.retain(|(entry, _)| entry.id != id);
            fake.scheduled.push((Entry { id: id.into(), name: name.into(), payload: payload.into(), due_ms }, cron));
            Ok(())
        })
    }

    pub fn cancel(id: &str) -> Result<bool, Failure> {
        Ok(fake(|fake| {
            let before = fake.scheduled.len();
            fake.scheduled.retain(|(entry, _)| entry.id != id);
            fake.scheduled.len() < before
        }))
    }

    pub fn pending() -> Result<Vec<Entry>, Failure> {
        let mut entries: Vec<Entry> = fake(|fake| fake.scheduled.iter().map(|(entry, _)| entry.clone()).collect());
        entries.sort_by_key(|entry| entry.due_ms);
        Ok(entries)
    }
}

pub mod voice {
    use super::{Failure, fake};
    use crate::{TurnId, voice::Urgency};

    pub fn say(text: &str, _urgency: Urgency, _expect_reply: bool) -> Result<(), Failure> {
        fake(|fake| fake.said.push(text.into()));
        Ok(())
    }

    pub fn notify(title: &str, body: &str) -> Result<(), Failure> {
        fake(|fake| fake.notified.push((title.into(), body.into())));
        Ok(())
    }

    pub fn cancel_turn(_turn: TurnId) -> Result<(), Failure> {
        Ok(())
    }
}

pub mod http {
    use super::{Failure, fake};
    use crate::http::{Request, Response};

    pub fn send(request: &Request) -> Result<Response, Failure> {
        let Some(mut http) = fake(|fake| fake.http.take()) else { return Err(Failure::Denied("no host is granted".into())) };
        let response = http(request);
        fake(|fake| fake.http = Some(http));
        response
    }
}

pub mod llm {
    use super::{Failure, fake};

    pub fn complete(prompt: &str, _max_tokens: u32) -> Result<String, Failure> {
        let Some(mut llm) = fake(|fake| fake.llm.take()) else { return Err(Failure::Denied("the model is not granted".into())) };
        let text = llm(prompt);
        fake(|fake| fake.llm = Some(llm));
        text
    }
}
