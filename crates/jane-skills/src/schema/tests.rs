use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn limits() -> Limits {
    Limits::new(32 << 10, 32)
}

fn read(schema: &Value) -> Result<Schema, String> {
    Schema::of_object(&schema.to_string(), &mut limits())
}

/// The schema of an object with a property `a`.
fn with(a: Value) -> Value {
    json!({ "type": "object", "properties": { "a": a } })
}

fn holds(a: Value, value: Value) -> bool {
    let schema = read(&with(a)).unwrap();
    schema.check(&json!({ "a": value }), 5).is_ok()
}

/// Why a schema is refused.
fn reason(schema: &Value) -> String {
    read(schema).map(|_| ()).unwrap_err()
}

#[test]
fn what_libraries_write_is_taken() {
    // As pydantic, zod and schemars write them.
    let pydantic = json!({
        "$defs": {
            "Unit": { "enum": ["m", "ft"], "title": "Unit", "type": "string" },
            "Point": {
                "properties": {
                    "x": { "title": "X", "type": "number" },
                    "unit": { "$ref": "#/$defs/Unit", "default": "m" }
                },
                "required": ["x"], "title": "Point", "type": "object"
            }
        },
        "properties": {
            "at": { "anyOf": [{ "$ref": "#/$defs/Point" }, { "type": "null" }], "default": null },
            "many": { "items": { "$ref": "#/$defs/Point" }, "maxItems": 3, "type": "array" },
            "name": { "allOf": [{ "type": "string" }], "examples": ["x"], "format": "date-time" }
        },
        "required": ["many"], "title": "Args", "type": "object"
    });
    let schema = read(&pydantic).unwrap();
    for (arguments, fits) in [
        (json!({ "many": [] }), true),
        (json!({ "many": [{ "x": 1 }], "at": null }), true),
        (
            json!({ "many": [{ "x": 1, "unit": "ft" }], "at": { "x": 0.5 } }),
            true,
        ),
        (json!({ "many": [{ "x": 1, "unit": "km" }] }), false),
        (json!({ "many": [], "at": { "x": "1" } }), false),
        (
            json!({ "many": [{ "x": 1 }, { "x": 1 }, { "x": 1 }, { "x": 1 }] }),
            false,
        ),
        (json!({}), false),
        (json!({ "many": [], "name": 7 }), false),
    ] {
        assert_eq!(schema.check(&arguments, 5).is_ok(), fits, "{arguments}");
    }
    let shown = schema.shown().to_string();
    assert!(
        !shown.contains("$ref") && !shown.contains("$defs"),
        "{shown}"
    );
    let zod = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {
            "id": { "type": "string", "format": "uuid", "pattern": "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000)$" },
            "count": { "type": "integer", "minimum": -9007199254740991i64, "maximum": 9007199254740991i64, "exclusiveMinimum": 0 },
            "map": { "type": "object", "propertyNames": { "type": "string" }, "additionalProperties": { "type": "number" } },
            "pair": { "type": "array", "prefixItems": [{ "type": "string" }, { "type": "number" }], "items": false },
            "kind": { "const": "a" },
            "day": { "type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}$" }
        },
        "required": ["id"], "additionalProperties": false, "$id": "https://example.org/x", "$comment": "x", "x-order": 3
    });
    let schema = read(&zod).unwrap();
    let id = "123e4567-e89b-12d3-a456-426614174000";
    for (arguments, fits) in [
        (
            json!({ "id": id, "count": 3, "map": { "a": 1 }, "pair": ["a", 1], "kind": "a", "day": "2026-08-01" }),
            true,
        ),
        (json!({ "id": "x" }), false),
        (json!({ "id": id, "count": 0 }), false),
        (json!({ "id": id, "count": 1.5 }), false),
        (json!({ "id": id, "map": { "a": "1" } }), false),
        (json!({ "id": id, "pair": ["a", 1, 2] }), false),
        (json!({ "id": id, "kind": "b" }), false),
        (json!({ "id": id, "day": "2026-8-1" }), false),
        (json!({ "id": id, "other": 1 }), false),
    ] {
        assert_eq!(schema.check(&arguments, 5).is_ok(), fits, "{arguments}");
    }
}

