//! Why the engine could not do what it was asked.
//!
//! In: answers and failures of the API server. Out: [`Error`] and [`RequestError`], classified by what the
//! user can do about them. Refuses to print and to decide: retries live in `transient`.

use std::time::Duration;

use kube::core::Status;

use crate::change::{Problem, UnknownKind};
use crate::history::contents::LostSecret;
use crate::id::ObjectId;
use crate::lock::Holder;

/// Why the engine could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The API server cannot be reached.
    #[error("cannot reach the API server: {}; {}", reason.phrase(), reason.advice())]
    Unreachable {
        /// In which way.
        reason: Unreachable,
        /// What the connection says.
        #[source]
        source: RequestError,
    },
    /// The configuration of the connection does not read.
    #[error(
        "the configuration of the cluster connection does not read; check the kubeconfig context's certificates, keys and credentials"
    )]
    Configuration {
        /// What does not read.
        #[source]
        source: Box<kube::Error>,
    },
    /// The API server does not accept the credentials (401).
    #[error(
        "the API server does not accept the credentials; log in again, or check the user of the kubeconfig context"
    )]
    Unauthorized {
        /// What the server says.
        #[source]
        source: RequestError,
    },
    /// The user may not do what is needed (403).
    #[error("not allowed to {what}; ask for a role that grants it")]
    Forbidden {
        /// What was tried, e.g. `read ConfigMap hub-system/hub-ml-kserve`.
        what: String,
        /// What the server says.
        #[source]
        source: RequestError,
    },
    /// The API server has a problem of its own (5xx).
    #[error(
        "the API server failed to {what} with status {status}; try again, and look at the server's log if it stays so"
    )]
    Server {
        /// What was tried.
        what: String,
        /// HTTP status.
        status: u16,
        /// What the server says.
        #[source]
        source: RequestError,
    },
    /// Any other failed request.
    #[error("cannot {what}")]
    Request {
        /// What was tried.
        what: String,
        /// What came back.
        #[source]
        source: RequestError,
    },
    /// Text that names no kind.
    #[error("{text:?} is no kind; write it as Kind.group, e.g. Deployment.apps or ConfigMap")]
    MalformedKind {
        /// The text.
        text: String,
    },
    /// An object that cannot be sent.
    #[error("{subject}: {problem}")]
    InvalidObject {
        /// The object, as far as it says which.
        subject: String,
        /// What is wrong with it.
        problem: String,
    },
    /// One object twice in a set.
    #[error("{id} is in the set {count} times; keep one of them")]
    DuplicateObject {
        /// The object.
        id: ObjectId,
        /// How often.
        count: usize,
    },
    /// Kinds that neither the cluster nor the set defines.
    #[error("the cluster does not know {}; deploy the component that defines it first", list_kinds(kinds))]
    UnknownKinds {
        /// All of them.
        kinds: Vec<UnknownKind>,
    },
    /// A deployment of nothing, which would prune everything.
    #[error(
        "{owner}: the set is empty, which would delete all {recorded} recorded objects; undeploy it if that is meant"
    )]
    EmptySet {
        /// The component.
        owner: String,
        /// How many objects the inventory lists.
        recorded: usize,
    },
    /// A plan that must not be carried out.
    #[error("{owner}: {} stop the plan, nothing was changed: {}", crate::change::count(problems.len(), "problem", "problems"),
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    PlanRefused {
        /// The component.
        owner: String,
        /// Why.
        problems: Vec<Problem>,
    },
    /// A record on the cluster that does not read.
    #[error(
        "the record {name} in namespace {namespace} does not read: {problem}; restore it from a backup, or delete it and adopt the objects"
    )]
    MalformedRecord {
        /// Namespace of the record.
        namespace: String,
        /// Its name.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// A record that another tool wrote.
    #[error(
        "the ConfigMap {name} in namespace {namespace} belongs to {tooling}, not to hub; choose another name for the component or another state namespace"
    )]
    ForeignRecord {
        /// Namespace of the record.
        namespace: String,
        /// Its name.
        name: String,
        /// The tool that wrote it.
        tooling: String,
    },
    /// A record that changed under a running plan: another run is at work.
    #[error("the record of {owner} changed since the plan was made: another run is at work; make a new plan")]
    RecordMoved {
        /// The component.
        owner: String,
    },
    /// A revision that is not kept.
    #[error("{wanted} of {owner} is not kept; {}", if known.is_empty() { "none is".to_string() } else { format!("these are: {known}") })]
    NoRevision {
        /// The component.
        owner: String,
        /// What was asked for.
        wanted: String,
        /// The numbers that are kept.
        known: String,
    },
    /// A revision whose objects were too large to be kept.
    #[error(
        "revision {number} of {owner} was too large for its objects to be kept; deploy the sources of that time instead"
    )]
    RevisionWithoutObjects {
        /// The component.
        owner: String,
        /// Its number.
        number: u64,
    },
    /// Secret values of a revision that no live object has any more.
    #[error("revision {number} of {owner} needs secret values that are kept nowhere and that no live object has any more: {}; where parameters have them, pass these as they were then, e.g. with --params-file, or deploy the component with these values instead",
        fields.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    SecretsLost {
        /// The component.
        owner: String,
        /// Number of the revision.
        number: u64,
        /// Each value that is lost.
        fields: Vec<LostSecret>,
    },
    /// Somebody else holds the lock.
    #[error("{} holds the lock {name} since {since} for {:?}; wait for it, or run unlock if that process is dead", holder.who, holder.command)]
    LockHeld {
        /// Name of the lock.
        name: String,
        /// Who holds it.
        holder: Holder,
        /// Since when.
        since: jiff::Timestamp,
    },
    /// The server refuses to create the lock since it is there, or to change it since it changed, and it is neither.
    #[error(
        "the lock {name} can be neither taken nor read: each time it is refused as if another run had just changed it; try again, and look at what answers for the API server (proxy, admission webhooks) if it stays so"
    )]
    LockUnsettled {
        /// Name of the lock.
        name: String,
    },
    /// The lock was taken away while it was held.
    #[error("the lock {name} was taken over by {by} while this run held it; nothing more is written")]
    LockLost {
        /// Name of the lock.
        name: String,
        /// Who has it now.
        by: String,
    },
    /// A lock whose holder is alive cannot be removed.
    #[error("the lock {name} is alive: {} renewed it {age_seconds} s ago; stop that process first, or force it", holder.who)]
    LockAlive {
        /// Name of the lock.
        name: String,
        /// Who holds it.
        holder: Holder,
        /// Seconds since the last heartbeat.
        age_seconds: u64,
    },
}

