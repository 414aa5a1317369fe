//! The question before something changes.

use std::future::Future;
use std::pin::Pin;

use hub_cluster::Plan;

use super::{Error, Verb};

/// A future that ends with an answer.
pub type Approve<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// Decides whether a plan may be carried out.
pub trait Approver: Send + Sync {
    /// Called for every plan that changes something.
    ///
    /// The answer is [`Error::Declined`] when it may not.
    fn approve<'a>(&'a self, verb: Verb, component: &'a str, plan: &'a Plan) -> Approve<'a>;
}
