//! Values of parameters and outputs, before a run and while its components go by.
//!
//! In: a stack, layers, what is noted on the cluster, what components say. Out: a [`ParameterSet`] for each component when
//! its turn comes. Refuses to know: what components do with them.
//!
//! All that can be checked is checked before anything is touched: outputs that follow from parameters alone are
//! calculated then, the others are waited for.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use hub_cluster::Cluster;
use sha2::{Digest as _, Sha256};

use super::concealment::conceal;
use super::expansion::switched_off;
use super::{Connection, Error, Run};
use crate::diagnostic::{Problem, Problems};
use crate::outputs::{self, Ingredients, Output, RawOutputs};
use crate::parameters::{
    Bindings, GeneratedValue, ParameterLayers, ParameterSet, Scope, Unresolved, VisibleOutput, resolve,
};
use crate::stack::{Component, Stack};

/// The topic under which outputs are noted.
const TOPIC: &str = "outputs";
/// Capabilities of any cluster that `hub` goes to. Source: hubctl's host requirements.
const PLATFORM: [&str; 2] = ["kubectl", "kubernetes"];

/// What earlier runs noted on the cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    /// Outputs, by component.
    pub outputs: BTreeMap<String, Vec<Output>>,
    /// Capabilities that were found out at run time, by component.
    pub provides: BTreeMap<String, Vec<String>>,
}

impl Recorded {
    /// Reads the notes of a stack.
    ///
    /// # Errors
    /// A failed request.
    pub async fn read(stack: &Stack, cluster: &Cluster) -> Result<Self, Error> {
        let notes = hub_cluster::notes(cluster, &stack.name, &stack.state_namespace, TOPIC).await?;
        let mut recorded = Self::default();
        for (component, note) in notes {
            let (outputs, provides) = outputs::from_note(&note);
            recorded.outputs.insert(component.clone(), outputs);
            recorded.provides.insert(component, provides);
        }
        Ok(recorded)
    }
}

/// The parameters and outputs of components, as far as they are known without running anything.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    /// Of each selected component.
    pub parameters: BTreeMap<String, ParameterSet>,
    /// Of every component of the stack.
    pub outputs: BTreeMap<String, Vec<Output>>,
    /// Selected components that take no part since an optional parameter switches them off, and why.
    pub left_out: BTreeMap<String, String>,
}

/// Resolves the parameters of all selected components; every mistake of any of them at once.
///
/// `recorded` gives the outputs of components that take no part, and, if `anticipate`, of those that take part.
///
/// # Errors
/// What is missing, unknown, of the wrong type or against a rule.
pub fn resolve_all(
    stack: &Stack,
    selected: &[String],
    layers: &ParameterLayers,
    recorded: &Recorded,
    anticipate: bool,
) -> Result<Resolved, Problems> {
    let order = stack.order();
    let mut wrong = Unresolved::default();
    let mut resolved = Resolved::default();
    for component in order.iter().filter_map(|name| stack.components.get(name)) {
        let name = &component.name;
        let mut takes_part = selected.contains(name);
        let noted = recorded.outputs.get(name).filter(|_| anticipate || !takes_part);
        let visible = visible(stack, &order, component, |other| resolved.outputs.get(other).cloned());
        let context = Context::new(stack, &order, component, recorded);
        let scope = context.scope(layers, &visible);
        if let Some(why) = switched_off(stack, component, &scope).filter(|_| takes_part) {
            resolved.left_out.insert(name.clone(), why);
            takes_part = false;
        }
        let set = resolve_one(component, &scope);
        let mut outputs = match &set {
            Ok(set) => calculated(component, &scope, set, None, &component.manifest.dir),
            // What the others get from it is no further mistake.
            Err(_) => Ok(component.manifest.outputs.iter().map(Output::awaited).collect()),
        };
        match set {
            Ok(set) if takes_part => {
                resolved.parameters.insert(name.clone(), set);
            }
            Err(found) if takes_part => wrong.add(found),
            _ => {}
        }
        if let (Err(found), true) = (&mut outputs, takes_part) {
            wrong.problems.0.append(&mut found.0);
        }
        resolved.outputs.insert(name.clone(), overlaid(outputs.unwrap_or_default(), noted, takes_part));
    }
    wrong.told(layers).or(resolved).map_err(|problems| conceal(problems, stack, layers))
}

