//! Which components take part in a run, and in which order.
//!
//! In: the names asked for, and what the platform has already. Out: [`Selection`]. What a component requires and
//! nothing provides yet joins, and is named.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Component, Stack, graph};
use crate::diagnostic::{Problem, Problems};

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
    let mut next = 0;
    while let Some(component) = names.get(next).and_then(|n| stack.components.get(n)) {
        next += 1;
        for missing in missing_for(stack, component, &names, platform, &mut problems) {
            if request.only {
                problems.push(left_out(component, &missing));
            } else {
                names.push(missing.component.clone());
                additions.push(missing);
            }
        }
    }
    let names = problems.or(names)?;
    let order = slice(stack, graph::order(stack, &names)?, request)?;
    let needs = order.iter().map(|name| {
        let mut needs = graph::earlier(stack, name, &order);
        needs.extend(graph::read_from(stack, name, &order));
        (name.clone(), needs)
    });
    let needs = needs.collect();
    additions.retain(|a| order.contains(&a.component));
    Ok(Selection { order, additions, needs })
}

fn missing_for(
    stack: &Stack,
    component: &Component,
    names: &[String],
    platform: &dyn Platform,
    problems: &mut Problems,
) -> Vec<Addition> {
    let mut missing = Vec::new();
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
        let known = BUILT_IN.contains(&capability) || stack.platform_provides.iter().any(|p| p == capability);
        let providers: Vec<&Component> = stack.providers(capability).collect();
        if known || providers.iter().any(|p| names.contains(&p.name) || is_there(p, platform)) {
            continue;
        }
        match providers.first() {
            Some(provider) => missing.push(addition(&provider.name, Some(capability))),
            None => problems.push(
                Problem::new("hub::stack::unmet", format!("{} requires `{capability}`, which nothing provides", component.name))
                    .help("add a component that provides it, or name it under `platform: {provides: […]}` in hub.yaml")
                    .at(required.place.clone()),
            ),
        }
    }
    missing
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
