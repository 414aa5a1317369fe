//! Which components take part in a run, and in which order.
//!
//! In: the names asked for, and what the platform has already. Out: [`Selection`]. What a component requires and
//! nothing provides yet joins, and is named.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Component, Stack, graph};
use crate::diagnostic::{Problem, Problems};
use crate::manifest::Located;

/// Capabilities that any cluster, `hub` itself, or programs of this machine provide; whoever needs such a program says
/// so when it is not there. Source: hubctl's host requirements.
const BUILT_IN: [&str; 13] = [
    "kubernetes",
    "kubectl",
    "kustomize",
    "hub",
    "helm",
    "terraform",
    "vault",
    "aws",
    "azure",
    "arm",
    "gcp",
    "gcs",
    "skaffold",
];

/// What is known of the place where components go.
pub trait Platform {
    /// Whether the cluster serves all these kinds, each written as `Kind.group`.
    fn serves(&self, kinds: &[&str]) -> bool;
    /// Whether this component of the stack was deployed before.
    fn is_deployed(&self, component: &str) -> bool;
}

/// A platform that nobody asked: nothing is there.
#[derive(Clone, Copy, Debug)]
pub struct Unprobed;

impl Platform for Unprobed {
    fn serves(&self, _: &[&str]) -> bool {
        false
    }

    fn is_deployed(&self, _: &str) -> bool {
        false
    }
}

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Names of components; empty means all.
    pub components: Vec<String>,
    /// Refuse to take along what is required.
    pub only: bool,
    /// The component to start at, in order.
    pub offset: Option<String>,
    /// The component to end at, in order.
    pub limit: Option<String>,
}

/// Components in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Selection {
    /// Names, each after what it needs.
    pub order: Vec<String>,
    /// Names that nobody asked for, and why they take part.
    pub additions: Vec<Addition>,
    /// For each name, the names that must be done before it.
    pub needs: BTreeMap<String, BTreeSet<String>>,
    /// Components that take no part although they were asked for, and why.
    pub left_out: BTreeMap<String, String>,
}

impl Selection {
    /// Takes components out that turn out to take no part; those that need them go on without.
    pub fn leave_out(&mut self, names: &BTreeMap<String, String>) {
        self.order.retain(|name| !names.contains_key(name));
        self.additions.retain(|addition| !names.contains_key(&addition.component));
        self.needs.retain(|name, _| !names.contains_key(name));
        for needs in self.needs.values_mut() {
            needs.retain(|name| !names.contains_key(name));
        }
        self.left_out.extend(names.iter().map(|(name, why)| (name.clone(), why.clone())));
    }
}

/// A component that takes part because another one needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Addition {
    /// The component.
    pub component: String,
    /// Who needs it.
    pub needed_by: String,
    /// The capability that it brings; `None` when it is named by `depends`.
    pub capability: Option<String>,
}

/// Selects the components of a deployment.
///
/// # Errors
/// Unknown names, capabilities that nothing provides, or that only a component provides which `only` leaves out.
pub fn select(stack: &Stack, request: &Request, platform: &dyn Platform) -> Result<Selection, Problems> {
    let mut problems = Problems::default();
    let mut names: Vec<String> = Vec::new();
    for name in &request.components {
        match stack.component(name) {
            Ok(component) => names.push(component.name.clone()),
            Err(problem) => problems.push(problem),
        }
    }
    if request.components.is_empty() {
        names = stack.components.keys().cloned().collect();
    }
    let mut additions = Vec::new();
    let mut going_without = BTreeMap::new();
    let mut next = 0;
    while let Some(component) = names.get(next).and_then(|n| stack.components.get(n)) {
        next += 1;
        let (missing, unmet) = missing_for(stack, component, &names, platform);
        if let Some(capability) = unmet.iter().find(|c| is_optional(stack, &c.value, &component.name)) {
            let why = format!("it requires `{}`, which nothing provides and is optional", capability.value);
            going_without.insert(component.name.clone(), why);
            continue;
        }
        problems.0.extend(unmet.into_iter().map(|capability| unprovided(&component.name, capability)));
        for missing in missing {
            if request.only {
                problems.push(left_out(component, &missing));
            } else {
                names.push(missing.component.clone());
                additions.push(missing);
            }
        }
    }
    check_requires(stack, &mut problems);
    let mut names = problems.or(names)?;
    names.retain(|name| !going_without.contains_key(name));
    let order = slice(stack, graph::order(stack, &names)?, request)?;
    let needs = order.iter().map(|name| {
        let mut needs = graph::earlier(stack, name, &order);
        needs.extend(graph::read_from(stack, name, &order));
        (name.clone(), needs)
    });
    let needs = needs.collect();
    additions.retain(|a| order.contains(&a.component));
    Ok(Selection { order, additions, needs, left_out: going_without })
}

/// Whether `lifecycle.requires.optional` says that a component may go without a capability.
///
/// Source: hubctl's `lifecycle/requirement.go`: `capability` for all components, `capability:component` for one.
fn is_optional(stack: &Stack, capability: &str, component: &str) -> bool {
    let terms = stack.lifecycle.optional_requires.iter().map(|term| term.value.as_str());
    terms
        .map(|term| term.split_once(':').map_or((term, None), |(name, meant)| (name, Some(meant))))
        .any(|(name, meant)| name == capability && meant.is_none_or(|meant| meant == component))
}

