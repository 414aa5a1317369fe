//! Outputs as they are noted on the cluster.
//!
//! In: outputs and dynamic capabilities. Out: texts, those of secrets apart; and back. Refuses to know: where they lie.

use hub_cluster::Note;
use serde_json::{Value, json};

use super::Output;

const OUTPUTS: &str = "outputs";
const PROVIDES: &str = "provides";

/// What is noted of a component.
#[must_use]
pub fn to_note(outputs: &[Output], provides: &[String]) -> Note {
    let mut note = Note::default();
    let known = || outputs.iter().filter(|o| o.value.is_some());
    let listed = |secret: bool| -> Vec<Value> {
        let of = known().filter(|o| o.secret == secret);
        of.map(|o| json!({"name": o.name, "value": o.value, "brief": o.brief})).collect()
    };
    let (open, secret) = (listed(false), listed(true));
    if !open.is_empty() {
        note.open.insert(OUTPUTS.into(), Value::Array(open).to_string());
    }
    if !secret.is_empty() {
        note.secret.insert(OUTPUTS.into(), Value::Array(secret).to_string());
    }
    if !provides.is_empty() {
        note.open.insert(PROVIDES.into(), provides.join(","));
    }
    note
}

/// What a note says; what cannot be read counts as not there.
#[must_use]
pub fn from_note(note: &Note) -> (Vec<Output>, Vec<String>) {
    let mut outputs = Vec::new();
    for (texts, secret) in [(&note.open, false), (&note.secret, true)] {
        let listed = texts.get(OUTPUTS).and_then(|text| serde_json::from_str::<Vec<Value>>(text).ok());
        outputs.extend(listed.unwrap_or_default().into_iter().filter_map(|item| {
            Some(Output {
                name: item["name"].as_str()?.to_owned(),
                value: Some(item["value"].clone()),
                secret,
                brief: item["brief"].as_str().map(str::to_owned),
            })
        }));
    }
    let provides = note.open.get(PROVIDES).map(String::as_str).unwrap_or_default();
    (outputs, provides.split(',').filter(|p| !p.is_empty()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_gives_back_what_was_put_in_and_keeps_secrets_apart() {
        let output =
            |name: &str, secret| Output { name: name.into(), value: Some(json!("v1")), secret, brief: None };
        let outputs = vec![output("url", false), output("password", true)];
        let note = to_note(&outputs, &["gpu".into()]);
        assert!(!note.open[OUTPUTS].contains("password"));
        assert_eq!(from_note(&note), (outputs, vec!["gpu".to_owned()]));
    }
}