#[test]
fn every_other_keyword_is_refused_with_its_place() {
    for (keyword, value) in [
        ("$anchor", json!("x")),
        ("$dynamicRef", json!("#x")),
        ("$dynamicAnchor", json!("x")),
        ("$recursiveRef", json!("#")),
        ("$recursiveAnchor", json!(true)),
        ("$vocabulary", json!({})),
        ("patternProperties", json!({ "^x": {} })),
        ("additionalItems", json!(false)),
        ("unevaluatedProperties", json!(false)),
        ("unevaluatedItems", json!(false)),
        ("dependencies", json!({})),
        ("dependentRequired", json!({})),
        ("dependentSchemas", json!({})),
        ("contains", json!({})),
        ("minContains", json!(1)),
        ("if", json!({})),
        ("then", json!({})),
        ("else", json!({})),
        ("extends", json!({})),
        ("divisibleBy", json!(2)),
        ("disallow", json!("string")),
        ("contentSchema", json!({})),
        ("nullable", json!(true)),
        ("propertes", json!({})),
        ("Type", json!("string")),
    ] {
        let refused = reason(&with(json!({ keyword: value })));
        assert!(
            refused.contains(&format!("`#/properties/a/{keyword}`")),
            "{refused}"
        );
        assert!(refused.contains("is not taken"), "{refused}");
    }
    // What names a schema does so for the whole, and only there.
    for keyword in ["$id", "id", "$schema", "$defs", "definitions"] {
        let refused = reason(&with(json!({ keyword: {} })));
        assert!(refused.contains("only at the beginning"), "{refused}");
    }
}

#[test]
fn what_is_no_schema_is_refused() {
    for a in [
        json!(1),
        json!("string"),
        json!([]),
        json!(null),
        json!({ "type": "nonsense" }),
        json!({ "type": [] }),
        json!({ "type": 1 }),
        json!({ "enum": [] }),
        json!({ "enum": "a" }),
        json!({ "required": "a" }),
        json!({ "required": [1] }),
        json!({ "properties": [] }),
        json!({ "items": [{}, {}] }),
        json!({ "prefixItems": {} }),
        json!({ "anyOf": [] }),
        json!({ "anyOf": {} }),
        json!({ "minLength": -1 }),
        json!({ "minLength": 1.5 }),
        json!({ "minItems": 1_000_000 }),
        json!({ "maxLength": 1e300 }),
        json!({ "maximum": "1" }),
        json!({ "minimum": 1e300 }),
        json!({ "exclusiveMinimum": true }),
        json!({ "multipleOf": 0 }),
        json!({ "multipleOf": -1 }),
        json!({ "multipleOf": 1e-300 }),
        json!({ "multipleOf": 9_973 }),
        json!({ "multipleOf": 0.123_456 }),
        json!({ "multipleOf": 1e7 }),
        json!({ "uniqueItems": 1 }),
        json!({ "title": 1 }),
        json!({ "pattern": 1 }),
        json!({ "$ref": 1 }),
        json!({ "properties": { "x".repeat(200): {} } }),
        json!({ "properties": { "a\u{1b}[2J": {} } }),
    ] {
        let refused = reason(&with(a.clone()));
        assert!(refused.contains("#/properties/a"), "{a}: {refused}");
        assert!(refused.len() < 400, "{refused}");
    }
    for whole in [
        "",
        "{",
        "[]",
        "null",
        "true",
        "{\"type\": \"array\"}",
        "{\"type\": [\"object\"]}",
    ] {
        assert!(Schema::of_object(whole, &mut limits()).is_err(), "{whole}");
    }
    let deep = format!("{}{}", "{\"type\":\"object\",\"not\":".repeat(200), "{}");
    assert!(Schema::of_object(&format!("{deep}{}", "}".repeat(200)), &mut limits()).is_err());
}

