//! `hub kustomize edit fix`: what is said about it, beside the edit itself.
//!
//! Source: `commands/edit/fix/fix.go`.

use hub_kustomize::{DiskLoader, Options};

use crate::ui;

/// What the kustomization in the current directory gives; an error in words.
pub(super) fn built() -> Result<String, String> {
    let built = hub_kustomize::build(&DiskLoader, ".", &Options::default()).map_err(|e| e.chain())?;
    built.resources.to_yaml().map_err(|error| error.chain())
}

/// Says what was fixed, and whether a build gives the same as before.
pub(super) fn conclude(vars: bool, before: &Result<String, String>) {
    ui::line("Moved to the fields that stand for them now:");
    ui::line("  patchesJson6902, patchesStrategicMerge -> patches");
    ui::line("  commonLabels -> labels");
    if vars {
        ui::line("  vars -> replacements");
    } else {
        ui::line(
            "vars stay: `hub kustomize edit fix --vars` makes replacements of them. It changes resource files too,",
        );
        ui::line("and what is built may differ, so do it where it can be undone.");
    }
    match built() {
        // One that did not build before is no worse.
        Err(error) if before.is_ok() => {
            ui::line(&format!("Warning: the kustomization does not build now: {error}"))
        }
        Ok(after) if before.as_ref().is_ok_and(|before| *before != after) => {
            ui::line("Warning: the kustomization builds something else than before");
        }
        Ok(_) | Err(_) => {}
    }
}
