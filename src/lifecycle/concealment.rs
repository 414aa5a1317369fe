//! Keeping secrets out of everything that a run says.
//!
//! In: the parameters of a run, and errors on their way out. Out: masks, and errors without secrets. A value that is
//! secret in one component is secret in all of the run: it may reach them under another name.
//! Refuses to know: how anything is shown, and how masking works.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hub_cluster::{Mask, Sensitive};
use miette::Diagnostic as _;
use serde_json::Value;

use super::{Error, Kind, Run};
use crate::diagnostic::Problems;
use crate::parameters::{ParameterLayers, ParameterSet, text_of};
use crate::stack::Stack;

/// A shorter value, looked for in source text, would be found in harmless words too.
const MIN_BYTES: usize = 5;

/// What a component's secrets look like wherever they must not show.
pub(super) fn sensitive(run: &Run, parameters: &ParameterSet) -> Vec<Sensitive> {
    let all: BTreeSet<String> =
        parameters.secrets().into_iter().chain(given(&run.stack, &run.layers)).collect();
    all.into_iter().map(Sensitive::new).collect()
}

/// Masks a component's secrets in text.
pub(super) fn mask(run: &Run, parameters: &ParameterSet) -> Mask {
    Mask::new(&sensitive(run, parameters))
}

/// Names of parameters that anybody calls a secret.
pub(super) fn secret_names<'a>(stack: &'a Stack, layers: &'a ParameterLayers) -> BTreeSet<&'a str> {
    let declared = stack.components.values().flat_map(|c| c.manifest.parameters.iter());
    declared
        .filter(|d| d.secret)
        .map(|d| d.name.as_str())
        .chain(layers.assignments().filter(|a| a.secret).map(|a| a.name.as_str()))
        .collect()
}

/// Values of secret parameters as they were given, before references in them are followed.
fn given(stack: &Stack, layers: &ParameterLayers) -> Vec<String> {
    let declared = || stack.components.values().flat_map(|c| c.manifest.parameters.iter());
    let names = secret_names(stack, layers);
    let outside = layers.assignments().filter(|a| names.contains(a.name.as_str())).map(|a| &a.value);
    let own = declared().filter(|d| names.contains(d.name.as_str()));
    let own = own.filter_map(|d| d.value.as_ref().or(d.default.as_ref()));
    let texts = outside.chain(own).filter(|value| !value.is_null()).map(text_of);
    // What only refers to other parameters gives nothing away.
    texts.filter(|text| text.len() >= MIN_BYTES && !text.starts_with("${")).collect()
}

/// Takes secrets out of findings: out of their words, and out of the lines of files that they show.
pub(super) fn conceal(problems: Problems, stack: &Stack, layers: &ParameterLayers) -> Problems {
    let secrets = given(stack, layers);
    let mask = Mask::new(&secrets.iter().map(Sensitive::new).collect::<Vec<_>>());
    Problems(problems.0.into_iter().map(|p| p.rewritten(&|text| mask.text(text), &secrets)).collect())
}

/// An object without secrets. What a Secret has in base64 is masked as a whole where a secret is in it.
pub(super) fn object(object: &Value, mask: &Mask) -> Value {
    let mut masked = mask.value(object);
    if object["kind"] == "Secret"
        && let Some(data) = masked.get_mut("data").and_then(Value::as_object_mut)
    {
        for value in data.values_mut() {
            let bytes = value.as_str().and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            let shown = mask.text(&text);
            if shown != text {
                *value = Value::from(Mask::PLACEHOLDER);
            }
        }
    }
    masked
}

impl Error {
    /// The same without secrets in its words.
    pub(super) fn masked(self, mask: &Mask) -> Self {
        let lines = |lines: Vec<String>| lines.iter().map(|line| mask.text(line)).collect();
        match self {
            Self::Problems(problems) => {
                let rewritten = problems.0.into_iter().map(|p| p.rewritten(&|text| mask.text(text), &[]));
                Self::Problems(Problems(rewritten.collect()))
            }
            Self::Build { component, message } => Self::Build { component, message: mask.text(&message) },
            Self::Refused { component, problems } => Self::Refused { component, problems: lines(problems) },
            Self::Objects { component, count, failures } => {
                Self::Objects { component, count, failures: lines(failures) }
            }
            Self::NotReady { component, state, waits, help } => {
                Self::NotReady { component, state, waits: lines(waits), help }
            }
            other => other.concealed(mask),
        }
    }

    /// Errors with a form of their own stay what they are, unless a secret is in their words.
    fn concealed(self, mask: &Mask) -> Self {
        let words = self.to_string();
        let help = self.help().map(|help| help.to_string());
        let (message, shown) = (mask.text(&words), help.as_deref().map(|help| mask.text(help)));
        if self.kind() != Kind::Failed || (message == words && shown == help) {
            return self;
        }
        Self::Concealed { message, help: shown }
    }
}
