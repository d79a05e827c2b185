//! Bills: "split 84 dollars between 3 people with 15 percent tip", "what's the tip on 50 dollars".

use phrase::Said;

use crate::speech::{Money, number};

const SPLIT: &[&str] = &[
    "{people:number} of us (split|share|divide) [a|the] [bill|check|tab] [of] {sum:number} [{money:word}] [bill|check]",
    "if we (split|divide|share) [a|the] [bill of] {sum:number} [{money:word}] (between|among|by|with) [the] {people:number} [of us|people|friends|guests] [how much|what] [is] [that|it] [each|per person|for each|for each of us]",
    "(split|divide|share) [a|the] [bill|check|tab|cost] [of] {sum:number} [{money:word}] (between|among) us {people:number}",
    "(split|divide|share) [a|the] [bill|check|tab|cost] [of] {sum:number} [{money:word}] [evenly|equally] (between|among|by|across|with|for|in|into) [the] {people:number} [of us|people|persons|friends|ways|guests|parts|adults|diners] [evenly|equally]",
    "(split|divide|share) [a|the] {sum:number} [{money:word}] (bill|check|tab) [evenly|equally] (between|among|by|across|with|for|in|into) [the] {people:number} [of us|people|persons|friends|ways|guests|parts|adults|diners] [evenly|equally]",
    "(split|divide|share) [a|the] {sum:number} [{money:word}] [bill|check|tab] {people:number} ways",
    "[what is|how much is] {sum:number} [{money:word}] (split|divided|shared) [evenly] (between|among|by|across|with) {people:number} (people|persons|friends|of us|ways|guests)",
    "[what is|how much is] {sum:number} [{money:word}] (split|divided) {people:number} ways",
    "how much (does|should|would|will) (each|each person|each of us|everyone|everybody) (pay|owe) (if|when) [we split] [a|the] [bill|check] [is|of] {sum:number} [{money:word}] [is split|split|is shared] (between|among|by|with|for) {people:number} [people|persons|friends|of us|ways]",
    "(split|divide|share) [a|the] (bill|check|tab|cost) [of] {sum:number} [{money:word}] {people:number} ways",
    "we are {people:number} [people|of us|friends|guests] [and] (the|our) (bill|check|tab|total) is {sum:number} [{money:word}] [and|so] [how much (does|do|should) (each|each of us|each person|everyone|everybody|we each) (pay|owe)]",
    "(the|our) (bill|check|tab|total) is {sum:number} [{money:word}] [and] [(split|divide|share) it|for] [between|among|by|with] [the] {people:number} (of us|people|persons|friends|ways|guests)",
    "(the|our) (bill|check|tab|total) is {sum:number} [{money:word}] [and] we are {people:number} [people|of us] [how much (does|do|should) (each|each of us|each person|everyone|everybody|we each) (pay|owe)]",
    "{people:number} people [split|share] [a|the] [bill|check] [of] {sum:number} [{money:word}]",
];

/// A bill that is told of, and how many there are, with and without the money's name.
const TOLD: &[&str] = &[
    "[the|our|my] (bill|check|tab|total|meal|dinner|lunch|taxi|cab|pizza|shopping|rent) (is|was|came to|comes to|came out at|comes out at|cost|costs|has come to) {sum:number} MONEY [and|so|but|with|for] [there are|there were|there is|there will be|we are|we were|between] [the] {people:number} [of us|people|friends|persons|guests|diners] [here|eating|sharing|at the table] [OWE]",
    "(there are|there were|there is|we are|we were) {people:number} [of us|people|friends|persons|guests|diners] [here|eating|sharing] [and|so] [the|our|my] (bill|check|tab|total|meal|dinner|lunch|taxi|cab|pizza|shopping|rent) (is|was|came to|comes to|came out at|cost|costs|has come to) {sum:number} MONEY [OWE]",
];
const OWE: &str = "[and|so] (what|how much) [is] (do|does|did|should|would|will|must|have) [we|each of us|each person|everyone|everybody|each|that|it|i] [each|all] [owe|pay|have to pay|put in|chip in|come to|got to pay|be|make] [each|per person|per head|a head|apiece|for each of us|each of us]";

/// How a tip is said behind that.
const TIP: &[&str] = &[
    "(with|and|plus|including|adding|add|and add|at) [a|an] {tip:number} percent [tip|for tip|for the tip|gratuity|service]",
    "(with|and|plus|including|adding|add) [a] tip of {tip:number} percent",
    "(with|and|tipping) {tip:number} percent [tip]",
];