#[test]
fn references_lead_to_definitions_of_the_schema_itself_and_nowhere_else() {
    let of = |reference: &str, defs: Value| json!({ "type": "object", "properties": { "a": { "$ref": reference } }, "$defs": defs });
    let number = || json!({ "n": { "type": "number" } });
    assert!(read(&of("#/$defs/n", number())).is_ok());
    for reference in [
        "#",
        "#/",
        "#n",
        "",
        "n",
        "n.json",
        "#/$defs",
        "#/$defs/",
        "#/$defs/m",
        "#/$defs/n/type",
        "#/$defs/%6e",
        "#%2F$defs%2Fn",
        "#/%24defs/n",
        "#/$defs/~0",
        "#/$defs/n~1m",
        "#/properties/a",
        "#/definitions/n",
        "http://127.0.0.1/schema",
        "file:///etc/passwd",
        "x#/$defs/n",
        "//#/$defs/n",
        "#/$defs/n#",
        "urn:x",
        " #/$defs/n",
    ] {
        let refused = reason(&of(reference, number()));
        assert!(
            refused.contains("`#/properties/a/$ref`"),
            "{reference}: {refused}"
        );
    }
    for defs in [
        json!({ "n": { "$ref": "#/$defs/n" } }),
        json!({ "n": { "properties": { "b": { "$ref": "#/$defs/n" } } } }),
        json!({ "n": { "$ref": "#/$defs/m" }, "m": { "items": { "$ref": "#/$defs/n" } } }),
        json!({ "n": { "anyOf": [{ "$ref": "#/$defs/m" }] }, "m": { "not": { "$ref": "#/$defs/n" } } }),
    ] {
        let refused = reason(&of("#/$defs/n", defs));
        assert!(refused.contains("refers to itself"), "{refused}");
    }
    for inner in [
        json!({ "$id": "x", "type": "number" }),
        json!({ "id": "http://x/y", "type": "number" }),
        json!({ "$defs": { "m": {} } }),
        json!({ "$dynamicRef": "#n" }),
    ] {
        let refused = reason(&of("#/$defs/n", json!({ "n": inner })));
        assert!(refused.contains("`#/$defs/n/"), "{refused}");
    }
}

/// Refused or read, either at once.
fn at_once(what: &str, schema: &str) {
    let begin = Instant::now();
    let read = Schema::of_object(schema, &mut limits());
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(2), "{what}: {took:?}");
    if let Ok(read) = read {
        assert!(read.shown().to_string().len() < 32 << 10, "{what}");
    }
}

#[test]
fn what_grows_without_bounds_is_refused_at_once() {
    let growing = |levels: usize, times: usize, refers: fn(usize) -> Value| {
        let mut defs = serde_json::Map::new();
        for level in 0..levels {
            let next = refers(level + 1);
            defs.insert(format!("d{level}"), json!({ "allOf": vec![next; times] }));
        }
        defs.insert(format!("d{levels}"), json!({ "type": "number" }));
        json!({ "type": "object", "properties": { "a": { "$ref": "#/$defs/d0" } }, "$defs": defs })
    };
    let plain = |level: usize| json!({ "$ref": format!("#/$defs/d{level}") });
    for (levels, times) in [(9, 8), (20, 20), (60, 2), (5, 40), (2, 200)] {
        let schema = growing(levels, times, plain);
        assert!(reason(&schema).contains("more than"), "{levels} {times}");
        at_once("definitions", &schema.to_string());
    }
    // References of other kinds, by which such a schema once passed the counting.
    let percent = growing(
        20,
        20,
        |level| json!({ "$ref": format!("#/$defs/%64{level}") }),
    );
    let id = growing(
        9,
        8,
        |level| json!({ "id": format!("http://x/{level}"), "$ref": format!("#/$defs/d{level}") }),
    );
    for schema in [percent, id] {
        assert!(read(&schema).is_err());
        at_once("references", &schema.to_string());
    }
    // A long text that many refer to.
    let long = json!({
        "type": "object", "$defs": { "n": { "description": "x".repeat(10_000) } },
        "properties": (0..100).map(|n| (format!("p{n}"), json!({ "$ref": "#/$defs/n" }))).collect::<serde_json::Map<_, _>>(),
    });
    assert!(reason(&long).contains("bytes"));
    let skill = &mut limits();
    let one = json!({ "type": "object", "description": "x".repeat(10_000) }).to_string();
    let taken = (0..32)
        .take_while(|_| Schema::of_object(&one, skill).is_ok())
        .count();
    assert_eq!(taken, 3);
}

