//! Bills: "split 84 dollars between 3 people with 15 percent tip", "what's the tip on 50 dollars".

use phrase::Said;

use crate::speech::{Money, number};

const SPLIT: &[&str] = &[
    "(split|divide|share) [a|the] [bill|check|tab|cost] [of] {sum:number} [{money:word}] [evenly|equally] (between|among|by|across|with|for|in|into) [the] {people:number} [of us|people|persons|friends|ways|guests|parts|adults|diners] [evenly|equally]",
    "(split|divide|share) [a|the] {sum:number} [{money:word}] (bill|check|tab) [evenly|equally] (between|among|by|across|with|for|in|into) [the] {people:number} [of us|people|persons|friends|ways|guests|parts|adults|diners] [evenly|equally]",
    "(split|divide|share) [a|the] {sum:number} [{money:word}] [bill|check|tab] {people:number} ways",
    "[what is|how much is] {sum:number} [{money:word}] (split|divided|shared) [evenly] (between|among|by|across|with) {people:number} (people|persons|friends|of us|ways|guests)",
    "[what is|how much is] {sum:number} [{money:word}] (split|divided) {people:number} ways",
    "how much (does|should|would|will) (each|each person|each of us|everyone|everybody) (pay|owe) (if|when) [we split] [a|the] [bill|check] [is|of] {sum:number} [{money:word}] [is split|split|is shared] (between|among|by|with|for) {people:number} [people|persons|friends|of us|ways]",
    "{people:number} people [split|share] [a|the] [bill|check] [of] {sum:number} [{money:word}]",
];

/// How a tip is said behind that.
const TIP: &[&str] = &[
    "(with|and|plus|including|adding|add|and add|at) [a|an] {tip:number} percent [tip|for tip|for the tip|gratuity|service]",
    "(with|and|plus|including|adding|add) [a] tip of {tip:number} percent",
    "(with|and|tipping) {tip:number} percent [tip]",
];

const TIP_ALONE: &[&str] = &[
    "(what is|how much is|calculate|work out|give me) [a|the] {tip:number} percent (tip|gratuity) (on|for|of) [a] [bill of] {sum:number} [{money:word}] [bill|check|meal]",
    "how much (should i|do i|shall i|would i) tip (on|for) [a] {sum:number} [{money:word}] [bill|check|meal] (at|with) {tip:number} percent",
    "tip {tip:number} percent (on|for) {sum:number} [{money:word}]",
    "{tip:number} percent tip (on|for) {sum:number} [{money:word}] [bill|check|meal]",
];

const TOTAL: &[&str] = &[
    "(what is|how much is) [the total for] [a] {sum:number} [{money:word}] [bill|check|meal] (with|plus|including|and) [a] {tip:number} percent (tip|gratuity|tax|vat)",
    "add [a] {tip:number} percent tip to [a|the] [bill of] {sum:number} [{money:word}] [bill|check]",
];

/// The answer, where a bill is to be split or tipped for.
pub fn answer(said: &Said) -> Option<String> {
    if !said.has(&["split", "divide", "share", "shared", "divided", "tip", "gratuity", "owe", "pay", "people", "tax", "vat"]) {
        return None;
    }
    for template in SPLIT {
        for tip in std::iter::once("").chain(TIP.iter().copied()) {
            let Some(slots) = said
                .matches(&format!("{template} {tip}"))
                .map(|slots| (slots.number("sum"), slots.number("people"), slots.number("tip"), slots.form("money")))
            else {
                continue;
            };
            let (Some(sum), Some(people), tip, money) = slots else { continue };
            let Some(money) = currency(money.as_deref()) else { continue };
            // Two numbers alone are a division.
            let is_bill = money.is_some()
                || tip.is_some()
                || said.has(&["bill", "check", "tab", "people", "persons", "friends", "us", "ways", "guests", "adults"]);
            if !is_bill || people < 1.0 || people.fract() != 0.0 || !(0.0..1e12).contains(&sum) {
                continue;
            }
            let total = sum * (1.0 + tip.unwrap_or(0.0) / 100.0);
            let each = say(total / people, money);
            return Some(match tip {
                Some(tip) => format!("With {} percent tip it is {}, so each pays {each}.", number(tip).text, say(total, money)),
                None => format!("Each pays {each}."),
            });
        }
    }
    if let Some(slots) = said.first(TIP_ALONE)
        && let (Some(sum), Some(tip), Some(money)) = (slots.number("sum"), slots.number("tip"), currency(slots.form("money").as_deref()))
        && money.is_none()
    {
        return Some(format!("The tip is {}.", say(sum * tip / 100.0, money)));
    }
    let slots = said.first(TOTAL)?;
    let (sum, tip, money) = (slots.number("sum")?, slots.number("tip")?, currency(slots.form("money").as_deref())?);
    Some(format!("Together that is {}.", say(sum * (1.0 + tip / 100.0), money)))
}

/// `Some(None)` where no currency was said; `None` where the word is none.
fn currency(word: Option<&str>) -> Option<Option<Money>> {
    match word {
        None => Some(None),
        Some(word) => Money::named(word).map(Some),
    }
}

fn say(amount: f64, money: Option<Money>) -> String {
    money.map_or_else(|| number(amount).say(), |money| money.say(amount))
}