/// What follows from parameters and what was noted. Of a component that takes part the first counts, since the note is of
/// an earlier run; of another one the second does, and nothing is going to be known later.
fn overlaid(calculated: Vec<Output>, noted: Option<&Vec<Output>>, takes_part: bool) -> Vec<Output> {
    let noted = noted.cloned().unwrap_or_default();
    let (first, second) = if takes_part { (calculated, noted) } else { (noted, calculated) };
    let mut all = first;
    for output in second {
        match all.iter_mut().find(|known| known.name == output.name) {
            Some(known) if known.value.is_none() => *known = output,
            // No longer declared: a deployment will not know it either.
            None if !takes_part => all.push(output),
            _ => {}
        }
    }
    all.retain(|output| takes_part || output.value.is_some());
    all
}

fn resolve_one(component: &Component, scope: &Scope<'_>) -> Result<ParameterSet, Unresolved> {
    let mut set = resolve(&component.manifest.parameters, &component.manifest.rules, scope)?;
    let mut bindings: Vec<_> = scope.bindings.iter().collect();
    bindings.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in bindings {
        if set.get(name).is_none() {
            set.insert_own(name, value.clone());
        }
    }
    Ok(set)
}

fn calculated(
    component: &Component,
    scope: &Scope<'_>,
    parameters: &ParameterSet,
    raw: Option<&RawOutputs>,
    dir: &Path,
) -> Result<Vec<Output>, Problems> {
    let mut all = outputs::calculate(&Ingredients {
        outputs: &component.manifest.outputs,
        declarations: &component.manifest.parameters,
        parameters,
        scope,
        raw,
        dir,
    })?;
    all.extend(outputs::git_outputs(&component.name, &component.manifest.dir));
    Ok(all)
}

/// The outputs that a component can see, in the order in which components go.
pub(super) fn visible(
    stack: &Stack,
    order: &[String],
    component: &Component,
    outputs_of: impl Fn(&str) -> Option<Vec<Output>>,
) -> Vec<VisibleOutput> {
    let mut later = false;
    let mut all = Vec::new();
    for other in order.iter().filter_map(|name| stack.components.get(name)) {
        if other.name == component.name {
            later = true;
            continue;
        }
        let same_sort = other.manifest.sort.is_some() && other.manifest.sort == component.manifest.sort;
        let outputs = outputs_of(&other.name).unwrap_or_default();
        all.extend(outputs.into_iter().map(|output| VisibleOutput {
            component: other.name.clone(),
            name: output.name,
            value: output.value,
            secret: output.secret,
            only_by_full_name: later || same_sort,
        }));
    }
    all
}

/// What a component's scope is made of.
pub(super) struct Context<'a> {
    component: &'a Component,
    depends: Vec<String>,
    bindings: Bindings,
    generated: BTreeMap<String, GeneratedValue>,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        stack: &Stack,
        order: &[String],
        component: &'a Component,
        recorded: &Recorded,
    ) -> Self {
        let mut provides: Vec<&str> = PLATFORM.to_vec();
        provides.extend(stack.platform_provides.iter().map(String::as_str));
        for other in order.iter().take_while(|n| **n != component.name) {
            let declared = stack.components.get(other).into_iter().flat_map(|c| &c.manifest.provides);
            provides.extend(declared.map(|p| p.value.as_str()));
            provides.extend(recorded.provides.get(other).into_iter().flatten().map(String::as_str));
        }
        provides.sort_unstable();
        provides.dedup();
        let bindings = Bindings::from([
            ("hub.componentName".to_owned(), component.name.clone().into()),
            ("hub.stackName".to_owned(), stack.name.clone().into()),
            ("hub.deploymentId".to_owned(), deployment_id(stack).into()),
            ("hub.provides".to_owned(), provides.join(" ").into()),
        ]);
        Self { component, depends: component.depends_on(), bindings, generated: BTreeMap::new() }
    }

    pub(super) fn scope<'s>(
        &'s self,
        layers: &'s ParameterLayers,
        outputs: &'s [VisibleOutput],
    ) -> Scope<'s> {
        Scope {
            component: &self.component.name,
            depends: &self.depends,
            layers,
            bindings: &self.bindings,
            outputs,
            generated: &self.generated,
        }
    }
}

