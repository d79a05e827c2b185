//! What people say for the tools, in words that no pattern expects: by these a tool is found by its meaning.

use jane_skill::Tool;

/// `tools` with what people say for them.
pub fn with(tools: Vec<Tool>) -> Vec<Tool> {
    let said = |tool: Tool| match tool.name.as_str() {
        "add_to_list" => tool.said(ADD_TO_LIST),
        "remove_from_list" => tool.said(REMOVE_FROM_LIST),
        "read_list" => tool.said(READ_LIST),
        "take_note" => tool.said(TAKE_NOTE),
        "read_notes" => tool.said(READ_NOTES),
        _ => tool,
    };
    tools.into_iter().map(said).collect()
}

const ADD_TO_LIST: &[&str] = &[
    "add milk to the shopping list",
    "put eggs on my list",
    "we are out of toilet paper",
    "we need bread and butter",
    "I have to buy new batteries",
    "remember to get cheese at the supermarket",
    "there is no coffee left",
    "write sugar on the groceries list",
    "include apples in what we have to buy",
    "the dishwasher tablets are finished, note that for shopping",
    "we've run out of rice",
    "I used up the last of the flour",
    "pick up tomatoes next time",
    "we should get some ketchup",
    "the soap is empty",
    "please write down pasta for the supermarket",
    "put paint on the hardware store list",
    "we're out of dish soap",
    "we are low on laundry detergent",
];

const REMOVE_FROM_LIST: &[&str] = &[
    "take milk off the shopping list",
    "remove eggs from my list",
    "I already bought the bread",
    "we don't need cheese anymore",
    "cross the apples off the list",
    "delete butter from the groceries",
    "I've got the coffee, you can strike it",
    "scratch the bananas",
    "we have enough rice, no need to buy it",
    "got the flour already",
    "forget about the ketchup, there is still some",
    "tick off the soap",
];

const READ_LIST: &[&str] = &[
    "what's on my shopping list",
    "read me the list",
    "what do we need from the store",
    "what should I get at the supermarket",
    "is there milk on the list",
    "which things do we still have to buy",
    "tell me what is on the to do list",
    "what did I have to buy again",
    "anything we need from the shop",
    "what am I missing for dinner on the list",
    "which groceries are left to get",
];

const TAKE_NOTE: &[&str] = &[
    "take a note the plumber comes on Monday",
    "write down that the code of the gate is 4711",
    "make a note that I lent Peter my drill",
    "note to self buy flowers for the anniversary",
    "save this thought for me we should paint the kitchen",
    "put in my notes that the car needs oil",
    "keep in mind for me that the key is under the mat",
    "jot down that the train leaves at five",
    "remember for me that I parked on level three",
    "put down that Tom owes me ten dollars",
    "make a memo about the leaking roof",
    "I want you to remember that the wine is in the cellar",
    "record that the dog had its shot in March",
    "scribble down the idea of a new shelf",
    "put down that Mike's party is on the ninth",
];

const READ_NOTES: &[&str] = &[
    "read my notes",
    "what did I write down about the car",
    "what was my note about the garden",
    "do I have any notes",
    "what did I tell you to write down yesterday",
    "find the note with the code of the gate",
    "what did I say about the password",
    "what was that about the train",
    "where did I say I parked",
    "do you have something written down about the roof",
    "what have I noted lately",
    "tell me the note from this morning",
    "what did I want to remember about the wine",
    "what was that thing about the party that I had you write down",
];
