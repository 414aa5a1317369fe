//! Writing one object.
//!
//! In: a change. Out: the object as the server stored it, or why not. Refuses to wait for readiness and to know
//! other objects.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::run::Run;
use crate::change::{Action, Change};
use crate::cluster::request::{APPLY_PATCH, Call, JSON_PATCH, decode};
use crate::cluster::transient::Patience;
use crate::desired::{Desired, FIELD_MANAGER};
use crate::error::RequestError;
use crate::event::Event;
use crate::migration;

/// A kind that was just established, or just changed, takes a moment to be served everywhere.
const NEW_KIND_PATIENCE: Duration = Duration::from_secs(10);
const NEW_KIND_PAUSE: Duration = Duration::from_millis(50);
/// An object whose status is in motion may have to be read a few times before its managers can be changed.
const MIGRATION_TRIES: u32 = 10;

impl Run<'_> {
    /// Carries out the write of a change that is to be there.
    pub(super) async fn write(&self, change: &Change, desired: &Desired) -> Result<Value, RequestError> {
        if change.action == Action::Recreate
            && let Some(live) = &change.live
        {
            self.delete(&change.id, &desired.path(), &live.uid).await?;
            self.until_uid_gone(&desired.path(), &live.uid).await?;
        }
        if change.migrates {
            self.migrate(change, desired).await?;
        }
        let started = tokio::time::Instant::now();
        loop {
            match self.send_apply(change, desired).await {
                Err(error) if is_new_kind(change, &error) && started.elapsed() < NEW_KIND_PATIENCE => {
                    tokio::time::sleep(NEW_KIND_PAUSE).await;
                }
                answer => return answer,
            }
        }
    }

    /// Takes over what client-side tools declared. Where the object moves meanwhile, that is looked at anew.
    async fn migrate(&self, change: &Change, desired: &Desired) -> Result<(), RequestError> {
        let path = format!("{}?fieldManager={FIELD_MANAGER}", desired.path());
        let tell = |error: &RequestError, attempt: u32| self.retrying(&change.id, error, attempt);
        for tries in 1.. {
            let Some(live) = self.cluster.find(&Call::get(desired.path())).await? else { return Ok(()) };
            if !migration::is_due(&live) {
                return Ok(());
            }
            let call = Call::with_json(Method::PATCH, path.as_str(), &migration::patch(&live));
            match self.cluster.send_telling(&call.content_type(JSON_PATCH), Patience::EXACT, tell).await {
                Err(error) if error.status() == Some(409) && tries < MIGRATION_TRIES => {}
                answer => return answer.map(|_| ()),
            }
        }
        Ok(())
    }

    async fn send_apply(&self, change: &Change, desired: &Desired) -> Result<Value, RequestError> {
        let call = Call {
            method: Method::PATCH,
            body: desired.body.clone(),
            ..Call::get(desired.apply_path(change.force, false))
        };
        let tell = |error: &RequestError, attempt: u32| self.retrying(&change.id, error, attempt);
        decode(&self.cluster.send_telling(&call.content_type(APPLY_PATCH), Patience::WRITE, tell).await?)
    }

    /// Asks for the deletion of an object, if it is still the one with this uid.
    pub(super) async fn delete(
        &self,
        id: &crate::ObjectId,
        path: &str,
        uid: &str,
    ) -> Result<(), RequestError> {
        let options = json!({"preconditions": {"uid": uid}, "propagationPolicy": "Background"});
        let call = Call::with_json(Method::DELETE, path, &options);
        let tell = |error: &RequestError, attempt: u32| self.retrying(id, error, attempt);
        match self.cluster.send_telling(&call, Patience::WRITE, tell).await {
            Ok(_) => Ok(()),
            // Gone, or another object by the same name, which is not ours to delete.
            Err(error) if matches!(error.status(), Some(404 | 409)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn until_uid_gone(&self, path: &str, uid: &str) -> Result<(), RequestError> {
        loop {
            match self.cluster.find(&Call::get(path)).await? {
                Some(live) if live["metadata"]["uid"] == uid => {}
                _ => return Ok(()),
            }
            if tokio::time::Instant::now() >= self.deadline {
                let message = "the former object is still being deleted".to_string();
                return Err(RequestError::Malformed { message });
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    fn retrying(&self, id: &crate::ObjectId, error: &RequestError, attempt: u32) {
        (self.events)(Event::Retry { id: id.clone(), reason: self.mask.text(&error.to_string()), attempt });
    }
}

/// True where the server may not have caught up with the definition of a kind.
fn is_new_kind(change: &Change, error: &RequestError) -> bool {
    if !change.unverified {
        return false;
    }
    let message = error.to_string();
    error.is_not_found()
        || message.contains("field not declared in schema")
        || message.contains("unknown field")
}
