//! Which components go before which.
//!
//! In: a stack and the names that take part. Out: edges and an order. Refuses to know: why these names take part.

use std::collections::BTreeSet;

use super::Stack;
use crate::diagnostic::Problem;

/// The components among `names` that must be there before `name`: those it `depends` on, those that provide what
/// it `requires`, and those whose outputs it names.
pub(super) fn needs(stack: &Stack, name: &str, names: &[String]) -> BTreeSet<String> {
    let Some(component) = stack.components.get(name) else {
        return BTreeSet::new();
    };
    let mut needs: BTreeSet<String> = component.depends.iter().map(|d| d.value.clone()).collect();
    for required in &component.manifest.requires {
        needs.extend(stack.providers(&required.value).filter(|p| p.name != name).map(|p| p.name.clone()));
    }
    needs.extend(component.reads.components.iter().cloned());
    needs.retain(|n| names.contains(n));
    in_given_order(stack, name, &mut needs);
    needs
}

/// The components before `name` in an order whose outputs it may read without naming them.
pub(super) fn read_from(stack: &Stack, name: &str, order: &[String]) -> BTreeSet<String> {
    let Some(component) = stack.components.get(name) else {
        return BTreeSet::new();
    };
    let before = order.iter().take_while(|n| *n != name).filter_map(|n| stack.components.get(n));
    let gives = |other: &&super::Component| {
        let same_sort = other.manifest.sort.is_some() && other.manifest.sort == component.manifest.sort;
        !same_sort && other.manifest.outputs.iter().any(|o| component.reads.names.contains(&o.name))
    };
    before.filter(gives).map(|other| other.name.clone()).collect()
}

/// The components among `names` that go before `name` in a run: those it needs, and those it comes `after` where they
/// take part.
pub(super) fn earlier(stack: &Stack, name: &str, names: &[String]) -> BTreeSet<String> {
    let mut earlier = needs(stack, name, names);
    let Some(component) = stack.components.get(name) else {
        return earlier;
    };
    for capability in &component.manifest.after {
        earlier.extend(stack.providers(&capability.value).filter(|p| p.name != name).map(|p| p.name.clone()));
    }
    earlier.retain(|n| names.contains(n));
    in_given_order(stack, name, &mut earlier);
    earlier
}

/// Leaves what goes before `name` in `lifecycle.order`: an order that is given counts, whatever components depend on.
fn in_given_order(stack: &Stack, name: &str, needs: &mut BTreeSet<String>) {
    let order = &stack.lifecycle.order;
    if !order.is_empty() {
        let before: BTreeSet<&String> = order.iter().map(|n| &n.value).take_while(|n| *n != name).collect();
        needs.retain(|n| before.contains(n));
    }
}

/// `names`, each after what goes before it; otherwise in the stack's order.
///
/// Source: hubctl's order: depth first over dependencies, in the order of declaration.
///
/// # Errors
/// A cycle, which the message draws.
pub(super) fn order(stack: &Stack, names: &[String]) -> Result<Vec<String>, Problem> {
    let mut ordered = Vec::new();
    if !stack.lifecycle.order.is_empty() {
        let given = stack.lifecycle.order.iter().map(|name| name.value.clone());
        return Ok(given.filter(|name| names.contains(name)).collect());
    }
    for name in stack.components.keys().filter(|n| names.contains(n)) {
        visit(stack, name, names, &mut Vec::new(), &mut ordered)?;
    }
    Ok(ordered)
}

fn visit(
    stack: &Stack,
    name: &str,
    names: &[String],
    path: &mut Vec<String>,
    ordered: &mut Vec<String>,
) -> Result<(), Problem> {
    if ordered.iter().any(|done| done == name) {
        return Ok(());
    }
    if let Some(start) = path.iter().position(|seen| seen == name) {
        let mut cycle = path[start..].to_vec();
        cycle.push(name.to_owned());
        let place = stack.components.get(name).and_then(|c| c.place.clone());
        let drawn = cycle.join(" → ");
        return Err(Problem::new(
            "hub::stack::cycle",
            format!("components need each other in a circle: {drawn}"),
        )
        .help("an arrow means `needs`, by `depends`, by `requires` or `after` and `provides`, or by `${component:output}`; remove one of them")
        .at(place));
    }
    path.push(name.to_owned());
    let needed = earlier(stack, name, names);
    let written = stack.components.get(name).into_iter().flat_map(|c| &c.depends).map(|d| &d.value);
    for need in written.filter(|need| needed.contains(*need)).chain(&needed) {
        visit(stack, need, names, path, ordered)?;
    }
    path.pop();
    ordered.push(name.to_owned());
    Ok(())
}
