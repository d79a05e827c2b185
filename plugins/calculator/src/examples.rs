//! What people say for the tools, in words that no pattern expects: by these a tool is found by its meaning.

use jane_skill::Tool;

/// `tools` with what people say for them.
pub fn with(tools: Vec<Tool>) -> Vec<Tool> {
    let said = |tool: Tool| match tool.name.as_str() {
        "calculate" => tool.said(CALCULATE),
        "convert" => tool.said(CONVERT),
        _ => tool,
    };
    tools.into_iter().map(said).collect()
}

const CALCULATE: &[&str] = &[
    "what is seven times eight",
    "how much is fifteen percent of eighty",
    "add 12 and 30 and divide by two",
    "what's the square root of 144",
    "figure out a tip of 18 percent on 45 dollars",
    "if I split 90 euros between four people what does each pay",
    "compute three hundred minus forty seven",
    "how much do two dozen make",
    "what do you get when you multiply 23 by 19",
    "half of a hundred and thirty",
    "what would twenty percent off 60 be",
    "take 9 away from 41",
    "how much is a quarter of sixty",
    "two of us owe 50 dollars, how much is that each",
    "sum up 5, 9 and 12",
    "work out the tip on 30 dollars",
    "what does three times a dozen make",
];

const CONVERT: &[&str] = &[
    "how many kilometres are five miles",
    "convert 70 degrees fahrenheit to celsius",
    "what is 150 pounds in kilograms",
    "how tall is five foot eight in centimetres",
    "how many grams are in three ounces",
    "how much is two litres in cups",
    "what's 100 inches in metres",
    "turn 3 gallons into litres",
    "what's 20 celsius in fahrenheit",
    "how many cups are in a litre",
    "how heavy is 80 kilos in pounds",
    "what is six feet in centimetres",
    "how far is a marathon in miles",
];
