//! What people buy: "we need milk" is about the shopping list, "we need to talk" is not.

/// The last words of things that are bought for a household, in the singular.
const GROCERIES: &str = " milk bread butter egg cheese yogurt yoghurt cream flour sugar salt pepper rice pasta noodle spaghetti cereal oat oatmeal muesli \
granola honey jam jelly marmalade nutella mustard ketchup mayonnaise mayo vinegar oil margarine lard yeast water juice lemonade cola coke soda beer wine \
cider gin vodka whisky whiskey rum tea coffee espresso cocoa chocolate candy sweet crisp chip cracker cookie biscuit cake pie bun roll bagel baguette \
toast tortilla wrap pita muffin croissant doughnut donut waffle pancake apple pear banana orange lemon lime grapefruit grape melon watermelon peach plum \
apricot cherry strawberry raspberry blueberry blackberry cranberry berry mango pineapple kiwi avocado coconut fig raisin tomato potato onion garlic \
carrot cucumber lettuce salad spinach cabbage broccoli cauliflower courgette zucchini aubergine eggplant mushroom leek celery radish beetroot beet \
turnip pumpkin squash corn pea bean lentil chickpea tofu hummus olive pickle ginger herb basil parsley coriander cilantro mint thyme rosemary oregano \
dill chive cinnamon paprika curry cumin turmeric nutmeg vanilla spice stock broth soup sauce pesto salsa gravy meat beef steak mince pork ham bacon \
sausage salami chicken turkey duck lamb fish salmon tuna cod shrimp prawn crab lobster mussel sardine anchovy nut almond walnut cashew peanut hazelnut \
pistachio seed popcorn pretzel pizza fry icecream ice lollipop gum toothpaste toothbrush floss mouthwash soap shampoo conditioner deodorant razor \
shaver lotion sunscreen tissue napkin towel paper foil cling detergent softener powder bleach sponge cloth wipe duster broom mop bucket battery bulb \
lightbulb candle match lighter nappy diaper wipes bin bag binbag trash tampon pad plaster bandaid bandage aspirin paracetamol ibuprofen vitamin tablet \
catfood dogfood litter kibble birdseed stamp envelope tape glue pen pencil notebook ink toner cartridge scissors string nail screw fertiliser \
fertilizer soil charcoal firewood kindling produce vegetable veggie fruit grocery snack cheddar mozzarella parmesan feta gouda brie ricotta quinoa \
couscous bulgur barley polenta semolina cornflour cornstarch baguettes syrup molasses peppercorn chilli chili chile jalapeno rocket kale chard fennel \
asparagus artichoke squid cottage creamer kefir buttermilk cornflakes granolabar smoothie tonic prosecco champagne ale lager brandy liqueur loaf \
kitchenroll toiletpaper dishwasher polish cleaner freshener filter straw skewer toothpick clingfilm washing-up eggnog sorbet gelato custard pudding \
margarita crouton dumpling ravioli lasagne lasagna gnocchi macaroni penne ramen sushi wasabi soy miso sriracha tabasco ";

/// Whether the thing is called like what is bought; `two bottles of milk`, `oat milk` and `loo roll` are.
pub fn is_grocery(item: &str) -> bool {
    const PIECES: &[&str] = &[
        "bottle", "can", "tin", "pack", "packet", "box", "bag", "jar", "loaf", "carton", "kilo", "pound", "litre", "liter", "gallon",
        "pint", "bunch", "dozen", "gram", "piece", "slice", "roll", "bar", "tub", "tube", "crate", "case", "sack", "head", "clove",
    ];
    let key = crate::words::key(item);
    let words: Vec<&str> = key.split(' ').collect();
    let named = |word: &str| GROCERIES.contains(&format!(" {word} "));
    let of_something = words
        .iter()
        .position(|word| *word == "of")
        .is_some_and(|of| of > 0 && words.get(of - 1).is_some_and(|piece| PIECES.contains(piece)));
    let last = words.last().copied().unwrap_or_default();
    let strange = words.iter().any(|word| {
        matches!(
            *word,
            "that"
                | "who"
                | "for"
                | "with"
                | "my"
                | "your"
                | "me"
                | "you"
                | "about"
                | "to"
                | "into"
                | "in"
                | "on"
                | "from"
                | "please"
                | "than"
                | "is"
                | "not"
        )
    });
    let fodder = last == "food" && words.len() > 1;
    !last.is_empty() && !strange && (named(last) || of_something || fodder)
}

#[cfg(test)]
mod tests {
    use super::is_grocery;

    #[test]
    fn what_is_bought_is_told_from_what_is_not() {
        for item in [
            "milk",
            "some eggs",
            "oat milk",
            "toilet paper",
            "two bottles of wine",
            "AA batteries",
            "bin bags",
            "tomatoes",
            "cherries",
            "a loaf of bread",
            "washing powder",
            "dog food bags",
        ] {
            assert!(is_grocery(item), "{item}");
        }
        for item in [
            "help",
            "to talk",
            "a hug",
            "time",
            "you",
            "a plan",
            "ideas",
            "a break",
            "money",
            "a new president",
            "milk for that recipe",
            "",
        ] {
            assert!(!is_grocery(item), "{item}");
        }
    }
}
