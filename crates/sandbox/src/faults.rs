//! Faults that tests switch on: refusals, delays and dropped connections.
//!
//! In: rules. Out: what a request meets. Knows verbs and paths, no objects.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What happens to a request instead of, or before, its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The request is refused with a `Status` of this code: 401, 403, 404, 409, 410, 422, 429, 500, 503, 504.
    Refuse {
        /// The HTTP status code.
        code: u16,
        /// Seconds for `Retry-After`; `None` sends no such header.
        retry_after: Option<u64>,
    },
    /// The request is refused as by an admission webhook (400).
    Denied,
    /// The answer comes later.
    Delay(Duration),
    /// The connection ends before an answer.
    Reset,
    /// The request takes effect, and then the connection ends before the answer.
    ResetAfter,
    /// A watch ends after so many events.
    DropWatch {
        /// Events that are delivered before the end.
        after: u64,
    },
}

/// One rule: which requests meet a fault.
#[derive(Debug, Clone)]
pub struct Rule {
    method: Option<http::Method>,
    path: String,
    watches: Option<bool>,
    skip: u64,
    left: Option<u64>,
    fault: Fault,
}

impl Rule {
    /// A rule for every request.
    #[must_use]
    pub fn new(fault: Fault) -> Rule {
        let watches = matches!(fault, Fault::DropWatch { .. }).then_some(true);
        Rule { method: None, path: String::new(), watches, skip: 0, left: None, fault }
    }

    /// Only requests of this method.
    #[must_use]
    pub fn method(mut self, method: http::Method) -> Rule {
        self.method = Some(method);
        self
    }

    /// Only requests whose path contains this text.
    #[must_use]
    pub fn path(mut self, part: impl Into<String>) -> Rule {
        self.path = part.into();
        self
    }

    /// Only watches, or everything but watches.
    #[must_use]
    pub fn watches(mut self, watches: bool) -> Rule {
        self.watches = Some(watches);
        self
    }

    /// Lets so many matching requests pass first.
    #[must_use]
    pub fn after(mut self, requests: u64) -> Rule {
        self.skip = requests;
        self
    }

    /// Ends after so many faults.
    #[must_use]
    pub fn times(mut self, faults: u64) -> Rule {
        self.left = Some(faults);
        self
    }

    /// Tells whether the rule is about a request, counting it if so.
    fn strikes(&mut self, method: &http::Method, path: &str, watch: bool) -> bool {
        let matches = self.method.as_ref().is_none_or(|m| m == method)
            && path.contains(&self.path)
            && self.watches.is_none_or(|w| w == watch);
        if !matches || self.left == Some(0) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.left = self.left.map(|left| left - 1);
        true
    }
}

/// The faults of a sandbox; clones share the same rules.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    rules: Arc<Mutex<Vec<Rule>>>,
}

impl Faults {
    /// Switches a rule on; earlier rules go first.
    pub fn add(&self, rule: Rule) {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).push(rule);
    }

    /// Switches all rules off.
    pub fn clear(&self) {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What a request meets: all delays, and the first other fault.
    pub(crate) fn of(&self, method: &http::Method, path: &str, watch: bool) -> Vec<Fault> {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let mut met = Vec::new();
        for rule in rules.iter_mut() {
            if rule.strikes(method, path, watch) {
                met.push(rule.fault.clone());
                if !matches!(rule.fault, Fault::Delay(_)) {
                    break;
                }
            }
        }
        met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_counts_its_requests() {
        let faults = Faults::default();
        let refuse = Fault::Refuse { code: 500, retry_after: None };
        faults.add(Rule::new(refuse.clone()).method(http::Method::PATCH).path("/pods").after(1).times(1));
        let meet = |method: http::Method, path: &str| faults.of(&method, path, false);
        assert!(meet(http::Method::GET, "/pods/a").is_empty());
        assert!(meet(http::Method::PATCH, "/pods/a").is_empty());
        assert_eq!(meet(http::Method::PATCH, "/pods/a"), [refuse]);
        assert!(meet(http::Method::PATCH, "/pods/a").is_empty());
    }
}
