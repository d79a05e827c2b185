//! Tags that transformers adds to Jinja, in the words of Jinja: `{% generation %}` marks what the model wrote, for training. What lies
//! between them is rendered like anything else.

/// `source` with `{% if true %}` for `{% generation %}` and `{% endif %}` for `{% endgeneration %}`, which trim the text around them alike.
/// Texts, comments and raw blocks stay as they are.
pub fn transparent(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    let mut is_raw = false;
    while let Some(place) = rest.find('{') {
        let (text, tag) = rest.split_at(place);
        out.push_str(text);
        let length = match tag.as_bytes().get(1) {
            Some(b'%') if is_raw => tag.find("%}").map(|end| end + 2),
            Some(b'%') => closed(tag, "%}"),
            Some(b'{') if !is_raw => closed(tag, "}}"),
            Some(b'#') if !is_raw => tag.find("#}").map(|end| end + 2),
            _ => Some(1),
        };
        // What is not closed is the parser's to refuse.
        let (tag, after) = tag.split_at(length.unwrap_or(tag.len()));
        let word = word(tag);
        match word {
            Some("endraw") => is_raw = false,
            Some("raw") => is_raw = true,
            _ => {}
        }
        match word.filter(|_| !is_raw) {
            Some("generation") => out.push_str(&tag.replacen("generation", "if true", 1)),
            Some("endgeneration") => out.push_str(&tag.replacen("endgeneration", "endif", 1)),
            _ => out.push_str(tag),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The only word of the block `tag`; `None` where it is none, or has others.
fn word(tag: &str) -> Option<&str> {
    let inner = tag.strip_prefix("{%")?.strip_suffix("%}")?;
    let trims: &[char] = &['-', '+'];
    let inner = inner.strip_prefix(trims).unwrap_or(inner);
    let inner = inner.strip_suffix(trims).unwrap_or(inner).trim();
    inner
        .bytes()
        .all(|byte| byte.is_ascii_alphabetic())
        .then_some(inner)
}

/// Where `tag` ends that is closed by `end`, which may also stand in its strings.
fn closed(tag: &str, end: &str) -> Option<usize> {
    let mut quote = None;
    let mut is_escaped = false;
    for (place, letter) in tag.char_indices().skip(2) {
        match quote {
            Some(_) if is_escaped => is_escaped = false,
            Some(_) if letter == '\\' => is_escaped = true,
            Some(open) if letter == open => quote = None,
            Some(_) => {}
            None if matches!(letter, '"' | '\'') => quote = Some(letter),
            None if tag.get(place..).is_some_and(|rest| rest.starts_with(end)) => {
                return Some(place + end.len());
            }
            None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_become_others_that_trim_alike() {
        for (source, expected) in [
            (
                "a{% generation %}b{% endgeneration %}c",
                "a{% if true %}b{% endif %}c",
            ),
            (
                "{%- generation -%}{{ x }}{%- endgeneration -%}",
                "{%- if true -%}{{ x }}{%- endif -%}",
            ),
            (
                "{%generation%}{%+ endgeneration +%}",
                "{%if true%}{%+ endif +%}",
            ),
            (
                "{%-\n  generation\n%}x{% endgeneration %}",
                "{%-\n  if true\n%}x{% endif %}",
            ),
        ] {
            assert_eq!(transparent(source), expected);
        }
    }

    #[test]
    fn what_only_looks_like_one_stays() {
        for source in [
            "generation",
            "{{ '{% generation %}' }}",
            "{{ \"}} \\\" {% generation %}\" }}",
            "{# {% generation %} #}",
            "{% raw %}{% generation %}{{ {# {% endgeneration %}{% endraw %}",
            "{%- raw -%}{% generation %}{%- endraw -%}",
            "{% raw %}{% it's %}{% generation %}{% endraw %}",
            "{% set generation = 1 %}{{ generation }}",
            "{% if generation %}{% endif %}",
            "{% if add_generation_prompt %}{% endif %}",
            "{% generations %}",
            "{% set x = '%} {% generation %}' %}",
            "{",
            "{%",
            "{% generation",
            "{{ 'a",
            "{#",
            "",
            "héé {% x ü",
        ] {
            assert_eq!(transparent(source), source);
        }
        let behind = "{% raw %}{{{% endraw %}{% generation %}";
        assert_eq!(transparent(behind), "{% raw %}{{{% endraw %}{% if true %}");
    }

    proptest! {
        #[test]
        fn no_source_makes_it_panic(source in "([{}%#'\"\\\\ a-zü-]|generation|raw|endraw){0,40}") {
            let out = transparent(&source);
            if !source.contains("generation") {
                prop_assert_eq!(out, source);
            }
        }
    }
}
