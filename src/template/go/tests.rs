//! `cases.json` holds what the real text/template with sprig 2.22 and hubctl's functions prints.

use serde_json::Value as Json;

use super::super::tests::parameters;
use super::*;

fn render_with(template: &str, data: &Json) -> Result<String, String> {
    let pairs: Vec<(&str, Json)> =
        data.as_object().unwrap().iter().map(|(k, v)| (k.as_str(), v.clone())).collect();
    render(&SourceText::new("t", template), &parameters(&pairs)).map_err(|p| p.0[0].message.clone())
}

#[test]
fn prints_what_go_prints() {
    let file: Json = serde_json::from_str(include_str!("cases.json")).unwrap();
    let mut wrong = Vec::new();
    for case in file["cases"].as_array().unwrap() {
        let template = case["template"].as_str().unwrap();
        let found = render_with(template, &file["data"]);
        let fits = match case["output"].as_str() {
            Some(expected) => found.as_deref() == Ok(expected),
            None => found.is_err(),
        };
        if !fits {
            wrong.push(format!(
                "{template}\n  expected {:?}\n  found    {found:?}",
                case["output"].as_str().or(case["error"].as_str())
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn faults_have_places_and_no_panics() {
    let source = SourceText::new("t", "a: 1\nb: {{ .x | uper }}\n");
    let problems = render(&source, &parameters(&[])).unwrap_err();
    assert_eq!(problems.0[0].place.as_ref().unwrap().to_string(), "t:2:12");
    assert_eq!(problems.0[0].help.as_deref(), Some("did you mean `upper`?"));
    let nested = format!("{{{{{}1{}", "(".repeat(5001), ")".repeat(5001));
    assert!(render_with(&nested, &Json::Object(Default::default())).is_err());
    let circle = "{{define \"a\"}}{{template \"a\"}}{{end}}{{template \"a\"}}";
    assert!(render_with(circle, &Json::Object(Default::default())).is_err());
}

#[test]
fn a_branch_wins_over_a_leaf_of_its_name() {
    let data = serde_json::json!({"a": "leaf", "a.b": 1});
    assert_eq!(render_with("{{.a}}", &data).as_deref(), Ok("map[b:1]"));
}
