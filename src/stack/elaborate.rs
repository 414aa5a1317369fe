//! A stack as one file: its manifest with all parameters merged, then the manifests of its components.
//!
//! In: a stack, further files of parameters. Out: YAML that [`Stack::load_as`] and hubctl read. Refuses to know: where the
//! text goes and whether it is packed.
//!
//! Source: hubctl's `compose/elaborate.go`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::{Component, Stack};
use crate::diagnostic::{Problem, Problems};
use crate::manifest::document::{Document, Reader};
use crate::manifest::{
    COMPONENT_MANIFEST, HookDeclaration, Located, OnError, OutputDeclaration, ParameterDeclaration,
    ReadyCondition,
};

/// What a stack's values are merged with.
#[derive(Clone, Debug, Default)]
pub struct Additions {
    /// Further files of parameters, the strongest last.
    pub parameters: Vec<Vec<ParameterDeclaration>>,
    /// Capabilities that the platform brings.
    pub platform_provides: Vec<String>,
    /// Values for parameters that have none, by name.
    pub fillings: BTreeMap<String, Value>,
}

impl Stack {
    /// The stack as one file.
    ///
    /// # Errors
    /// A component's manifest cannot be read.
    pub fn elaborated(&self, additions: &Additions) -> Result<String, Problems> {
        if self.is_elaborate {
            return Err(Problem::new("hub::stack::elaborate", "the file is elaborate already")
                .help("deploy it, or name the stack's hub.yaml")
                .into());
        }
        let mut problems = Problems::default();
        let mut documents = vec![self.document(additions)];
        for component in self.order().iter().filter_map(|name| self.components.get(name)) {
            match component_document(component, &self.dir) {
                Ok(document) => documents.push(document),
                Err(found) => problems.0.extend(found.0),
            }
        }
        let mut texts = Vec::new();
        for document in &documents {
            match text_of(document) {
                Ok(text) => texts.push(text),
                Err(problem) => problems.push(problem),
            }
        }
        problems.or(texts.join("---\n"))
    }

    fn document(&self, additions: &Additions) -> Value {
        let platform: Vec<&String> =
            self.platform_provides.iter().chain(&additions.platform_provides).collect();
        let lifecycle = &self.lifecycle;
        let components: Vec<Value> = self.components.values().map(reference).collect();
        let outputs: Vec<Value> = self.outputs.iter().map(output).collect();
        let mandatory = &lifecycle.mandatory;
        let optional: Vec<&str> = lifecycle.optional_requires.iter().map(|r| r.value.as_str()).collect();
        let conditions: Vec<Value> = lifecycle.ready_conditions.iter().map(condition).collect();
        without_nothing(json!({
            "version": 1,
            "kind": "stack",
            "meta": {"name": self.name},
            "requires": words(&self.requires),
            "platform": {"provides": platform},
            "components": components,
            "lifecycle": {
                "verbs": lifecycle.verbs,
                "order": self.order(),
                "mandatory": words(mandatory),
                "optional": words(&lifecycle.optional),
                "requires": {"optional": optional},
                "readyConditions": conditions,
            },
            "parameters": self.merged_parameters(additions),
            "outputs": outputs,
            "environments": {"default": self.default_environment},
            "state": {"namespace": self.state_namespace, "revisions": self.kept_revisions},
        }))
    }

    /// The parameters of all files as one flat list.
    ///
    /// Source: what components ask users for goes first; later files win; a value for all components also replaces
    /// those meant for one that came before it.
    fn merged_parameters(&self, additions: &Additions) -> Vec<Value> {
        let mut all: BTreeMap<(String, String), ParameterDeclaration> = BTreeMap::new();
        let asked = self.components.values().flat_map(|c| &c.manifest.parameters);
        for declaration in asked.filter(|d| d.kind.as_deref() == Some("user")) {
            let hoisted = ParameterDeclaration { component: None, env: None, ..declaration.clone() };
            all.entry((declaration.name.clone(), String::new())).or_insert(hoisted);
        }
        for file in self.parameters.iter().chain(&additions.parameters) {
            let scoped_first = file
                .iter()
                .filter(|d| d.component.is_none())
                .chain(file.iter().filter(|d| d.component.is_some()));
            for declaration in scoped_first {
                if declaration.component.is_none() && declaration.value.is_some() {
                    let scoped = all
                        .iter_mut()
                        .filter(|((name, scope), _)| *name == declaration.name && !scope.is_empty());
                    scoped.for_each(|(_, known)| known.value.clone_from(&declaration.value));
                }
                let key = (declaration.name.clone(), declaration.component.clone().unwrap_or_default());
                match all.get_mut(&key) {
                    Some(known) => merge(known, declaration),
                    None => drop(all.insert(key, declaration.clone())),
                }
            }
        }
        for declaration in all.values_mut().filter(|d| d.value.is_none() && d.component.is_none()) {
            declaration.value = additions.fillings.get(&declaration.name).cloned();
        }
        all.values().map(parameter).collect()
    }
}

