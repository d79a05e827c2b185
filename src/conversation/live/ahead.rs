//! What is done of an utterance before its pause: whether it is for her, its words so far, and what it leads to as soon as it falls silent.

use std::time::Duration;

use super::Live;
use super::clock::CaptureTime;
use super::preview::Address;
use super::speculation::{Endpoint, Speculation, Utterance};

/// Milliseconds of silence after which an utterance is read where a core is to spare. Most stops within words are shorter.
pub const EARLY_MS: u32 = 60;

/// The shortest utterance whose words are read while it goes on, and what has to be new: with the lead.
const FIRST: Duration = Duration::from_millis(1_300);
const STEP: Duration = Duration::from_millis(800);

/// What an utterance that fell silent leads to, before it has paused.
pub struct Early {
    speculation: Speculation,
    begun: CaptureTime,
}

impl Live {
    /// Does of the utterance that is open what can be done already.
    pub(super) fn look_ahead(&mut self) {
        let fell_silent = self.frontend.falling_silent(EARLY_MS).map(CaptureTime::at);
        if let Some(early) = &self.early
            && Some(early.speculation.end) != fell_silent
        {
            self.give_up_early();
        }
        let Some(start) = self.frontend.open_since().map(CaptureTime::at) else {
            self.preview.forget();
            return;
        };
        self.preview.follow(start);
        let is_paused = self.frontend.silence().is_some();
        if is_paused || self.floor.speculation().is_some() || self.preview.is_not_hers() {
            return;
        }
        if self.preview.is_unknown() && self.look_for_wake(start) {
            return;
        }
        match fell_silent {
            Some(end) => self.begin_early(start, end),
            None => self.read_words(start),
        }
    }

    /// Reads the beginning of an utterance that has to begin with the wake phrase, once it is there. Whether that is being done.
    fn look_for_wake(&mut self, start: CaptureTime) -> bool {
        if self.preview.is_reading() {
            return true;
        }
        let now = self.now();
        let wake = self.wake(start);
        let Some((wake, end)) = wake.map(|wake| {
            let end = start.samples() + wake.beginning();
            (wake, end)
        }) else {
            return false;
        };
        if now.samples() < end {
            return false;
        }
        let sound = self.frontend.sound(start.samples(), end);
        self.preview.read_head(&self.runtime, wake, sound, now);
        true
    }

    fn begin_early(&mut self, start: CaptureTime, end: CaptureTime) {
        let now = self.now();
        let pauses_later = self.runtime.in_force().config.hearing.pause_ms > EARLY_MS;
        if self.early.is_some() || !pauses_later || !self.is_core_to_spare(now) {
            return;
        }
        let utterance = Utterance {
            samples: self.frontend.utterance(start.samples(), end.samples()),
            start,
            end,
            typed: None,
        };
        let speculation = self.speculation(utterance, Endpoint::Pause);
        self.early = Some(Early {
            speculation,
            begun: now,
        });
    }

    /// What was begun of the utterance that pauses now, where it ended then as it does now.
    pub(super) fn take_early(&mut self, utterance: &Utterance) -> Option<Speculation> {
        let early = self.early.take()?;
        if early.speculation.end == utterance.end {
            return Some(early.speculation);
        }
        self.spare.give_up(self.now().since(early.begun));
        None
    }

    /// The utterance that fell silent goes on.
    pub(super) fn give_up_early(&mut self) {
        if let Some(early) = self.early.take() {
            self.spare.give_up(self.now().since(early.begun));
        }
    }

    fn read_words(&mut self, start: CaptureTime) {
        let now = self.now();
        let is_new = now.since(start) >= FIRST && now.since(self.preview.until()) >= STEP;
        // Words that are not for her yet are nobody's to see.
        let is_hers = !self.preview.is_unknown() || !self.needs_wake(start);
        if !is_new || !is_hers || self.preview.is_reading() {
            return;
        }
        // What is read at the end is worth more than words that grow.
        if !self.is_core_to_spare(now) || !self.spare.is_plenty(now) {
            return;
        }
        let (from, behind) = self.preview.unread(start);
        let sound = self.frontend.sound(from.samples(), now.samples());
        self.preview.read_words(&self.runtime, sound, behind, now);
    }

    /// The preview is read; `words` is when it began to be, where it was the words so far.
    pub(super) fn previewed(&mut self, words: Option<CaptureTime>) {
        if let Some(begun) = words {
            self.spare.spend(self.now().since(begun));
        }
        self.show();
    }

    /// While she answers, model and voice need the cores.
    fn is_core_to_spare(&mut self, now: CaptureTime) -> bool {
        self.floor.reply().is_none() && self.spare.is_left(now)
    }

    /// What is known of whom the utterance from `start` on is for, now that it is read.
    pub(super) fn address(&mut self, start: CaptureTime) -> Address {
        let (address, gave_up) = self.preview.pause();
        if let Some(begun) = gave_up {
            self.spare.give_up(self.now().since(begun));
        }
        if self.needs_wake(start) {
            address
        } else {
            Address::Hers
        }
    }
}
