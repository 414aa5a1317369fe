//! hubctl's state files, for stacks that move to `hub`.
//!
//! In: the bytes of a state file, plain or gzip. Out: [`HubctlState`]. Refuses to know: where its content goes.
//!
//! Source: hubctl's `state/types.go`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::diagnostic::Problem;
use crate::manifest::{looks_secret, unpacked};
use crate::outputs::Output;

/// What of a state file matters to others than hubctl.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HubctlState {
    /// `meta.name` of the stack.
    pub stack: Option<String>,
    /// `deployed`, `incomplete`, …
    pub status: Option<String>,
    /// The stack's parameters.
    pub parameters: Vec<StateParameter>,
    /// What the stack gave as a whole.
    pub stack_outputs: BTreeMap<String, Value>,
    /// What components gave, by component.
    pub outputs: BTreeMap<String, Vec<Output>>,
    /// Capabilities and who provides them.
    pub provides: BTreeMap<String, Vec<String>>,
}

/// A parameter in a state file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct StateParameter {
    /// Its full name.
    pub name: String,
    /// The component that it is meant for.
    #[serde(default)]
    pub component: Option<String>,
    /// Its value.
    #[serde(default)]
    pub value: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    meta: Meta,
    #[serde(default)]
    stack_parameters: Vec<StateParameter>,
    #[serde(default)]
    captured_outputs: Vec<Captured>,
    #[serde(default)]
    stack_outputs: Vec<Captured>,
    #[serde(default)]
    provides: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    components: BTreeMap<String, Component>,
}

#[derive(Default, Deserialize)]
struct Meta {
    #[serde(default)]
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Component {
    #[serde(default)]
    captured_outputs: Vec<Captured>,
}

#[derive(Deserialize)]
struct Captured {
    #[serde(default)]
    component: String,
    name: String,
    #[serde(default)]
    value: Value,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    brief: Option<String>,
}

impl HubctlState {
    /// Reads a state file; `name` is what messages call it.
    ///
    /// # Errors
    /// It is encrypted, cut off, no YAML, or no state.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, Problem> {
        let refused =
            |why: String| Problem::new("hub::state::unreadable", format!("{name} is no state file: {why}"));
        let text = unpacked(bytes.to_vec()).map_err(|why| {
            refused(why)
                .help("hubctl encrypts copies in object stores; the local copy in .hub/ is not encrypted")
        })?;
        let file: File = serde_yaml::from_str(&text).map_err(|error| refused(error.to_string()))?;
        if let Some(kind) = file.kind.as_ref().filter(|kind| *kind != "state") {
            return Err(refused(format!("its kind is `{kind}`, not `state`")));
        }
        let mut state = Self {
            stack: file.meta.name,
            status: file.status,
            parameters: file.stack_parameters,
            stack_outputs: file.stack_outputs.into_iter().map(|o| (o.name, o.value)).collect(),
            outputs: BTreeMap::new(),
            provides: file.provides,
        };
        // Those of components gather everything known so far; the later ones only repeat the earlier.
        let per_component = file.components.into_values().flat_map(|c| c.captured_outputs);
        for captured in file.captured_outputs.into_iter().chain(per_component) {
            let outputs = state.outputs.entry(captured.component).or_default();
            if outputs.iter().any(|o| o.name == captured.name) {
                continue;
            }
            let secret = captured.kind.as_deref().is_some_and(|k| k.starts_with("secret"));
            outputs.push(Output {
                secret: secret || looks_secret(&captured.name),
                name: captured.name,
                value: Some(captured.value),
                brief: captured.brief,
            });
        }
        state.outputs.remove("");
        Ok(state)
    }

    /// The stack's parameters as a file for `--params-file`.
    ///
    /// # Errors
    /// They cannot be written as YAML.
    pub fn parameter_file(&self) -> Result<String, serde_yaml::Error> {
        let parameters: Vec<Value> = self
            .parameters
            .iter()
            .filter(|p| !p.value.is_null() && !p.name.starts_with("hub."))
            .map(|p| {
                let mut entry = serde_json::Map::new();
                entry.insert("name".into(), p.name.clone().into());
                if let Some(component) = p.component.as_ref().filter(|c| !c.is_empty()) {
                    entry.insert("component".into(), component.clone().into());
                }
                entry.insert("value".into(), p.value.clone());
                if looks_secret(&p.name) {
                    entry.insert("secret".into(), true.into());
                }
                Value::Object(entry)
            })
            .collect();
        serde_yaml::to_string(&serde_json::json!({"parameters": parameters}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    const STATE: &str = "version: 1
kind: state
status: deployed
meta: {kind: stack, name: ml}
stackParameters:
- {name: dns.domain, value: example.com}
- {name: db.password, component: db, value: s3cret}
- {name: hub.deploymentId, value: x}
capturedOutputs:
- {component: db, name: host, value: db.local}
- {component: db, name: password, value: s3cret, kind: secret}
provides: {db: [db]}
components:
  db:
    status: deployed
    capturedOutputs:
    - {component: db, name: host, value: db.local}
    - {component: db, name: port, value: 3306}
";

    #[test]
    fn plain_and_packed_states_are_the_same() {
        let plain = HubctlState::read("s", STATE.as_bytes()).unwrap();
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(STATE.as_bytes()).unwrap();
        assert_eq!(HubctlState::read("s", &packed.finish().unwrap()).unwrap(), plain);
        let outputs: Vec<_> = plain.outputs["db"].iter().map(|o| (o.name.as_str(), o.secret)).collect();
        assert_eq!(outputs, [("host", false), ("password", true), ("port", false)]);
        let file = plain.parameter_file().unwrap();
        assert!(
            file.contains("dns.domain") && file.contains("secret: true") && !file.contains("hub."),
            "{file}"
        );
    }

    #[test]
    fn other_files_are_refused() {
        for (bytes, why) in [
            (&b"kind: stack\n"[..], "its kind is `stack`"),
            (&[0x1f, 0x8b, 8, 0][..], "cannot be unpacked"),
            (&[0xff, 0xfe, 0][..], "neither text nor gzip"),
        ] {
            let problem = HubctlState::read("s", bytes).unwrap_err();
            assert!(problem.message.contains(why), "{problem}");
        }
    }
}
