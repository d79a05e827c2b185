//! What of one prompt's KV cache serves the next: the common beginning, and stretches behind it that only stand elsewhere now.
//!
//! When old turns are cut out of a conversation, what is left of it occurs again at an earlier place. Its keys and values are moved
//! there instead of being computed anew (as llama-server does with `--cache-reuse`; they keep what they knew of the turns that are
//! gone, so that nothing is moved where the instructions changed). Everything here is arithmetic on token lists.

/// Tokens of the shortest stretch that is moved. Shorter ones occur by chance, such as the frame of a message.
const SHORTEST: usize = 32;

/// A stretch of the old prompt that is kept, and where it begins in the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReusedSpan {
    pub from: usize,
    pub to: usize,
    pub length: usize,
}

/// What of `cached` is kept for `wanted`, in order: each stretch begins in `wanted` where the one before it ends, and none of them
/// moves back. Where nothing can be `moved`, only the common beginning. The last token of `wanted` is never among it: it is
/// computed in any case, since its logits choose the first word of the reply.
pub fn kept<T: PartialEq>(cached: &[T], wanted: &[T], moved: bool) -> Vec<ReusedSpan> {
    let wanted = wanted.split_last().map_or(wanted, |(_, before)| before);
    let common = matching(cached, wanted);
    let beginning = ReusedSpan {
        from: 0,
        to: 0,
        length: common,
    };
    let mut stretches = vec![beginning];
    let (mut from, mut to) = (common, common);
    while moved && from < cached.len() && to < wanted.len() {
        let length = matching(
            cached.get(from..).unwrap_or_default(),
            wanted.get(to..).unwrap_or_default(),
        );
        if length < SHORTEST {
            from += 1;
            continue;
        }
        stretches.push(ReusedSpan { from, to, length });
        from += length;
        to += length;
    }
    stretches
}

/// Tokens that are the same at the beginnings of `left` and `right`.
pub fn matching<T: PartialEq>(left: &[T], right: &[T]) -> usize {
    left.iter()
        .zip(right)
        .take_while(|(left, right)| left == right)
        .count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A KV cache as llama.cpp sees it: cells with a position and what was computed there.
    struct Cells(Vec<(usize, u8)>);

    impl Cells {
        fn remove(&mut self, from: usize, to: usize) {
            self.0.retain(|(place, _)| *place < from || *place >= to);
        }

        fn add(&mut self, from: usize, to: usize, back: usize) {
            for (place, _) in &mut self.0 {
                if (from..to).contains(place) {
                    *place -= back;
                }
            }
        }

        /// The operations that `cache` makes of the stretches.
        fn keep(&mut self, stretches: &[ReusedSpan]) -> usize {
            let mut end = 0;
            for ReusedSpan { from, to, length } in stretches {
                self.remove(*to, *from);
                self.add(*from, from + length, from - to);
                end = to + length;
            }
            self.remove(end, usize::MAX);
            end
        }

        fn tokens(mut self) -> Vec<u8> {
            self.0.sort_unstable();
            let places: Vec<_> = self.0.iter().map(|(place, _)| *place).collect();
            assert_eq!(places, (0..places.len()).collect::<Vec<_>>());
            self.0.into_iter().map(|(_, token)| token).collect()
        }
    }

    fn check(cached: &[u8], wanted: &[u8], moved: bool) -> usize {
        let stretches = kept(cached, wanted, moved);
        let mut cells = Cells(cached.iter().copied().enumerate().collect());
        let end = cells.keep(&stretches);
        assert!(wanted.is_empty() || end < wanted.len());
        assert_eq!(cells.tokens(), wanted[..end]);
        end
    }

    fn text(seed: u8, length: usize) -> Vec<u8> {
        let mut value = u32::from(seed).wrapping_mul(0x9e37_79b9);
        let next = |_| {
            value = value.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            value.to_be_bytes()[0]
        };
        (0..length).map(next).collect()
    }

    #[test]
    fn what_is_left_of_a_conversation_after_a_cut_is_kept() {
        let (system, old, rest, question) = (text(1, 40), text(2, 300), text(3, 200), text(4, 20));
        let before = [&system[..], &old, &rest].concat();
        let after = [&system[..], &rest, &question].concat();
        assert_eq!(check(&before, &after, true), 240);
        assert_eq!(check(&before, &after, false), 40);
    }

    #[test]
    fn two_cuts_are_found() {
        let turns: Vec<_> = (0..5).map(|turn| text(10 + turn, 60)).collect();
        let after = [&turns[0][..], &turns[2], &turns[4], &[1]].concat();
        assert_eq!(check(&turns.concat(), &after, true), 180);
    }

    #[test]
    fn the_last_token_is_computed_in_any_case() {
        let prompt = text(5, 100);
        assert_eq!(check(&prompt, &prompt, true), 99);
        assert_eq!(check(&prompt, &prompt[..1], true), 0);
        assert_eq!(check(&[], &prompt, true), 0);
        assert_eq!(check(&prompt, &[], true), 0);
    }

    #[test]
    fn a_frame_of_a_few_tokens_is_not_moved() {
        let (one, other) = (text(6, SHORTEST - 1), text(7, 50));
        let after = [&one[..], &[7; 40]].concat();
        assert_eq!(check(&[&other[..], &one].concat(), &after, true), 0);
    }

    proptest! {
        /// Few different tokens and long runs of them, so that stretches match in many ways.
        #[test]
        fn what_is_kept_is_the_beginning_of_the_new_prompt(
            pieces in proptest::collection::vec((0_u8..4, 0_usize..80), 0..8),
            order in proptest::collection::vec(0_usize..8, 0..8),
            moved: bool,
        ) {
            let piece = |(seed, length): &(u8, usize)| text(*seed, *length);
            let cached: Vec<u8> = pieces.iter().flat_map(piece).collect();
            let wanted: Vec<u8> = order.iter().filter_map(|place| pieces.get(*place)).flat_map(piece).collect();
            check(&cached, &wanted, moved);
        }
    }
}
