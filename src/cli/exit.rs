//! Exit codes.
//!
//! 0 done; 1 failed; 2 usage or manifest error; 3 changes pending; 4 lock held; 5 not ready in time; 130 interrupted.

use crate::lifecycle::{Error, Kind, Report, Status};

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0
    Done,
    /// 1
    Failed,
    /// 2
    Manifest,
    /// 3
    Pending,
    /// 4
    Locked,
    /// 5
    NotReady,
    /// 130
    Interrupted,
    /// What a command of another name ends with.
    Code(u8),
}

impl Exit {
    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Manifest => 2,
            Self::Pending => 3,
            Self::Locked => 4,
            Self::NotReady => 5,
            Self::Interrupted => 130,
            Self::Code(code) => code,
        }
    }

    /// For an error.
    #[must_use]
    pub fn of_error(error: &Error) -> Self {
        match error.kind() {
            Kind::Manifest => Self::Manifest,
            Kind::Failed => Self::Failed,
            Kind::Locked => Self::Locked,
            Kind::NotReady => Self::NotReady,
            Kind::Interrupted => Self::Interrupted,
        }
    }

    /// For a whole run: an interruption first, then the first failure; pending changes count only where asked for.
    #[must_use]
    pub fn of_report(report: &Report, pending_counts: bool) -> Self {
        match report.status() {
            Status::Interrupted => Self::Interrupted,
            Status::Failed | Status::Skipped => {
                let first = report.components.iter().find_map(|c| c.error.as_ref());
                first.map_or(Self::Failed, Self::of_error)
            }
            Status::Pending if pending_counts => Self::Pending,
            Status::Pending | Status::Done | Status::Unchanged => Self::Done,
        }
    }
}