#[test]
fn patterns_are_those_of_javascript_and_bounded() {
    for (pattern, fits, others) in [
        ("^\\d+$", "123", vec!["", "12a", "١٢"]),
        ("^\\w+$", "a_1", vec!["ä", "a b"]),
        ("^[\\w-]+$", "a-b", vec!["a.b"]),
        ("^[\\w-.]+@x$", "a.b-c@x", vec!["a b@x"]),
        ("^[^\\s]+$", "ab", vec!["a b", "a\u{a0}b"]),
        ("^\\S+$", "ab", vec!["a b"]),
        ("^[\\D]$", "a", vec!["1"]),
        ("b", "abc", vec!["ac"]),
        ("^[[a]$", "[", vec!["b"]),
        ("^(?:a|b)(?<x>c)$", "ac", vec!["c"]),
        ("^a\\/b\\u0041\\x41$", "a/bAA", vec!["a"]),
        ("\\bcat\\b", "a cat", vec!["concat"]),
        ("^.{2,4}$", "äöü", vec!["a"]),
    ] {
        let schema = || json!({ "type": "string", "pattern": pattern });
        assert!(holds(schema(), json!(fits)), "{pattern} {fits}");
        for other in others {
            assert!(!holds(schema(), json!(other)), "{pattern} {other}");
        }
    }
    let long = "x".repeat(600);
    for pattern in [
        "(",
        "[",
        "a{2,1}",
        "*",
        "\\",
        "(?=a)",
        "(?!a)",
        "(?<=a)b",
        "(?<!a)b",
        "(?i)a",
        "(a)\\1",
        "\\k<a>",
        "[\\w--\\d]",
        "[a&&b]",
        "[a~~b]",
        "[]",
        "[^]",
        "\\Aa\\z",
        "(?x) a",
        "(?P<a>b)",
        ".{60000}",
        "(.{100}){100}",
        "(((a{100}){100}){100}){100}",
        "[\\p{L}\\p{N}]{500}",
        "\\p{L}{300}",
        "X|[\\w--\\d]{40}.{40}\\s",
        long.as_str(),
    ] {
        let refused = reason(&with(json!({ "pattern": pattern })));
        assert!(
            refused.contains("`#/properties/a/pattern`"),
            "{pattern}: {refused}"
        );
        at_once(pattern, &with(json!({ "pattern": pattern })).to_string());
    }
    // Many of the largest that are taken, of which all tools of a skill have a few.
    let begin = Instant::now();
    let skill = &mut limits();
    let mut read = 0;
    for tool in 0..32 {
        let properties: serde_json::Map<_, _> = (0..47)
            .map(|n| {
                (
                    format!("p{n}"),
                    json!({ "pattern": format!("X{tool}|[\\D]{{{}}}.{{40}}\\s", n + 1) }),
                )
            })
            .collect();
        let schema = json!({ "type": "object", "properties": properties }).to_string();
        match Schema::of_object(&schema, skill) {
            Ok(_) => read += 1,
            Err(reason) => assert!(
                reason.contains("pattern") || reason.contains("say too much"),
                "{reason}"
            ),
        }
    }
    assert!(
        read == 0 && begin.elapsed() < Duration::from_secs(4),
        "{read} {:?}",
        begin.elapsed()
    );
}