const TIP_ALONE: &[&str] = &[
    "[what is|how much is|calculate|work out] [a|the] tip of {tip:number} percent (on|for) [a] [bill of] {sum:number} [{money:word}] [bill|check|meal]",
    "[what is|how much is|calculate|work out] [a|the] tip (on|for) [a] [bill of] {sum:number} [{money:word}] [bill|check|meal] (at|of|with) {tip:number} percent",
    "[what is|how much is] {tip:number} percent (tip|gratuity) (on|for|of) [a] [bill of] {sum:number} [{money:word}] [bill|check|meal]",
    "(what is|how much is|calculate|work out|give me) [a|the] {tip:number} percent (tip|gratuity) (on|for|of) [a] [bill of] {sum:number} [{money:word}] [bill|check|meal]",
    "how much (should i|do i|shall i|would i) tip (on|for) [a] {sum:number} [{money:word}] [bill|check|meal] (at|with) {tip:number} percent",
    "tip {tip:number} percent (on|for) {sum:number} [{money:word}]",
    "{tip:number} percent tip (on|for) {sum:number} [{money:word}] [bill|check|meal]",
];

/// Of which the percentage is not said.
const TIP_OPEN: &[&str] = &[
    "how much (do i|should i|should we|do we|shall i|would i) tip (on|for) [a] [bill of] {sum:number} [{money:word}] [bill|check|meal]",
    "[what is|how much is|calculate] [a|the] [good|usual|normal] tip (on|for) [a] [bill of] {sum:number} [{money:word}] [bill|check|meal]",
];

const TOTAL: &[&str] = &[
    "(what is|how much is) [the total for] [a] {sum:number} [{money:word}] [bill|check|meal] (with|plus|including|and) [a] {tip:number} percent (tip|gratuity|tax|vat)",
    "add [a] {tip:number} percent tip to [a|the] [bill of] {sum:number} [{money:word}] [bill|check]",
];

/// The answer, where a bill is to be split or tipped for.
pub fn answer(said: &Said) -> Option<String> {
    if !said.has(&["split", "divide", "share", "shared", "divided", "tip", "gratuity", "owe", "pay", "people", "tax", "vat", "bill", "check", "tab", "us"]) {
        return None;
    }
    if let Some(each) = told(said) {
        return Some(each);
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
            // Two numbers alone are a division, unless they are split.
            let is_bill = money.is_some()
                || tip.is_some()
                || said.has(&["bill", "check", "tab", "people", "persons", "friends", "us", "ways", "guests", "adults"]);
            if !(is_bill || said.has(&["split"])) || people < 1.0 || people.fract() != 0.0 || !(0.0..1e12).contains(&sum) {
                continue;
            }
            let total = sum * (1.0 + tip.unwrap_or(0.0) / 100.0);
            let each = say(total / people, money);
            return Some(match tip {
                Some(tip) => format!("With {} percent tip it is {}, so each pays {each}.", number(tip).text, say(total, money)),
                None if is_bill => format!("Each pays {each}."),
                None => format!("That is {each} each."),
            });
        }
    }
    if let Some(slots) = said.first(TIP_ALONE)
        && let (Some(sum), Some(tip), Some(money)) = (slots.number("sum"), slots.number("tip"), currency(slots.form("money").as_deref()))
    {
        return Some(format!("The tip is {}.", say(sum * tip / 100.0, money)));
    }
    if let Some(slots) = said.first(TIP_OPEN)
        && let (Some(sum), Some(money)) = (slots.number("sum"), currency(slots.form("money").as_deref()))
    {
        let [low, high] = [0.1, 0.2].map(|part| say(sum * part, money));
        return Some(format!("10 percent would be {low}, and 20 percent {high}."));
    }
    let slots = said.first(TOTAL)?;
    let (sum, tip, money) = (slots.number("sum")?, slots.number("tip")?, currency(slots.form("money").as_deref())?);
    Some(format!("Together that is {}.", say(sum * (1.0 + tip / 100.0), money)))
}

/// "the bill is 87 dollars and there are three of us, what do we each owe"
fn told(said: &Said) -> Option<String> {
    let templates = TOLD.iter().flat_map(|template| ["", "{money:word}"].map(|money| template.replace("MONEY", money).replace("[OWE]", &format!("[{OWE}]"))));
    templates.into_iter().find_map(|template| {
        let slots = said.matches(&template)?;
        let (sum, people, money) = (slots.number("sum")?, slots.number("people")?, currency(slots.form("money").as_deref())?);
        let is_shared = people >= 2.0 && people.fract() == 0.0 && said.has(&["us", "people", "friends", "persons", "guests", "diners", "each", "owe", "we", "between"]);
        (is_shared && (0.0..1e12).contains(&sum)).then(|| format!("Each pays {}.", say(sum / people, money)))
    })
}

/// `Some(None)` where no currency was said; `None` where the word is none.
pub fn currency(word: Option<&str>) -> Option<Option<Money>> {
    match word {
        None => Some(None),
        Some(word) => Money::named(word).map(Some),
    }
}

pub fn say(amount: f64, money: Option<Money>) -> String {
    // Nobody pays less than a cent.
    let cents = (amount * 100.0).round() / 100.0;
    let plain = || if (cents - amount).abs() > 1e-9 { format!("about {}", number(cents).text) } else { number(amount).say() };
    money.map_or_else(plain, |money| money.say(amount))
}