/// Later declarations win where they say something; a parameter that users were not asked for may become one that they are.
fn merge(known: &mut ParameterDeclaration, later: &ParameterDeclaration) {
    let take = |known: &mut Option<String>, later: &Option<String>| {
        if later.is_some() {
            known.clone_from(later);
        }
    };
    if later.value.is_some() {
        known.value.clone_from(&later.value);
    }
    if later.default.is_some() {
        known.default.clone_from(&later.default);
    }
    take(&mut known.from_env, &later.from_env);
    take(&mut known.from_file, &later.from_file);
    take(&mut known.brief, &later.brief);
    if known.kind.as_deref().is_none_or(|kind| kind == "tech" && later.kind.as_deref() == Some("user")) {
        take(&mut known.kind, &later.kind);
    }
    known.allow_empty |= later.allow_empty;
    known.secret |= later.secret;
}

fn parameter(declaration: &ParameterDeclaration) -> Value {
    without_nothing(json!({
        "name": declaration.name,
        "component": declaration.component,
        "kind": declaration.kind,
        "brief": declaration.brief,
        "default": declaration.default,
        "fromEnv": declaration.from_env,
        "fromFile": declaration.from_file,
        "empty": declaration.allow_empty.then_some("allow"),
        "secret": declaration.secret.then_some(true),
    }))
    .with("value", declaration.value.clone())
}

fn output(declaration: &OutputDeclaration) -> Value {
    without_nothing(json!({
        "name": declaration.name,
        "value": declaration.value,
        "kind": declaration.secret.then_some("secret"),
        "brief": declaration.brief,
    }))
}

fn reference(component: &Component) -> Value {
    let git = component.source_git.as_ref().map(|git| {
        without_nothing(json!({
            "remote": git.remote, "ref": git.reference, "subDir": git.sub_dir.to_string_lossy(),
        }))
    });
    without_nothing(json!({
        "name": component.name,
        "source": {"dir": component.source_dir.to_string_lossy(), "git": git},
        "depends": component.depends_on(),
        "hooks": component.stack_hooks.iter().map(hook).collect::<Vec<_>>(),
    }))
}

fn hook(hook: &HookDeclaration) -> Value {
    without_nothing(json!({
        "file": hook.file,
        "triggers": hook.triggers,
        "timeout": hook.timeout.map(|timeout| format!("{}s", timeout.as_secs())),
        "error": (hook.on_error == OnError::Ignore).then_some("ignore"),
    }))
}

fn condition(condition: &ReadyCondition) -> Value {
    without_nothing(json!({
        "dns": condition.dns,
        "url": condition.url,
        "waitSeconds": condition.wait_seconds,
        "pauseSeconds": condition.pause_seconds,
    }))
}

fn words(located: &[Located]) -> Vec<&str> {
    located.iter().map(|word| word.value.as_str()).collect()
}

/// Keys whose values are no text.
const TYPED: [&str; 5] = ["value", "default", "enum", "secret", "required"];