/// What the stack itself requires must come from the platform or from a component.
fn check_requires(stack: &Stack, problems: &mut Problems) {
    for required in &stack.requires {
        let capability = required.value.as_str();
        let known = is_known(stack, capability) || stack.providers(capability).next().is_some();
        if !known && !is_optional(stack, capability, "") {
            problems.push(unprovided("the stack", required));
        }
    }
}

fn is_known(stack: &Stack, capability: &str) -> bool {
    BUILT_IN.contains(&capability) || stack.platform_provides.iter().any(|p| p == capability)
}

fn unprovided(who: &str, required: &Located) -> Problem {
    let message = format!("{who} requires `{}`, which nothing provides", required.value);
    Problem::new("hub::stack::unmet", message)
        .help("add a component that provides it, or name it under `platform: {provides: […]}` in hub.yaml")
        .at(required.place.clone())
}

/// What a component needs and this run does not have: components that can join, and capabilities that nobody provides.
fn missing_for<'a>(
    stack: &Stack,
    component: &'a Component,
    names: &[String],
    platform: &dyn Platform,
) -> (Vec<Addition>, Vec<&'a Located>) {
    let (mut missing, mut unmet) = (Vec::new(), Vec::new());
    let addition = |name: &str, capability: Option<&str>| Addition {
        component: name.to_owned(),
        needed_by: component.name.clone(),
        capability: capability.map(ToOwned::to_owned),
    };
    let named = component.depends.iter().map(|d| &d.value).chain(&component.reads.components);
    for name in named.filter(|name| stack.components.contains_key(*name)) {
        let new = !names.contains(name) && !missing.iter().any(|m: &Addition| m.component == *name);
        if new && !platform.is_deployed(name) {
            missing.push(addition(name, None));
        }
    }
    for required in &component.manifest.requires {
        let capability = required.value.as_str();
        let known = is_known(stack, capability);
        let providers: Vec<&Component> = stack.providers(capability).collect();
        if known || providers.iter().any(|p| names.contains(&p.name) || is_there(p, platform)) {
            continue;
        }
        match providers.first() {
            Some(provider) => missing.push(addition(&provider.name, Some(capability))),
            None => unmet.push(required),
        }
    }
    (missing, unmet)
}

/// Whether the cluster has what a component brings, whoever brought it.
fn is_there(component: &Component, platform: &dyn Platform) -> bool {
    let kinds: Vec<&str> = component.manifest.kinds.iter().map(|k| k.value.as_str()).collect();
    if kinds.is_empty() { platform.is_deployed(&component.name) } else { platform.serves(&kinds) }
}

fn left_out(component: &Component, missing: &Addition) -> Problem {
    let what = missing.capability.as_ref().map_or_else(String::new, |c| format!(" for `{c}`"));
    Problem::new(
        "hub::stack::only",
        format!(
            "{} needs {}{what}, which is not there, and --only leaves it out",
            component.name, missing.component
        ),
    )
    .help(format!("deploy {} first, or drop --only", missing.component))
}

fn slice(stack: &Stack, order: Vec<String>, request: &Request) -> Result<Vec<String>, Problem> {
    let position = |name: &Option<String>| -> Result<Option<usize>, Problem> {
        let Some(name) = name else { return Ok(None) };
        stack.component(name)?;
        order.iter().position(|n| n == name).map(Some).ok_or_else(|| {
            Problem::new("hub::stack::unknown_component", format!("`{name}` takes no part in this run"))
        })
    };
    let start = position(&request.offset)?.unwrap_or(0);
    let end = position(&request.limit)?.unwrap_or(order.len().saturating_sub(1));
    if start > end {
        return Err(Problem::new(
            "hub::stack::slice",
            "--limit lies before --offset in the order of components",
        )
        .help(format!("the order is {}", order.join(", "))));
    }
    Ok(order.into_iter().skip(start).take(end + 1 - start).collect())
}

/// The names of a part of a stack on the way back, where it begins with what came last; `names` as they are without
/// an end.
///
/// # Errors
/// Names that the stack does not have, or ends in the wrong order.
pub fn backwards(
    stack: &Stack,
    names: &[String],
    offset: Option<&str>,
    limit: Option<&str>,
) -> Result<Vec<String>, Problem> {
    if offset.is_none() && limit.is_none() {
        return Ok(names.to_vec());
    }
    let mut order = stack.order();
    order.retain(|name| names.is_empty() || names.contains(name));
    order.reverse();
    let ends = Request {
        offset: offset.map(ToOwned::to_owned),
        limit: limit.map(ToOwned::to_owned),
        ..Request::default()
    };
    slice(stack, order, &ends)
}

/// The deployed components, outside `names`, that need one of `names`; for each, what it needs.
#[must_use]
pub fn dependents(stack: &Stack, names: &[String], platform: &dyn Platform) -> Vec<(String, String)> {
    let all: Vec<String> = stack.components.keys().cloned().collect();
    let mut found = Vec::new();
    for name in all.iter().filter(|n| !names.contains(n) && platform.is_deployed(n)) {
        if let Some(needed) = graph::needs(stack, name, &all).into_iter().find(|need| names.contains(need)) {
            found.push((name.clone(), needed));
        }
    }
    found
}
