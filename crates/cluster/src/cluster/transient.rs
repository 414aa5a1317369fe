//! Which failures pass by themselves, and how long to wait for that.
//!
//! In: a [`RequestError`] and the number of tries. Out: how long to wait before the next, or that there is
//! none. Refuses to send anything.

use std::time::Duration;

use crate::error::{RequestError, Unreachable};

/// How often and how long a request is tried again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Most tries in all.
    pub(crate) tries: u32,
    /// Whether failing webhooks are waited for: their backend may just be starting.
    pub(crate) webhooks: bool,
    /// Whether a server that refuses connections is waited for.
    pub(crate) restarts: bool,
    /// Whether an object that was just changed by another is tried again. Not where the request names the
    /// version that it is about: that one does not come back.
    pub(crate) busy: bool,
}

impl Patience {
    /// For first contact: a cluster that is not there is said so at once.
    pub(crate) const CONNECT: Patience = Patience { tries: 3, webhooks: false, restarts: false, busy: false };
    /// For what may as well be missing.
    pub(crate) const ONCE: Patience = Patience { tries: 1, webhooks: false, restarts: false, busy: false };
    /// For reads and dry-runs.
    pub(crate) const READ: Patience = Patience { tries: 6, webhooks: false, restarts: true, busy: true };
    /// For writes.
    pub(crate) const WRITE: Patience = Patience { tries: 9, webhooks: true, restarts: true, busy: true };
    /// For writes to exactly one version of an object.
    pub(crate) const EXACT: Patience = Patience { busy: false, ..Patience::WRITE };
}

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A server that asks for more patience than this is treated as if it had asked for this.
const LONGEST_REQUESTED_PAUSE: Duration = Duration::from_secs(30);

/// Server errors (500) that pass; every other 500 does not.
/// Source: kapp `pkg/kapp/resources/resources.go`, apiserver and etcd client messages.
const PASSING_MESSAGES: [&str; 6] = [
    "etcdserver: request timed out",
    "etcdserver: leader changed",
    "etcdserver: too many requests",
    "transport is closing",
    "client connection lost",
    "the object has been modified",
];

/// Words of a webhook whose backend does not answer (yet).
const WEBHOOK_MESSAGES: [&str; 3] =
    ["failed calling webhook", "conversion webhook for", "failed to call webhook"];

/// How long to wait before a request is sent again; `None` where that would not help.
/// `tries` counts the tries so far, `spread` is a random number from 0 to 1 that keeps clients apart.
pub(crate) fn pause(error: &RequestError, tries: u32, patience: Patience, spread: f64) -> Option<Duration> {
    if tries >= patience.tries || !passes(error, patience) {
        return None;
    }
    if let RequestError::Api { retry_after: Some(requested), .. } = error {
        return Some((*requested).min(LONGEST_REQUESTED_PAUSE));
    }
    let full = FIRST_PAUSE.saturating_mul(1 << (tries - 1).min(10)).min(LONGEST_PAUSE);
    Some(full.mul_f64(0.5 + spread / 2.0))
}

fn passes(error: &RequestError, patience: Patience) -> bool {
    match error {
        RequestError::Transport { reason, .. } => match reason {
            Unreachable::Reset | Unreachable::Timeout => true,
            Unreachable::Refused => patience.restarts,
            _ => false,
        },
        RequestError::Malformed { .. } => false,
        RequestError::Api { status, .. } => {
            let is_webhook = WEBHOOK_MESSAGES.iter().any(|words| status.message.contains(words));
            match status.code {
                429 | 503 | 504 if is_webhook => patience.webhooks,
                429 | 503 | 504 => true,
                500 if is_webhook => patience.webhooks,
                500 => PASSING_MESSAGES.iter().any(|words| status.message.contains(words)),
                // Optimistic locking inside the server (quota, a busy object), not a field conflict.
                409 => {
                    patience.busy
                        && status.message.contains("please apply your changes to the latest version")
                }
                // A pod before the controller made the namespace's account.
                403 => status.message.contains("error looking up service account"),
                _ => false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::core::Status;

    fn answer(code: u16, message: &str, retry_after: Option<u64>) -> RequestError {
        let status = Box::new(Status::failure(message, "").with_code(code));
        RequestError::Api { status, retry_after: retry_after.map(Duration::from_secs) }
    }

    #[test]
    fn only_listed_failures_pass() {
        let again = |error: &RequestError, patience| pause(error, 1, patience, 0.0).is_some();
        for (code, message, expected) in [
            (429, "too many requests", true),
            (503, "", true),
            (504, "", true),
            (500, "etcdserver: request timed out", true),
            (500, "Internal error occurred: nil pointer", false),
            (409, "Apply failed with 1 conflict", false),
            (
                409,
                "Operation cannot be fulfilled on resourcequotas \"q\": the object has been modified; please apply your changes to the latest version and try again",
                true,
            ),
            (422, "invalid", false),
            (403, "forbidden", false),
            (404, "not found", false),
        ] {
            assert_eq!(again(&answer(code, message, None), Patience::READ), expected, "{code} {message}");
        }
        let webhook = answer(
            500,
            "Internal error occurred: failed calling webhook \"a\": no endpoints available",
            None,
        );
        assert!(again(&webhook, Patience::WRITE) && !again(&webhook, Patience::READ));
    }

    #[test]
    fn pauses_grow_to_a_bound_and_the_server_is_heard() {
        let busy = answer(503, "", None);
        let patience = Patience { tries: 20, ..Patience::WRITE };
        let pauses: Vec<_> = (1..19).filter_map(|tries| pause(&busy, tries, patience, 1.0)).collect();
        assert!(pauses.is_sorted());
        assert_eq!((pauses[0], *pauses.last().expect("some")), (FIRST_PAUSE, LONGEST_PAUSE));
        assert_eq!(pause(&busy, 20, patience, 1.0), None);
        assert_eq!(pause(&answer(429, "", Some(2)), 1, patience, 0.0), Some(Duration::from_secs(2)));
        assert_eq!(pause(&answer(429, "", Some(9999)), 1, patience, 0.0), Some(LONGEST_REQUESTED_PAUSE));
    }
}
