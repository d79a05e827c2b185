//! The number that skills know a turn by.

/// A turn among those of all conversations. Skills have it as one number, which is the turn's own where there is one conversation alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TurnId {
    /// The session over the network; 0 where there is none.
    pub session: u64,
    /// Counts the turns of the conversation, from 1.
    pub turn: u64,
}

/// Bits of the number that are the turn's.
const TURN: u32 = 32;

impl TurnId {
    /// The turn that skills know by this number.
    #[must_use]
    pub fn of(number: u64) -> Self {
        Self {
            session: number >> TURN,
            turn: number & u64::from(u32::MAX),
        }
    }

    /// The number that skills know it by.
    #[must_use]
    pub fn number(self) -> u64 {
        (self.session << TURN) | (self.turn & u64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_of_different_sessions_have_different_numbers() {
        let one = TurnId {
            session: 0,
            turn: 3,
        };
        assert_eq!(one.number(), 3);
        let other = TurnId {
            session: 2,
            turn: 3,
        };
        assert_ne!(other.number(), one.number());
        assert_eq!(TurnId::of(other.number()), other);
    }
}
