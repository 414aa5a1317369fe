//! The engine against the sandbox: one file per behaviour.

mod conflicts;
mod deploy;
mod directives;
mod drift;
mod faults;
mod history;
mod lock;
mod matrix;
mod refusals;
mod resume;
mod secrets;
mod support;
mod survivors;
mod undeploy;
mod waiting;