#[test]
fn few_patterns_meet_at_the_same_value() {
    let pattern = |n: usize| json!({ "pattern": format!("a.{{{n}}}b") });
    let of = |a: Value| read(&with(a)).map(|_| ());
    let patterns = |count: usize| (1..=count).map(pattern).collect::<Vec<_>>();
    // Each of another value, or one of several.
    let many: serde_json::Map<_, _> = (0..20).map(|n| (format!("p{n}"), pattern(n + 1))).collect();
    assert!(of(json!({ "properties": many })).is_ok());
    assert!(of(json!({ "anyOf": patterns(20) })).is_ok());
    assert!(of(json!({ "allOf": [{ "anyOf": patterns(20) }], "description": "x" })).is_ok());
    assert!(of(json!({ "allOf": patterns(2) })).is_ok());
    for step in [1.0, 5.0, 0.5, 0.01, 0.25, 1_000.0, 0.000_001, 1e6] {
        assert!(of(json!({ "multipleOf": step })).is_ok(), "{step}");
    }
    let mut nested = json!({ "properties": { "x": pattern(1) } });
    for n in 2..12 {
        nested = json!({ "anyOf": [nested], "properties": { "x": pattern(n) } });
    }
    let several: Vec<_> = (1..20)
        .map(|n| json!({ "properties": { "x": pattern(n) } }))
        .collect();
    let multiples = [json!({ "multipleOf": 997 }), json!({ "multipleOf": 983 })];
    for a in [
        json!({ "allOf": patterns(3) }),
        nested,
        json!({ "allOf": several }),
        json!({ "allOf": multiples }),
    ] {
        let reason = of(a).unwrap_err();
        assert!(reason.contains("where schemas meet"), "{reason}");
    }
}

#[test]
fn looking_at_arguments_takes_a_bounded_time() {
    let nested = |kind: &str, width: usize, depth: usize| {
        let mut schema = json!({ "type": "number" });
        for _ in 0..depth {
            schema = json!({ kind: vec![json!({ "items": schema }); width] });
        }
        with(schema)
    };
    let many = |count: usize| json!({ "a": vec![json!([[["x"]]]); count] });
    let text = |count: usize| json!({ "a": "aB1 ".repeat(count) });
    let cases = [
        (
            "one of many in one of many",
            nested("oneOf", 6, 3),
            many(8_000),
        ),
        (
            "any of many in any of many",
            nested("anyOf", 4, 4),
            many(8_000),
        ),
        (
            "nothing fits",
            with(json!({ "items": { "anyOf": vec![json!({ "const": "x" }); 200] } })),
            json!({ "a": vec![1; 16_000] }),
        ),
        (
            "many values",
            with(json!({ "items": { "enum": (0..500).collect::<Vec<_>>() } })),
            json!({ "a": vec![1_000; 16_000] }),
        ),
        (
            "all items differ",
            with(json!({ "uniqueItems": true })),
            json!({ "a": (0..16_000).collect::<Vec<_>>() }),
        ),
        (
            "a pattern and a long text",
            with(json!({ "pattern": "(a|B|1| ){1,30}([^x]{3}y|z.{8})$" })),
            text(8_000),
        ),
        (
            "a large pattern and a text as long as it may be",
            with(json!({ "pattern": "a[ -~]{200}b[ -~]{200}c" })),
            text(1_500),
        ),
        (
            "a large pattern of few letters",
            with(json!({ "pattern": "[a1B ]*a[a1B ]{300}$" })),
            json!({ "a": format!("{}!", "aB1 ".repeat(1_500)) }),
        ),
        (
            "a pattern that goes back elsewhere",
            with(json!({ "pattern": "^(a+)+$" })),
            json!({ "a": format!("{}!", "a".repeat(32_000)) }),
        ),
        (
            "many names",
            with(json!({ "propertyNames": { "pattern": "^[a-z]{1,30}$" } })),
            json!({ "a": (0..3_000).map(|n| (format!("n{n}"), json!(1))).collect::<serde_json::Map<_, _>>() }),
        ),
    ];
    for (what, schema, arguments) in cases {
        let schema = read(&schema).unwrap_or_else(|reason| panic!("{what}: {reason}"));
        let begin = Instant::now();
        let checked = schema.check(&arguments, 5);
        let took = begin.elapsed();
        println!(
            "{what}: {took:?}, {:?}",
            checked.as_ref().map_err(|mistakes| &mistakes[0])
        );
        assert!(took < Duration::from_secs(2), "{what}: {took:?}");
        assert!(checked.is_err(), "{what}");
    }
}

