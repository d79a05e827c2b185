//! Takes the commands off formulas, lightly: what is left are the characters that the rules for sums know.

use super::Language;

/// Commands and what is written for them.
const COMMANDS: [(&str, &str); 58] = [
    ("times", "×"),
    ("cdot", "×"),
    ("div", "÷"),
    ("pm", "±"),
    ("leq", "≤"),
    ("le", "≤"),
    ("geq", "≥"),
    ("ge", "≥"),
    ("neq", "≠"),
    ("ne", "≠"),
    ("approx", "≈"),
    ("equiv", "≡"),
    ("to", "→"),
    ("rightarrow", "→"),
    ("Rightarrow", "→"),
    ("leftarrow", "←"),
    ("infty", "∞"),
    ("sum", "∑"),
    ("int", "∫"),
    ("partial", "∂"),
    ("in", "∈"),
    ("cup", "∪"),
    ("cap", "∩"),
    ("circ", "°"),
    ("degree", "°"),
    ("ldots", "…"),
    ("dots", "…"),
    ("cdots", "…"),
    ("alpha", "α"),
    ("beta", "β"),
    ("gamma", "γ"),
    ("delta", "δ"),
    ("Delta", "Δ"),
    ("epsilon", "ε"),
    ("theta", "θ"),
    ("lambda", "λ"),
    ("mu", "μ"),
    ("pi", "π"),
    ("sigma", "σ"),
    ("Sigma", "Σ"),
    ("phi", "φ"),
    ("omega", "ω"),
    ("Omega", "Ω"),
    ("sin", "sin"),
    ("cos", "cos"),
    ("tan", "tan"),
    ("log", "log"),
    ("ln", "ln"),
    ("lim", "lim"),
    ("quad", ""),
    ("left", ""),
    ("right", ""),
    ("displaystyle", ""),
    ("lt", "<"),
    ("gt", ">"),
    ("rho", "ρ"),
    ("tau", "τ"),
    ("eta", "η"),
];

/// Commands whose argument is text.
const TEXTS: [&str; 8] = [
    "text",
    "mathrm",
    "mathbf",
    "textbf",
    "mathit",
    "operatorname",
    "boxed",
    "mathbb",
];

/// `line` with the formulas between `\(` and `\)`, `\[` and `\]`, `$$`, and `$` where no price can be meant, in plain characters.
pub fn plain(line: &str, language: &Language) -> String {
    if !line.contains(['\\', '$']) {
        return line.to_owned();
    }
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find(['\\', '$']) {
        let (before, from) = rest.split_at(start);
        text.push_str(before);
        match formula(from) {
            Some((inside, length)) => {
                text.push_str(&simple(inside, language));
                rest = from.get(length..).unwrap_or_default();
            }
            None => {
                let mark = from.chars().next().map_or(1, char::len_utf8);
                text.push_str(from.get(..mark).unwrap_or_default());
                rest = from.get(mark..).unwrap_or_default();
            }
        }
    }
    text.push_str(rest);
    text
}

/// The formula that `text` begins with, and its length with the marks around it.
fn formula(text: &str) -> Option<(&str, usize)> {
    /// Bytes of the longest one.
    const LONGEST: usize = 1000;
    let text = text.get(..text.floor_char_boundary(LONGEST))?;
    for (open, close) in [("\\(", "\\)"), ("\\[", "\\]"), ("$$", "$$")] {
        if let Some(inside) = text.strip_prefix(open) {
            // The other mark may be in another piece.
            let end = inside.find(close);
            let (inside, closed) =
                end.map_or((inside, 0), |end| (inside.split_at(end).0, close.len()));
            return Some((inside, open.len() + inside.len() + closed));
        }
    }
    let inside = text.strip_prefix('$')?;
    let inside = inside.split_at(inside.find('$')?).0;
    let behind = text.get(inside.len() + 2..)?;
    let is_tight =
        !inside.starts_with(char::is_whitespace) && !inside.ends_with(char::is_whitespace);
    let letters: Vec<char> = inside.chars().take(3).collect();
    let is_name = matches!(letters.as_slice(), [letter] if letter.is_alphabetic());
    let is_formula = inside.contains(['\\', '^', '_', '{', '=']) || is_name;
    let is_price = behind.starts_with(|letter: char| letter.is_alphanumeric());
    (is_tight && is_formula && !is_price).then_some((inside, inside.len() + 2))
}

/// A formula in plain characters.
fn simple(formula: &str, language: &Language) -> String {
    /// Depth of fractions within fractions.
    const DEEPEST: usize = 8;
    simplified(formula, language, DEEPEST)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn simplified(formula: &str, language: &Language, depth: usize) -> String {
    let mut text = String::new();
    let mut rest = formula;
    while let Some(letter) = rest.chars().next() {
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        match letter {
            '\\' => {
                let end = rest
                    .find(|letter: char| !letter.is_ascii_alphabetic())
                    .unwrap_or(rest.len());
                let (command, behind) = rest.split_at(end);
                rest = behind;
                if command.is_empty() {
                    // "\," and its like are spaces, "\%" is the sign.
                    let mark = rest.chars().next().unwrap_or(' ');
                    rest = rest.get(mark.len_utf8()..).unwrap_or_default();
                    text.push(if "%$&#_{}".contains(mark) { mark } else { ' ' });
                } else if depth > 0 && matches!(command, "frac" | "dfrac" | "tfrac") {
                    let (above, behind) = argument(rest);
                    let (below, behind) = argument(behind);
                    rest = behind;
                    let part = |part| simplified(part, language, depth - 1);
                    text.push_str(&fraction(part(above).trim(), part(below).trim(), language));
                } else if depth > 0 && command == "sqrt" {
                    let (inside, behind) = argument(rest);
                    rest = behind;
                    text.push_str(" √ ");
                    text.push_str(&simplified(inside, language, depth - 1));
                    text.push(' ');
                } else if depth > 0 && TEXTS.contains(&command) {
                    let (inside, behind) = argument(rest);
                    rest = behind;
                    text.push_str(&simplified(inside, language, depth - 1));
                } else {
                    let known = COMMANDS.iter().find(|(name, _)| *name == command);
                    let plain = known.map_or(command, |(_, plain)| plain);
                    text.push(' ');
                    text.push_str(plain);
                    text.push(' ');
                }
            }
            '^' | '_' => {
                let (inside, behind) = argument(rest);
                rest = behind;
                let inside = simplified(inside, language, depth.saturating_sub(1));
                text.push(if letter == '^' { '^' } else { ' ' });
                text.push_str(inside.trim());
            }
            '{' | '}' => {}
            '&' => text.push(' '),
            letter => text.push(letter),
        }
    }
    text
}

/// "1/2" where a fraction is one of numbers, and otherwise what is above and what is below.
fn fraction(above: &str, below: &str, language: &Language) -> String {
    let is_number =
        |part: &str| !part.is_empty() && part.chars().all(|digit| digit.is_ascii_digit());
    match language.word("over") {
        Some(over) if !(is_number(above) && is_number(below)) => {
            format!(" {above} {over} {below} ")
        }
        _ => format!(" {above}/{below} "),
    }
}

/// What stands in braces at the beginning of `text`, or its first character, and what is behind that.
fn argument(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let Some(inside) = text.strip_prefix('{') else {
        let end = text.chars().next().map_or(0, char::len_utf8);
        return text.split_at(end);
    };
    let mut depth = 1_usize;
    for (place, letter) in inside.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (
                inside.get(..place).unwrap_or_default(),
                inside.get(place + 1..).unwrap_or_default(),
            );
        }
    }
    (inside, "")
}