impl Error {
    /// Puts a failed request into the terms of the user.
    pub(crate) fn request(what: impl Into<String>, source: RequestError) -> Self {
        let what = what.into();
        match &source {
            RequestError::Transport { reason, .. } => Error::Unreachable { reason: *reason, source },
            RequestError::Api { status, .. } => match status.code {
                401 => Error::Unauthorized { source },
                403 => Error::Forbidden { what, source },
                code @ 500.. => Error::Server { what, status: code, source },
                _ => Error::Request { what, source },
            },
            RequestError::Malformed { .. } => Error::Request { what, source },
        }
    }
}

fn list_kinds(kinds: &[UnknownKind]) -> String {
    let list: Vec<String> = kinds
        .iter()
        .map(|unknown| {
            let objects = crate::change::count(unknown.objects.len(), "object", "objects");
            match unknown.served_versions.as_slice() {
                [] if !unknown.successors.is_empty() => format!(
                    "{} ({}, {objects}; it serves {} instead)",
                    unknown.kind,
                    unknown.api_version,
                    unknown.successors.join(", ")
                ),
                [] => format!("{} ({}, {objects})", unknown.kind, unknown.api_version),
                served => format!(
                    "{} ({} is not served, only {})",
                    unknown.kind,
                    unknown.api_version,
                    served.join(", ")
                ),
            }
        })
        .collect();
    list.join(", ")
}

/// In which way a server cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unreachable {
    /// Nothing listens at the address.
    Refused,
    /// No answer in time.
    Timeout,
    /// The name of the server does not resolve.
    Name,
    /// The server's certificate, or ours, is not accepted.
    Tls,
    /// The connection broke.
    Reset,
    /// The credentials could not be obtained, e.g. by an exec plugin.
    Credentials,
    /// Anything else.
    Other,
}

impl Unreachable {
    fn phrase(self) -> &'static str {
        match self {
            Unreachable::Refused => "the connection is refused",
            Unreachable::Timeout => "no answer in time",
            Unreachable::Name => "its name does not resolve",
            Unreachable::Tls => "the TLS certificate is not accepted",
            Unreachable::Reset => "the connection broke",
            Unreachable::Credentials => "the credentials cannot be obtained",
            Unreachable::Other => "the connection failed",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Unreachable::Refused => {
                "start the cluster, or check the server address of the kubeconfig context"
            }
            Unreachable::Timeout => "check VPN, firewall and the server address of the kubeconfig context",
            Unreachable::Name => "check the server address of the kubeconfig context",
            Unreachable::Tls => "check the certificate authority of the kubeconfig context",
            Unreachable::Reset | Unreachable::Other => "try again",
            Unreachable::Credentials => "check the user of the kubeconfig context",
        }
    }
}

/// What came back for one request instead of an answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// No answer.
    #[error("{message}")]
    Transport {
        /// In which way.
        reason: Unreachable,
        /// The innermost cause, which is the one that says something.
        message: String,
        /// The client's error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server answered with an error.
    #[error("{}", if status.message.is_empty() { status.reason.as_str() } else { status.message.as_str() })]
    Api {
        /// The answer.
        status: Box<Status>,
        /// What the server asks to wait before the next try.
        retry_after: Option<Duration>,
    },
    /// The answer does not read.
    #[error("the answer of the API server does not read: {message}")]
    Malformed {
        /// Where and why.
        message: String,
    },
}

impl RequestError {
    /// HTTP status of the answer; `None` without one.
    pub fn status(&self) -> Option<u16> {
        match self {
            RequestError::Api { status, .. } => Some(status.code),
            _ => None,
        }
    }

    /// True where the object is not there.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }
}
