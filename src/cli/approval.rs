//! Asking a person before something changes.

use std::sync::Arc;

use hub_cluster::Plan;

use crate::lifecycle::{Approve, Approver, Error, Verb};
use crate::ui::Reporter;

/// Asks on the terminal, where the environment wants it.
pub(super) struct Asking {
    pub(super) reporter: Arc<dyn Reporter>,
    pub(super) needed: bool,
    pub(super) interactive: bool,
}

impl Approver for Asking {
    fn approve<'a>(&'a self, verb: Verb, component: &'a str, _plan: &'a Plan) -> Approve<'a> {
        Box::pin(async move {
            if !self.needed {
                return Ok(());
            }
            let declined = |reason: &str| Err(Error::Declined { reason: reason.to_owned() });
            if !self.interactive {
                return declined(
                    "the environment asks for a confirmation, and nobody can be asked; pass --yes",
                );
            }
            let question = format!("{} {component} as planned above? [y/N] ", verb.name());
            let reporter = self.reporter.clone();
            let asked = tokio::task::spawn_blocking(move || {
                let mut answer = String::new();
                reporter.suspend(&mut || answer = crate::ui::ask(&question));
                answer
            });
            match asked.await.as_deref().map(str::trim) {
                Ok("y" | "Y" | "yes") => Ok(()),
                _ => declined("the plan was declined"),
            }
        })
    }
}
