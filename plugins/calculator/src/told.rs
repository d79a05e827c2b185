//! What somebody tells before the question: "it was 31.40 and I gave him a fifty, how much change should I get", "if I get six at 2.50 each, what
//! does that come to", "the sign said 65 miles an hour, what would that be in kilometres".

use phrase::{Said, Word};

use crate::{
    bill::{currency, say},
    evaluation::Value,
    speech::number,
};

const CHANGE: &[&str] = &[
    "(it|that|the bill|the total|lunch|dinner|breakfast|coffee|the coffee|they|the shopping|everything|the taxi|the meal|my order|mine) (is|was|were|are|came to|comes to|cost|costs|come to) {sum:number} [MONEY] [and|so|but] [i am|i] (gave|give|paid|pay|handed|hand|paid with|pay with|paying with|have|had|gave over|handed over) [him|her|them|the cashier|the driver|the waiter|the man|the woman|over] [with] [a|an] {paid:number} [PAID] [note|bill|in cash] [so] (how much|what) [CHANGE_IS]",
    "[if] [i] (pay|paid|give|gave|hand over) [them|him|her] [with] [a|an] {paid:number} [PAID] [note|bill] (for|on) [a|an|something that costs|something costing] {sum:number} [MONEY] [bill|purchase|lunch|meal] [so] (how much|what) [CHANGE_IS]",
    "(how much|what) change (do|should|will|would) (i|we) get [back] (from|out of|for) [a|an] {paid:number} [PAID] [note|bill] (if|when|for|on) [it|something|that|the bill|the total] [costs|is|was|came to|comes to] {sum:number} [MONEY]",
];
/// How the change is asked for, behind "how much" or "what".
const CHANGE_IS: &str = "[is the|is my|change] [change] [should|do|will|would] [i|we|he|she|they] [get|be getting|be|give me|owe me|is due] [back|in change|change]";

const EACH: &[&str] = &[
    "[if] [i|we] [get|buy|take|order|want|have|need|bought|got|am buying] {count:number} [of them|of those|of these|of it|{thing:word}] (at|for|that cost|which cost|costing|and they cost|and they are|they are) {price:number} [MONEY] (each|apiece|a piece|a pop|per piece|a head|per person|per head|a go|a time|a bottle|a ticket|a box|a pack) [so] (what|how much) [does|do|would|will|is|did] [that|it|they|i|all of that] [come to|cost|make|be|total|add up to|is|pay|owe] [in total|altogether|in all]",
    "(what|how much) (do|are|is|would|does|will) {count:number} [of them|of those|of these|{thing:word}] (at|for) {price:number} [MONEY] (each|apiece|a piece|a pop|per piece|a head|per person|a go|a time) [come to|cost|make|be|total|altogether|in total]",
    "{count:number} [of them|of those|of these|{thing:word}] at {price:number} [MONEY] (each|apiece|a piece|a pop|per piece|a head|per person) [is|makes|comes to] (what|how much) [altogether|in total]",
];
const MONEY: &[&str] = &["", "{money:word}"];
const CURRENCIES: &str = "dollar|dollars|euro|euros|pound|pounds|quid|bucks";

/// The answer, and its value, where that is asked for.
pub fn answer(said: &Said) -> Option<(String, Value)> {
    if !said.has(&["change", "each", "apiece", "pop", "head", "back", "person", "piece", "go", "time", "bottle", "ticket", "box", "pack"]) {
        return None;
    }
    change(said).or_else(|| each(said))
}

fn change(said: &Said) -> Option<(String, Value)> {
    said.has(&["change", "back"]).then_some(())?;
    let templates = CHANGE.iter().flat_map(|template| MONEY.iter().map(move |money| (template, money)));
    templates.into_iter().find_map(|(template, money)| {
        let template = template.replace("[CHANGE_IS]", CHANGE_IS).replace("[PAID]", &format!("[{CURRENCIES}]")).replace("[MONEY]", money);
        let slots = said.matches(&template)?;
        let (sum, paid, money) = (slots.number("sum")?, slots.number("paid")?, currency(slots.form("money").as_deref())?);
        let left = ((paid - sum) * 100.0).round() / 100.0;
        let value = Value::plain(left.abs());
        let amount = match money {
            None if left.fract() != 0.0 => format!("{:.2}", left.abs()),
            money => say(left.abs(), money),
        };
        let speech = if left < 0.0 { format!("That is not enough: {amount} is missing.") } else { format!("Your change is {amount}.") };
        Some((speech, value))
    })
}

fn each(said: &Said) -> Option<(String, Value)> {
    let templates = EACH.iter().flat_map(|template| MONEY.iter().map(move |money| (template, money)));
    templates.into_iter().find_map(|(template, money)| {
        let template = template.replace("[MONEY]", money);
        let slots = said.matches(&template)?;
        let (count, price, money) = (slots.number("count")?, slots.number("price")?, currency(slots.form("money").as_deref())?);
        let total = number(count * price);
        let speech = money.map_or_else(|| total.say(), |money| money.say(count * price));
        Some((format!("That comes to {speech}."), Value::plain(count * price)))
    })
}

/// The question behind what is told, with what is told in it: "65 miles an hour in kilometres". `None` where nothing is told.
pub fn question(said: &Said) -> Option<String> {
    /// Words of the longest beginning.
    const LONGEST: usize = 10;
    const ASKS: &[&str] = &[
        "what would that be in", "what is that in", "what would it be in", "what is it in", "what does that make in", "what does that come to in", "how much is that in",
        "how much would that be in", "how fast is that in", "how fast would that be in", "how far is that in", "how far would that be in", "how long is that in",
        "how heavy is that in", "how hot is that in", "how cold is that in", "how warm is that in", "how tall is he in", "how tall is she in", "how tall is that in",
        "how tall am i in", "how heavy am i in", "how heavy is he in", "how heavy is she in", "how heavy is it in", "how big is that in", "how high is that in", "how deep is that in",
        "what would that make in", "what does he weigh in", "what does she weigh in", "what do i weigh in", "how tall would that be in", "what will that be in", "what about in",
        "what is he in", "what is she in", "what am i in", "how tall would he be in",
    ];
    let words = said.words();
    let form = |words: &[Word]| words.iter().map(|word| word.form.as_str()).collect::<Vec<_>>().join(" ");
    let asks = (2..words.len()).find_map(|at| {
        let rest = form(words.get(at..)?);
        let unit = ASKS.iter().find_map(|ask| rest.strip_prefix(ask)?.strip_prefix(' '))?;
        Some((at, unit.to_owned()))
    });
    let (at, unit) = asks?;
    let told = words.get(..at)?;
    let told = told.split_last().filter(|(last, _)| matches!(last.form.as_str(), "so" | "and")).map_or(told, |(_, rest)| rest);
    let told = told.split_last().filter(|(last, _)| matches!(last.form.as_str(), "long" | "tall" | "high" | "wide" | "deep" | "away" | "thick" | "here" | "outside" | "today")).map_or(told, |(_, rest)| rest);
    // The amount stands at the end of what is told.
    let from = (0..told.len().min(LONGEST)).find(|from| {
        let rest = told.get(*from..).unwrap_or_default();
        let is_begin = *from == 0 || told.get(from - 1).is_some_and(|before| phrase::read::number(std::slice::from_ref(before)).is_none());
        is_begin && crate::conversion::is_quantity(rest)
    })?;
    (from > 0 || told.len() < at || told.last().is_some_and(|last| last.pause)).then(|| format!("what is {} in {unit}", form(told.get(from..).unwrap_or_default())))
}
