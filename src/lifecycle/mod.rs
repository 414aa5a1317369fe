//! The life of components on a cluster: deploy, undeploy, and every prefix of them.
//!
//! In: a stack, an environment, overrides, a target. Out: what became of each component, and events on the way.
//! Refuses to know: how anything is shown, and where its options came from.

mod bases;
mod binding;
mod build;
mod component;
mod concealment;
mod conditions;
mod confirm;
mod deploy;
mod download;
mod drift;
mod error;
mod event;
mod expansion;
mod failures;
mod helm;
mod hook_environment;
mod invoke;
mod journal;
mod kubeconfig;
mod layers;
mod lock;
mod namespaces;
mod render;
mod rollback;
mod run;
mod saved;
mod schedule;
mod scratch;
mod show;
mod target;
mod terraform;
mod undeploy;
mod values;

pub use bases::Bases;
pub use binding::bind;
pub use component::{Prepared, prepare};
pub use confirm::{Approve, Approver};
pub use deploy::{deploy, plan};
pub use download::{fetch_all, merge_folder};
pub use drift::drift;
pub use error::{Error, Kind};
pub use event::{Event, Listener, Phase, Status, Verb};
pub use invoke::{Backup, BackupOutput, ComponentBackup, Invocation, back_up, invoke, unbundle};
pub use kubeconfig::CutContext;
pub use layers::{Overrides, check_meant, gather};
pub use lock::is_dead;
pub use render::render;
pub use rollback::{RollbackChoices, RollbackTarget, rollback};
pub use run::{ComponentReport, DeployOptions, Report, Run, RunSettings};
pub use saved::{SavedParameters, SavedPlan};
pub use show::{Known, KnownComponent, import_state, show};
pub use target::{Connection, KubeSurroundings, SANDBOX_FILE, Target};
pub use undeploy::{UndeployChoices, undeploy};
pub use values::{Recorded, Resolved, resolve_all};
