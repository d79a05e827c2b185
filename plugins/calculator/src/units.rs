//! Units, and what they are in the first of their kind.

use phrase::Said;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Length,
    Mass,
    Volume,
    Temperature,
    Speed,
    Area,
    Time,
    Data,
}

#[derive(Debug)]
pub struct Unit {
    pub kind: Kind,
    /// Singular and plural, each way to spell them; the first is for what was said short.
    pub names: &'static [(&'static str, &'static str)],
    pub short: &'static [&'static str],
    /// Of the kind's base unit: metre, gram, litre, kelvin, metre per second, square metre, second, byte.
    pub factor: f64,
    /// What the unit's zero is in the base unit.
    pub zero: f64,
    /// The next smaller unit of "5 foot 10" and "two hours thirty", and how many make one.
    pub smaller: Option<(&'static str, f64)>,
}

/// A unit as it was named, which is how it is said back.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    pub unit: &'static Unit,
    /// Singular and plural.
    pub name: (&'static str, &'static str),
}

#[derive(Debug, Clone, Copy)]
pub struct Amount {
    pub value: f64,
    pub unit: Named,
}

impl PartialEq for Named {
    fn eq(&self, other: &Named) -> bool {
        std::ptr::eq(self.unit, other.unit)
    }
}

const fn unit(kind: Kind, factor: f64, names: &'static [(&'static str, &'static str)], short: &'static [&'static str]) -> Unit {
    Unit { kind, names, short, factor, zero: 0.0, smaller: None }
}

use Kind::{Area, Data, Length, Mass, Speed, Temperature, Time, Volume};

const FOOT: f64 = 0.3048;
const INCH: f64 = 0.0254;
const YARD: f64 = 0.9144;
const MILE: f64 = 1609.344;
const POUND: f64 = 453.592_37;
const US_GALLON: f64 = 3.785_411_784;
const UK_GALLON: f64 = 4.546_09;
/// The mean Gregorian year.
const YEAR: f64 = 365.2425 * 86_400.0;

// Definitions: NIST Special Publication 811, appendix B; data in powers of ten (SI) and of two (IEC 80000-13).
#[rustfmt::skip]
pub static UNITS: &[Unit] = &[
    unit(Length, 1e-9, &[("nanometre", "nanometres"), ("nanometer", "nanometers")], &["nm"]),
    unit(Length, 1e-6, &[("micrometre", "micrometres"), ("micrometer", "micrometers"), ("micron", "microns")], &["µm"]),
    unit(Length, 1e-3, &[("millimetre", "millimetres"), ("millimeter", "millimeters")], &["mm"]),
    unit(Length, 1e-2, &[("centimetre", "centimetres"), ("centimeter", "centimeters")], &["cm", "cms"]),
    unit(Length, 1e-1, &[("decimetre", "decimetres"), ("decimeter", "decimeters")], &["dm"]),
    unit(Length, 1.0, &[("metre", "metres"), ("meter", "meters")], &["m"]),
    unit(Length, 1e3, &[("kilometre", "kilometres"), ("kilometer", "kilometers")], &["km", "kms", "k m"]),
    unit(Length, INCH, &[("inch", "inches")], &[]),
    Unit { smaller: Some(("inch", 12.0)), ..unit(Length, FOOT, &[("foot", "feet")], &["ft"]) },
    unit(Length, YARD, &[("yard", "yards")], &["yd", "yds"]),
    unit(Length, MILE, &[("mile", "miles")], &["mi"]),
    unit(Length, 1852.0, &[("nautical mile", "nautical miles")], &["nmi"]),
    unit(Length, 299_792_458.0 * 365.25 * 86_400.0, &[("light year", "light years")], &["lightyear", "lightyears", "light-year", "light-years"]),
    unit(Length, 149_597_870_700.0, &[("astronomical unit", "astronomical units")], &[]),

    unit(Mass, 1e-3, &[("milligram", "milligrams")], &["mg"]),
    unit(Mass, 1.0, &[("gram", "grams"), ("gramme", "grammes")], &["g"]),
    unit(Mass, 1e3, &[("kilogram", "kilograms"), ("kilo", "kilos"), ("kilogramme", "kilogrammes")], &["kg", "kgs"]),
    unit(Mass, 1e6, &[("tonne", "tonnes"), ("metric ton", "metric tons")], &[]),
    unit(Mass, 907_184.74, &[("short ton", "short tons"), ("US ton", "US tons")], &["ton", "tons"]),
    unit(Mass, 1_016_046.908_8, &[("long ton", "long tons")], &[]),
    unit(Mass, POUND / 16.0, &[("ounce", "ounces")], &["oz"]),
    Unit { smaller: Some(("ounce", 16.0)), ..unit(Mass, POUND, &[("pound", "pounds")], &["lb", "lbs"]) },
    Unit { smaller: Some(("pound", 14.0)), ..unit(Mass, POUND * 14.0, &[("stone", "stone"), ("stone", "stones")], &["st"]) },

    unit(Volume, 1e-3, &[("millilitre", "millilitres"), ("milliliter", "milliliters")], &["ml", "cc"]),
    unit(Volume, 1e-2, &[("centilitre", "centilitres"), ("centiliter", "centiliters")], &["cl"]),
    unit(Volume, 1e-1, &[("decilitre", "decilitres"), ("deciliter", "deciliters")], &["dl"]),
    unit(Volume, 1.0, &[("litre", "litres"), ("liter", "liters")], &["l"]),
    unit(Volume, 1e3, &[("cubic metre", "cubic metres"), ("cubic meter", "cubic meters")], &["m3"]),
    unit(Volume, 1e-3, &[("cubic centimetre", "cubic centimetres"), ("cubic centimeter", "cubic centimeters")], &["cm3"]),
    unit(Volume, US_GALLON / 768.0, &[("teaspoon", "teaspoons")], &["tsp"]),
    unit(Volume, US_GALLON / 256.0, &[("tablespoon", "tablespoons")], &["tbsp"]),
    unit(Volume, US_GALLON / 128.0, &[("fluid ounce", "fluid ounces"), ("US fluid ounce", "US fluid ounces")], &["fl oz"]),
    unit(Volume, US_GALLON / 16.0, &[("cup", "cups"), ("US cup", "US cups")], &[]),
    unit(Volume, US_GALLON / 8.0, &[("pint", "pints"), ("US pint", "US pints")], &["pt"]),
    unit(Volume, US_GALLON / 4.0, &[("quart", "quarts"), ("US quart", "US quarts")], &["qt"]),
    unit(Volume, US_GALLON, &[("gallon", "gallons"), ("US gallon", "US gallons")], &["gal"]),
    unit(Volume, UK_GALLON / 160.0, &[("imperial fluid ounce", "imperial fluid ounces"), ("UK fluid ounce", "UK fluid ounces")], &[]),
    unit(Volume, UK_GALLON / 8.0, &[("imperial pint", "imperial pints"), ("UK pint", "UK pints"), ("British pint", "British pints")], &[]),
    unit(Volume, UK_GALLON / 4.0, &[("imperial quart", "imperial quarts"), ("UK quart", "UK quarts")], &[]),
    unit(Volume, UK_GALLON, &[("imperial gallon", "imperial gallons"), ("UK gallon", "UK gallons"), ("British gallon", "British gallons")], &[]),
    unit(Volume, 28.316_846_592, &[("cubic foot", "cubic feet")], &[]),
    unit(Volume, 0.016_387_064, &[("cubic inch", "cubic inches")], &[]),

    Unit { zero: 273.15, ..unit(Temperature, 1.0, &[("degree Celsius", "degrees Celsius")], &["celsius", "c", "degree c", "degrees c", "centigrade", "degrees centigrade", "celcius", "degrees celcius"]) },
    Unit { zero: 459.67 * 5.0 / 9.0, ..unit(Temperature, 5.0 / 9.0, &[("degree Fahrenheit", "degrees Fahrenheit")], &["fahrenheit", "f", "degree f", "degrees f", "farenheit", "degrees farenheit"]) },
    unit(Temperature, 1.0, &[("kelvin", "kelvin"), ("kelvin", "kelvins")], &["k", "degrees kelvin"]),

    unit(Speed, 1.0, &[("metre per second", "metres per second"), ("meter per second", "meters per second")], &["m / s", "metres a second", "meters a second"]),
    unit(Speed, 1.0 / 3.6, &[("kilometre per hour", "kilometres per hour"), ("kilometer per hour", "kilometers per hour")], &["km / h", "kph", "kmh", "km per hour", "kilometres an hour", "kilometers an hour"]),
    unit(Speed, MILE / 3600.0, &[("mile per hour", "miles per hour")], &["mph", "miles an hour", "m p h"]),
    unit(Speed, 1852.0 / 3600.0, &[("knot", "knots")], &["kn"]),
    unit(Speed, FOOT, &[("foot per second", "feet per second")], &["ft / s", "feet a second"]),

    unit(Area, 1e-6, &[("square millimetre", "square millimetres"), ("square millimeter", "square millimeters")], &["mm2"]),
    unit(Area, 1e-4, &[("square centimetre", "square centimetres"), ("square centimeter", "square centimeters")], &["cm2", "square cm"]),
    unit(Area, 1.0, &[("square metre", "square metres"), ("square meter", "square meters")], &["m2", "sq m", "sqm"]),
    unit(Area, 1e6, &[("square kilometre", "square kilometres"), ("square kilometer", "square kilometers")], &["km2", "sq km", "square km"]),
    unit(Area, 1e4, &[("hectare", "hectares")], &["ha"]),
    unit(Area, INCH * INCH, &[("square inch", "square inches")], &[]),
    unit(Area, FOOT * FOOT, &[("square foot", "square feet")], &["sq ft", "sqft", "square ft"]),
    unit(Area, YARD * YARD, &[("square yard", "square yards")], &[]),
    unit(Area, 4840.0 * YARD * YARD, &[("acre", "acres")], &[]),
    unit(Area, MILE * MILE, &[("square mile", "square miles")], &["sq mi"]),

    unit(Time, 1e-3, &[("millisecond", "milliseconds")], &["ms"]),
    unit(Time, 1.0, &[("second", "seconds")], &["sec", "secs", "s"]),
    Unit { smaller: Some(("second", 60.0)), ..unit(Time, 60.0, &[("minute", "minutes")], &["min", "mins"]) },
    Unit { smaller: Some(("minute", 60.0)), ..unit(Time, 3600.0, &[("hour", "hours")], &["hr", "hrs", "h"]) },
    unit(Time, 86_400.0, &[("day", "days")], &[]),
    unit(Time, 604_800.0, &[("week", "weeks")], &[]),
    unit(Time, 1_209_600.0, &[("fortnight", "fortnights")], &[]),
    unit(Time, YEAR / 12.0, &[("month", "months")], &[]),
    unit(Time, YEAR, &[("year", "years")], &[]),
    unit(Time, YEAR * 10.0, &[("decade", "decades")], &[]),
    unit(Time, YEAR * 100.0, &[("century", "centuries")], &[]),

    unit(Data, 0.125, &[("bit", "bits")], &[]),
    unit(Data, 1.0, &[("byte", "bytes")], &[]),
    unit(Data, 1e3, &[("kilobyte", "kilobytes")], &["kb"]),
    unit(Data, 1e6, &[("megabyte", "megabytes")], &["mb", "megs", "meg"]),
    unit(Data, 1e9, &[("gigabyte", "gigabytes")], &["gb", "gigs", "gig"]),
    unit(Data, 1e12, &[("terabyte", "terabytes")], &["tb"]),
    unit(Data, 1e15, &[("petabyte", "petabytes")], &["pb"]),
    unit(Data, 125.0, &[("kilobit", "kilobits")], &[]),
    unit(Data, 125e3, &[("megabit", "megabits")], &[]),
    unit(Data, 125e6, &[("gigabit", "gigabits")], &[]),
    unit(Data, 1024.0, &[("kibibyte", "kibibytes")], &["kib"]),
    unit(Data, 1_048_576.0, &[("mebibyte", "mebibytes")], &["mib"]),
    unit(Data, 1_073_741_824.0, &[("gibibyte", "gibibytes")], &["gib"]),
    unit(Data, 1_099_511_627_776.0, &[("tebibyte", "tebibytes")], &["tib"]),
];

/// Words of the longest name.
const LONGEST: usize = 4;

/// The unit with the longest name that the words begin with, and how many words it took.
pub fn read<W: AsRef<str>>(words: &[W]) -> Option<(Named, usize)> {
    (1..=LONGEST.min(words.len())).rev().find_map(|count| {
        let words = words.get(..count)?;
        let is = |name: &str| name.split(' ').eq_ignoring_case(words);
        UNITS.iter().find_map(|unit| {
            let name = unit.names.iter().find(|(one, many)| is(one) || is(many));
            let short = || unit.names.first().filter(|_| unit.short.iter().any(|short| is(short)));
            name.or_else(short).map(|name| (Named { unit, name: *name }, count))
        })
    })
}

trait EqIgnoringCase {
    fn eq_ignoring_case<W: AsRef<str>>(self, words: &[W]) -> bool;
}

impl<'a, I: Iterator<Item = &'a str>> EqIgnoringCase for I {
    fn eq_ignoring_case<W: AsRef<str>>(mut self, words: &[W]) -> bool {
        words.iter().all(|word| self.next().is_some_and(|part| part.eq_ignore_ascii_case(word.as_ref()))) && self.next().is_none()
    }
}

/// The unit of this name. `in` is one here: elsewhere it is a word.
pub fn named(name: &str) -> Option<Named> {
    let name = crate::parser::spelled(name.trim());
    if matches!(name.as_str(), "in" | "\"") {
        return read(&["inch"]).map(|(unit, _)| unit);
    }
    let said = Said::new(&name);
    let words = said.words();
    read(words).filter(|(_, taken)| *taken == words.len()).map(|(unit, _)| unit)
}

/// A unit by its singular name, within the kind's table.
pub fn by_name(name: &str) -> Option<Named> {
    UNITS.iter().find_map(|unit| unit.names.iter().find(|(one, _)| *one == name).map(|name| Named { unit, name: *name }))
}