/// A component's own manifest, under the name that the stack has for it.
fn component_document(component: &Component, base: &Path) -> Result<Value, Problems> {
    let document = Document::load(&component.manifest.dir.join(COMPONENT_MANIFEST), base)?;
    let root = Reader::new(&document).root();
    let mut manifest = root.as_written(&TYPED);
    let mut meta = Map::new();
    meta.insert("name".to_owned(), component.name.clone().into());
    if let Some(kind) = &component.manifest.sort {
        meta.insert("kind".to_owned(), kind.clone().into());
        meta.insert("origin".to_owned(), kind.clone().into());
    }
    // It is text, whatever it looks like.
    meta.extend(
        component.manifest.version.iter().map(|version| ("version".to_owned(), version.clone().into())),
    );
    let Some(entries) = manifest.as_object_mut() else { return Ok(manifest) };
    entries.insert("kind".to_owned(), "component".into());
    let own = entries.get("meta").and_then(Value::as_object).cloned().unwrap_or_default();
    let kept =
        own.into_iter().filter(|(key, _)| key == "origin" || !meta.contains_key(key)).collect::<Vec<_>>();
    meta.extend(kept);
    entries.insert("meta".to_owned(), meta.into());
    if let Some(parameters) = entries.get_mut("parameters") {
        stamp(parameters, &component.name);
    }
    if component.manifest.lifecycle.verbs.is_empty() {
        let lifecycle = entries.entry("lifecycle").or_insert_with(|| json!({}));
        if let Some(lifecycle) = lifecycle.as_object_mut() {
            lifecycle.insert("verbs".to_owned(), json!(["deploy", "undeploy"]));
        }
    }
    Ok(manifest)
}

/// Says of each parameter whose it is.
fn stamp(parameters: &mut Value, component: &str) {
    for parameter in parameters.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        parameter.insert("component".to_owned(), component.into());
        if let Some(children) = parameter.get_mut("parameters") {
            stamp(children, component);
        }
    }
}

/// YAML in blocks, with scalars as JSON has them: every reader, old ones too, takes text for text and `1.0` for no whole
/// number.
fn text_of(document: &Value) -> Result<String, Problem> {
    let mut out = String::new();
    block(document, 0, &mut out).map_err(|error| {
        Problem::new("hub::stack::elaborate", format!("a manifest cannot be written: {error}"))
    })?;
    Ok(out)
}

/// Words that are more than text to some reader.
const AMBIGUOUS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

fn block(value: &Value, indent: usize, out: &mut String) -> serde_json::Result<()> {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                out.push_str(&" ".repeat(indent));
                let is_word = key.bytes().all(|b| b.is_ascii_alphabetic())
                    && !AMBIGUOUS.contains(&key.to_ascii_lowercase().as_str());
                out.push_str(&if is_word { key.clone() } else { serde_json::to_string(key)? });
                out.push(':');
                below(value, indent + 2, out)?;
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                let mut text = String::new();
                block(item, indent + 2, &mut text)?;
                out.push_str(&" ".repeat(indent));
                out.push_str("- ");
                out.push_str(text.trim_start_matches(' '));
            }
        }
        scalar => {
            out.push_str(&serde_json::to_string(scalar)?);
            out.push('\n');
        }
    }
    Ok(())
}

/// What stands after a key: on the same line, or in a block below.
fn below(value: &Value, indent: usize, out: &mut String) -> serde_json::Result<()> {
    let is_block = value.as_object().is_some_and(|entries| !entries.is_empty())
        || value.as_array().is_some_and(|items| !items.is_empty());
    out.push(if is_block { '\n' } else { ' ' });
    block(value, if is_block { indent } else { 0 }, out)
}

/// Leaves out what says nothing: null, and what is empty.
fn without_nothing(value: Value) -> Value {
    let Value::Object(entries) = value else { return value };
    let kept =
        entries.into_iter().map(|(key, value)| (key, without_nothing(value))).filter(
            |(_, value)| match value {
                Value::Null => false,
                Value::Object(entries) => !entries.is_empty(),
                Value::Array(items) => !items.is_empty(),
                Value::String(text) => !text.is_empty(),
                _ => true,
            },
        );
    Value::Object(kept.collect::<Map<_, _>>())
}

trait With {
    fn with(self, key: &str, value: Option<Value>) -> Self;
}

impl With for Value {
    /// Adds an entry, whatever its value, if there is one.
    fn with(mut self, key: &str, value: Option<Value>) -> Self {
        if let (Some(entries), Some(value)) = (self.as_object_mut(), value) {
            entries.insert(key.to_owned(), value);
        }
        self
    }
}
