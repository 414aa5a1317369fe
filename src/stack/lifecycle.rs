//! What a stack's `lifecycle:` says about its components, checked and asked.
//!
//! In: a stack. Out: findings, and whether a component may fail. Refuses to know: runs.
//!
//! Source: hubctl's `manifest/types.go` and `lifecycle/deploy.go`.

use super::Stack;
use crate::diagnostic::{Problem, Problems};

impl Stack {
    /// Whether a component's failure is only a warning: it is listed under `lifecycle.optional`, or others are listed
    /// under `lifecycle.mandatory` and it is not.
    #[must_use]
    pub fn is_optional(&self, component: &str) -> bool {
        let lists = |names: &[crate::manifest::Located]| names.iter().any(|n| n.value == component);
        let mandatory = &self.lifecycle.mandatory;
        lists(&self.lifecycle.optional) || (!mandatory.is_empty() && !lists(mandatory))
    }

    pub(super) fn check_lifecycle(&self, problems: &mut Problems) {
        let lifecycle = &self.lifecycle;
        for name in lifecycle.order.iter().chain(&lifecycle.mandatory).chain(&lifecycle.optional) {
            if let Err(problem) = self.component(&name.value) {
                problems.push(problem.at(name.place.clone()));
            }
        }
        let Some(first) = lifecycle.order.first() else { return };
        let listed = |name: &String| lifecycle.order.iter().filter(|n| n.value == *name).count();
        let wrong: Vec<&str> =
            self.components.keys().filter(|name| listed(name) != 1).map(String::as_str).collect();
        if !wrong.is_empty() {
            problems.push(
                Problem::new("hub::stack::order", "`lifecycle.order` must name every component once")
                    .help(format!("missing or named twice: {}", wrong.join(", ")))
                    .at(first.place.clone()),
            );
        }
    }
}
