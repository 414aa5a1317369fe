//! What applying one object would do, as the server itself says.
//!
//! In: a resolved object. Out: its [`Change`], and the [`Problem`] that stops it. At least one dry-run, and one
//! read of what is there. Refuses to look at other objects.

use std::sync::Arc;

use serde_json::Value;

use super::conflict::{self, Verdict};
use super::live::{Part, object};
use super::{PlanOptions, foreign, refusal};
use crate::Error;
use crate::change::{Action, Change, ContestedField, LiveVersion, Problem};
use crate::cluster::Cluster;
use crate::cluster::request::{APPLY_PATCH, Call};
use crate::cluster::transient::Patience;
use crate::desired::Desired;
use crate::diff::diff;
use crate::directive;
use crate::error::RequestError;
use crate::ignore::is_ignored;
use crate::managed_fields::our_fields;
use crate::mask::Mask;
use crate::migration;

/// A change with what speaks against it.
pub(super) struct Finding {
    pub(super) change: Change,
    pub(super) problem: Option<Problem>,
}

/// What examinations have in common.
pub(super) struct Examiner<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) applyset: &'a str,
    pub(super) options: &'a PlanOptions,
    pub(super) mask: &'a Mask,
}

impl Examiner<'_> {
    /// Examines one object whose kind is served and whose namespace is there.
    pub(super) async fn examine(&self, desired: Desired, hash: String) -> Result<Finding, Error> {
        let id = desired.id.clone();
        let force = self.options.force_conflicts;
        let answer = self.dry_run(&desired, force).await;
        if answer.as_ref().is_ok_and(would_be_new) {
            return Ok(self.absent(desired, hash, answer));
        }
        let live = match object(self.cluster, desired.path(), Part::Whole).await {
            // Whether it is there is not known; that it can't be planned is, and told with all others.
            Err(error) if error.status() == Some(403) => {
                let problem = Some(self.problem(&desired, &error));
                return Ok(Finding { change: Change::new(desired, hash), problem });
            }
            live => live.map_err(|error| Error::request(format!("read {id}"), error))?,
        };
        let Some(live) = live else { return Ok(self.absent(desired, hash, answer)) };
        let mut change = Change::new(desired, hash);
        change.live = Some(LiveVersion::of(&live));
        if let Some(reason) = left_as_it_is(&change, &live) {
            change.action = Action::Unchanged;
            change.known_ready = true;
            change.reason = Some(reason);
            return Ok(Finding { change, problem: None });
        }
        if live.pointer("/metadata/deletionTimestamp").is_some() {
            change.action = Action::Recreate;
            change.reason = Some("the live object is being deleted".into());
            change.live_object = Some(Arc::new(live));
            return Ok(Finding { change, problem: None });
        }
        let owner = foreign::foreign_owner(&live, self.applyset).filter(|_| !self.options.adopt);
        if let Some(owner) = owner {
            change.action = Action::Update;
            change.live_object = Some(Arc::new(live));
            return Ok(Finding { change, problem: Some(Problem::ForeignOwner { id, owner }) });
        }
        let problem = self.present(&mut change, &live, answer).await?;
        change.live_object = Some(Arc::new(live));
        Ok(Finding { change, problem })
    }

    fn absent(&self, desired: Desired, hash: String, answer: Result<Value, RequestError>) -> Finding {
        let problem = match answer {
            Ok(_) => None,
            Err(error) => Some(self.problem(&desired, &error)),
        };
        Finding { change: Change::new(desired, hash), problem }
    }

    /// Judges the dry-run on a live object; contested fields are settled and the dry-run repeated.
    async fn present(
        &self,
        change: &mut Change,
        live: &Value,
        mut answer: Result<Value, RequestError>,
    ) -> Result<Option<Problem>, Error> {
        change.action = Action::Update;
        let Some(mut desired) = change.desired.as_deref().cloned() else { return Ok(None) };
        // Leaving one field alone may uncover another; each round settles at least one.
        for _ in 0..4 {
            let fields = match &answer {
                Ok(_) => Vec::new(),
                Err(error) => conflict::contested(error),
            };
            if fields.is_empty() {
                break;
            }
            let Verdict { taken, yielded, refused } =
                conflict::judge(fields, self.options.force_conflicts || self.options.adopt, |field| {
                    let managers = std::slice::from_ref(&field.manager);
                    is_ignored(&self.options.ignore, &change.id, &desired.value, &field.field, managers)
                });
            if !refused.is_empty() {
                return Ok(Some(Problem::Conflict { id: change.id.clone(), fields: refused }));
            }
            let mut value = desired.value.clone();
            for contested in &yielded {
                if !conflict::remove_field(&mut value, &contested.field) {
                    let fields = vec![contested.clone()];
                    return Ok(Some(Problem::Conflict { id: change.id.clone(), fields }));
                }
            }
            desired = desired.with_value(value);
            change.taken.extend(taken);
            change.yielded.extend(yielded);
            answer = self.dry_run(&desired, !change.taken.is_empty()).await;
        }
        change.force = self.options.force_conflicts || !change.taken.is_empty();
        if !change.yielded.is_empty() {
            change.desired = Some(Arc::new(desired.clone()));
            change.reason = Some(left_alone(&change.yielded));
        }
        match answer {
            Ok(planned) => self.compare(change, live, &planned),
            Err(error) => return Ok(self.refused(change, &desired, &error)),
        }
        Ok(None)
    }

    fn compare(&self, change: &mut Change, live: &Value, planned: &Value) {
        change.migrates = migration::is_due(live);
        let foreseen = match &change.desired {
            Some(desired) if change.migrates => Some(migration::foresee(live, planned, &desired.value)),
            _ => None,
        };
        change.diff = diff(&change.id, live, foreseen.as_ref().unwrap_or(planned), self.mask);
        if change.migrates {
            change.explain(
                "fields that kubectl apply declared are taken over; what only it declared goes away",
            );
        }
        if !change.diff.is_empty() || change.migrates {
            return;
        }
        if our_fields(live) != our_fields(planned) {
            change.explain("no value changes, but which fields this component declares does");
            return;
        }
        change.action = Action::Unchanged;
    }

    fn refused(&self, change: &mut Change, desired: &Desired, error: &RequestError) -> Option<Problem> {
        let problem = self.problem(desired, error);
        let is_meant = self.options.recreate || directive::recreated(&desired.value).is_some();
        let may_recreate = is_meant && !refusal::is_precious(&change.id);
        match problem {
            Problem::Immutable { fields, .. } if may_recreate => {
                change.action = Action::Recreate;
                change.reason = Some(format!("{} cannot be changed on a live object", fields.join(", ")));
                None
            }
            problem => Some(problem),
        }
    }

    fn problem(&self, desired: &Desired, error: &RequestError) -> Problem {
        refusal::problem(&desired.id, &desired.resource.qualified(), error, self.mask)
    }

    async fn dry_run(&self, desired: &Desired, force: bool) -> Result<Value, RequestError> {
        let call = Call {
            method: http::Method::PATCH,
            body: desired.body.clone(),
            ..Call::get(desired.apply_path(force, true))
        };
        self.cluster.value(&call.content_type(APPLY_PATCH), Patience::READ).await
    }
}

/// True for the answer to a dry-run that would create: what is not stored has no version. There is nothing to read then.
fn would_be_new(planned: &Value) -> bool {
    planned.pointer("/metadata/resourceVersion").is_none()
}

/// Why a live object is left as it is, whatever is rendered for it.
fn left_as_it_is(change: &Change, live: &Value) -> Option<String> {
    let rendered = change.desired.as_ref().map_or(&Value::Null, |desired| &desired.value);
    let asked = |ask: fn(&Value) -> Option<&'static str>| ask(rendered).or_else(|| ask(live));
    let annotation = asked(directive::ignored).or_else(|| asked(directive::create_only))?;
    Some(format!("it is left as it is, as its annotation {annotation} asks"))
}

fn left_alone(fields: &[ContestedField]) -> String {
    let list: Vec<String> = fields.iter().map(|one| format!("{} to {}", one.field, one.manager)).collect();
    format!("left {}", list.join(", "))
}