/// The same for every run of a stack; hubctl keeps a random one in its state file.
fn deployment_id(stack: &Stack) -> String {
    let digest = Sha256::digest(format!("hub deployment\0{}\0{}", stack.state_namespace, stack.name));
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    // RFC 9562, version 8: made by rules of one's own.
    format!("{}-{}-8{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

/// The values of a run, as its components go by.
pub(super) struct Values {
    pub(super) recorded: Recorded,
    known: Resolved,
    emitted: Mutex<BTreeMap<String, Vec<Output>>>,
    settled: Mutex<BTreeMap<String, ParameterSet>>,
    made: Mutex<BTreeMap<(String, String, String), String>>,
}

impl Values {
    /// Resolves what can be resolved before the first component begins.
    pub(super) fn new(
        run: &Run,
        selected: &[String],
        recorded: Recorded,
        anticipate: bool,
    ) -> Result<Self, Problems> {
        let known = resolve_all(&run.stack, selected, &run.layers, &recorded, anticipate)?;
        Ok(Self {
            recorded,
            known,
            emitted: Mutex::default(),
            settled: Mutex::default(),
            made: Mutex::default(),
        })
    }

    /// The parameters of a component whose turn it is.
    ///
    /// # Errors
    /// An output that it needs is still not known and `complete` is asked for, or what it got breaks a rule.
    pub(super) async fn settle(
        &self,
        run: &Run,
        connection: Option<&Connection>,
        component: &Component,
        complete: bool,
    ) -> Result<ParameterSet, Error> {
        let order = run.stack.order();
        let visible = visible(&run.stack, &order, component, |other| self.outputs_of(other));
        let mut context = Context::new(&run.stack, &order, component, &self.recorded);
        let told = |wrong: Unresolved| wrong.told(&run.layers);
        let mut set = resolve_one(component, &context.scope(&run.layers, &visible)).map_err(told)?;
        let waits: Vec<&str> = set.pending().collect();
        if let Some(output) = waits.first() {
            if complete {
                return Err(unknown_output(component, output).into());
            }
            run.warn(
                Some(&component.name),
                format!(
                    "this is preliminary: it needs {}, known only after that component is deployed",
                    waits.join(", ")
                ),
            );
        }
        if let Some(connection) = connection {
            context.generated = self.generated(connection, &set).await?;
            if !context.generated.is_empty() {
                set = resolve_one(component, &context.scope(&run.layers, &visible)).map_err(told)?;
            }
        }
        lock(&self.settled).insert(component.name.clone(), set.clone());
        Ok(set)
    }

    /// The parameters of a component as far as they are known by now.
    pub(super) fn parameters_of(&self, component: &str) -> ParameterSet {
        let settled = lock(&self.settled).get(component).cloned();
        settled.or_else(|| self.known.parameters.get(component).cloned()).unwrap_or_default()
    }

    pub(super) fn outputs_of(&self, component: &str) -> Option<Vec<Output>> {
        let emitted = lock(&self.emitted).get(component).cloned();
        emitted.or_else(|| self.known.outputs.get(component).cloned())
    }

    /// Components that an optional parameter switches off.
    pub(super) fn left_out(&self) -> &BTreeMap<String, String> {
        &self.known.left_out
    }

    /// Takes what a component gave, for the others and for later runs.
    ///
    /// # Errors
    /// A declared output did not come, or the note cannot be written.
    pub(super) async fn emit(
        &self,
        run: &Run,
        connection: &Connection,
        component: &Component,
        parameters: &ParameterSet,
        raw: &RawOutputs,
        dir: &Path,
    ) -> Result<Vec<Output>, Error> {
        let order = run.stack.order();
        let visible = visible(&run.stack, &order, component, |other| self.outputs_of(other));
        let context = Context::new(&run.stack, &order, component, &self.recorded);
        let scope = context.scope(&run.layers, &visible);
        let outputs = calculated(component, &scope, parameters, Some(raw), dir)?;
        let noted = self.recorded.outputs.get(&component.name);
        let provides = self.recorded.provides.get(&component.name);
        let worth_noting = !component.manifest.outputs.is_empty() || !raw.provides.is_empty();
        let same = noted == Some(&outputs) && provides == Some(&raw.provides);
        if (worth_noting || noted.is_some()) && !same {
            note(run, connection, &component.name, &outputs, &raw.provides).await?;
        }
        lock(&self.emitted).insert(component.name.clone(), outputs.clone());
        Ok(outputs)
    }

    /// Reads live Secrets for parameters that nobody gave a value, and makes what is not there.
    async fn generated(
        &self,
        connection: &Connection,
        set: &ParameterSet,
    ) -> Result<BTreeMap<String, GeneratedValue>, Error> {
        let mut found = BTreeMap::new();
        for parameter in set.iter() {
            let Some(generate) = &parameter.generate else { continue };
            let namespace = generate.namespace.clone().or_else(|| set.by_env("NAMESPACE"));
            let namespace = namespace.unwrap_or_else(|| "default".to_owned());
            let live = hub_cluster::secret_texts(&connection.cluster, &namespace, &generate.secret).await?;
            let live = live.and_then(|texts| texts.get(&generate.key).cloned()).filter(|v| !v.is_empty());
            let value = match live {
                Some(value) => GeneratedValue { value, live: true },
                None => {
                    let key = (namespace, generate.secret.clone(), generate.key.clone());
                    let mut made = lock(&self.made);
                    let value = made.entry(key).or_insert_with(|| random_text(generate.length)).clone();
                    GeneratedValue { value, live: false }
                }
            };
            found.insert(parameter.name.clone(), value);
        }
        Ok(found)
    }
}

/// Notes what a component gave.
pub(super) async fn note(
    run: &Run,
    connection: &Connection,
    component: &str,
    outputs: &[Output],
    provides: &[String],
) -> Result<(), Error> {
    let note = outputs::to_note(outputs, provides);
    let owner = super::deploy::owner(run, component);
    Ok(hub_cluster::write_note(&connection.cluster, &owner, TOPIC, &note).await?)
}

/// Takes away what is noted of a component.
pub(super) async fn forget(run: &Run, connection: &Connection, component: &str) -> Result<(), Error> {
    let owner = super::deploy::owner(run, component);
    let nothing = hub_cluster::Note::default();
    Ok(hub_cluster::write_note(&connection.cluster, &owner, TOPIC, &nothing).await?)
}

fn unknown_output(component: &Component, output: &str) -> Problem {
    let other = output.split(':').next().unwrap_or_default();
    Problem::new(
        "hub::outputs::unknown",
        format!("{} needs the output {output}, which {other} has not given", component.name),
    )
    .help(format!(
        "let {0} go first: name it in `depends` of {1}, or deploy it: `hub deploy {0}`",
        other, component.name
    ))
    .at(component.place.clone())
}

/// Letters and digits, from the system's random source.
fn random_text(length: usize) -> String {
    use rand::distr::{Alphanumeric, SampleString as _};
    Alphanumeric.sample_string(&mut rand::rng(), length)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn output(name: &str, value: Option<&str>) -> Output {
        Output { name: name.to_owned(), value: value.map(Value::from), secret: false, brief: None }
    }

    #[test]
    fn what_a_run_is_going_to_say_counts_more_than_what_an_earlier_one_said() {
        let calculated = vec![output("uri", Some("s3://new")), output("id", None)];
        let noted =
            vec![output("uri", Some("pvc://old")), output("id", Some("7")), output("gone", Some("x"))];
        let takes_part = overlaid(calculated.clone(), Some(&noted), true);
        assert_eq!(takes_part, [output("uri", Some("s3://new")), output("id", Some("7"))]);
        let does_not = overlaid(calculated, Some(&noted), false);
        assert_eq!(does_not, noted);
        assert_eq!(overlaid(vec![output("id", None)], None, false), []);
    }

    #[test]
    fn random_text_is_letters_and_digits() {
        let text = random_text(32);
        assert!(text.len() == 32 && text.chars().all(|c| c.is_ascii_alphanumeric()), "{text}");
        assert_ne!(text, random_text(32));
    }
}