#[test]
fn mistakes_say_where_and_what() {
    let schema = read(&json!({
        "type": "object", "required": ["n", "m"], "additionalProperties": false,
        "properties": {
            "n": { "type": "number", "minimum": 1, "multipleOf": 2 },
            "m": { "enum": ["a", "b"] },
            "list": { "type": "array", "items": { "type": "integer" }, "maxItems": 2 },
            "one": { "anyOf": [{ "type": "string", "maxLength": 2 }, { "type": "null" }] }
        }
    }))
    .unwrap();
    let mistakes = |value: Value| schema.check(&value, 5).unwrap_err().join("; ");
    assert_eq!(mistakes(json!({})), "`n` is missing; `m` is missing");
    assert_eq!(
        mistakes(json!({ "n": "1", "m": "a" })),
        "/n: this has to be of type number"
    );
    assert_eq!(
        mistakes(json!({ "n": -1, "m": "a" })),
        "/n: this has to be at least 1; /n: this has to be a multiple of 2"
    );
    assert_eq!(
        mistakes(json!({ "n": 2, "m": "c" })),
        "/m: this has to be one of \"a\", \"b\""
    );
    assert_eq!(
        mistakes(json!({ "n": 2, "m": "a", "x": 1 })),
        "/x: there is no such argument, only: list, m, n, one"
    );
    assert_eq!(
        mistakes(json!({ "n": 2, "m": "a", "list": [1, "2", 3] })),
        "/list: this may have at most 2 items; /list/1: this has to be of type integer"
    );
    assert_eq!(
        mistakes(json!({ "n": 2, "m": "a", "one": "abc" })),
        "/one: this may have at most 2 characters"
    );
    assert_eq!(mistakes(json!([])), "this has to be of type object");
    // What was written is not repeated at length.
    let long = json!({ "n": 2, "m": "a", "x".repeat(10_000): 1 });
    assert!(mistakes(long).len() < 400);
}

/// Values of every kind, not deep.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..12).prop_map(Value::from),
        (-30i64..120).prop_map(|tenths| json!(tenths as f64 / 10.0)),
        "[ab1]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[abc]", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// One keyword that is taken, and what it says.
fn keyword(inner: BoxedStrategy<Value>) -> BoxedStrategy<(String, Value)> {
    let named = |name: &'static str, value: BoxedStrategy<Value>| {
        value
            .prop_map(move |value| (name.to_owned(), value))
            .boxed()
    };
    let count = || (0u64..5).prop_map(Value::from).boxed();
    let whole = || (-2i64..10).prop_map(Value::from).boxed();
    let list = |inner: &BoxedStrategy<Value>| {
        proptest::collection::vec(inner.clone(), 1..4)
            .prop_map(Value::from)
            .boxed()
    };
    let kinds = proptest::sample::select(vec![
        "null", "boolean", "integer", "number", "string", "array", "object",
    ]);
    let object = proptest::collection::btree_map("[abc]", inner.clone(), 0..4)
        .prop_map(|map| Value::Object(map.into_iter().collect()));
    let names = proptest::collection::btree_set("[abc]", 0..3).prop_map(|names| json!(names));
    prop_oneof![
        4 => named("type", kinds.clone().prop_map(Value::from).boxed()),
        1 => named("type", proptest::collection::btree_set(kinds, 1..3).prop_map(|kinds| json!(kinds)).boxed()),
        1 => named("enum", proptest::collection::vec(any_value(), 1..4).prop_map(Value::from).boxed()),
        1 => named("const", any_value().boxed()),
        3 => named("properties", object.boxed()),
        1 => named("required", names.boxed()),
        1 => named("additionalProperties", inner.clone()),
        1 => named("propertyNames", inner.clone()),
        1 => named("minProperties", count()),
        1 => named("maxProperties", count()),
        2 => named("items", inner.clone()),
        1 => named("prefixItems", list(&inner)),
        1 => named("minItems", count()),
        1 => named("maxItems", count()),
        1 => named("uniqueItems", any::<bool>().prop_map(Value::from).boxed()),
        1 => named("minLength", count()),
        1 => named("maxLength", count()),
        1 => named("pattern", proptest::sample::select(vec!["a", "^b", "1$", "^[ab]+$", "\\d"]).prop_map(Value::from).boxed()),
        1 => named("minimum", whole()),
        1 => named("maximum", whole()),
        1 => named("exclusiveMinimum", whole()),
        1 => named("exclusiveMaximum", whole()),
        1 => named("multipleOf", (1i64..4).prop_map(Value::from).boxed()),
        1 => named("anyOf", list(&inner)),
        1 => named("oneOf", list(&inner)),
        1 => named("allOf", list(&inner)),
        1 => named("not", inner),
        1 => named("$ref", Just(json!("#/$defs/d")).boxed()),
        1 => named("description", Just(json!("words")).boxed()),
    ]
    .boxed()
}

fn any_schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({})),
        Just(json!(true)),
        Just(json!(false)),
        Just(json!({ "type": "integer" }))
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        proptest::collection::vec(keyword(inner.boxed()), 0..4)
            .prop_map(|keywords| Value::Object(keywords.into_iter().collect()))
    })
}

/// Anything that looks like a schema, most of it none.
fn near_schema() -> impl Strategy<Value = String> {
    let word = proptest::sample::select(vec![
        "type",
        "properties",
        "$ref",
        "items",
        "anyOf",
        "enum",
        "pattern",
        "minLength",
        "$defs",
        "#/$defs/a",
        "object",
        "a",
        "not",
        "multipleOf",
        "(a",
        "a{9999}",
        "required",
        "$id",
        "default",
        "\u{1b}",
        "ä",
    ]);
    let leaf = prop_oneof![
        word.clone().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    let value = leaf.prop_recursive(6, 64, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(word.clone(), inner, 0..5).prop_map(|map| {
                Value::Object(
                    map.into_iter()
                        .map(|(name, value)| (name.to_owned(), value))
                        .collect(),
                )
            }),
        ]
    });
    value.prop_map(|value| match value {
        Value::Object(mut entries) => {
            entries.insert("type".to_owned(), "object".into());
            Value::Object(entries).to_string()
        }
        value => value.to_string(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// The library that checks the configuration is the measure.
    #[test]
    fn arguments_are_held_against_schemas_as_the_standard_has_it(a in any_schema(), value in any_value(), definition in any_value()) {
        let schema = json!({
            "type": "object", "properties": { "a": a },
            "$defs": { "d": { "enum": [definition, 1, "a"] } },
        });
        let ours = read(&schema);
        if let Err(reason) = &ours {
            prop_assert!(reason.contains("where schemas meet"), "{} {}", reason, schema);
            return Ok(());
        }
        let ours = ours.unwrap();
        let draft = || jsonschema::options().with_draft(jsonschema::Draft::Draft202012);
        let theirs = draft().build(&schema).unwrap();
        let shown = draft().build(ours.shown()).unwrap();
        let arguments = json!({ "a": value });
        let expected = theirs.is_valid(&arguments);
        prop_assert_eq!(ours.check(&arguments, 5).is_ok(), expected, "{} {}", schema, arguments);
        // What is handed on says the same.
        prop_assert_eq!(shown.is_valid(&arguments), expected, "{} {} {}", schema, ours.shown(), arguments);
        if !expected {
            let mistakes = ours.check(&arguments, 5).unwrap_err();
            prop_assert!((1..=5).contains(&mistakes.len()));
        }
    }

    #[test]
    fn whatever_is_handed_over_is_read_or_refused(text in near_schema(), value in any_value()) {
        if let Ok(schema) = Schema::of_object(&text, &mut limits()) {
            let _ = schema.check(&value, 5);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
        let _ = Schema::of_object(&text, &mut limits());
        let _ = read(&with(json!({ "pattern": text })));
    }
}
