//! `edit fix`: deprecated fields to those that stand for them now.
//!
//! Source: api `types/kustomization.go` (FixKustomizationPreMarshalling), `commands/edit/fix/fix.go`.

use hub_yaml::Node;

use super::{
    Edit, decode,
    error::{Error, Result},
    kustomization_file::KustomizationFile,
    vars,
};

/// Moves `patchesJson6902` and `patchesStrategicMerge` to `patches`, `commonLabels` to `labels`, and if asked for `vars` to
/// `replacements`. Fields that every edit moves have been moved by reading the file.
pub(super) fn apply(file: &mut KustomizationFile, edit: &mut Edit<'_>, with_vars: bool) -> Result<()> {
    file.move_items("patchesJson6902", "patches");
    fix_strategic_merge_patches(file, edit);
    fix_common_labels(file)?;
    if with_vars {
        vars::to_replacements(file, edit)?;
    }
    Ok(())
}

fn fix_strategic_merge_patches(file: &mut KustomizationFile, edit: &Edit<'_>) {
    let Some(patches) = file.remove("patchesStrategicMerge") else { return };
    for patch in patches.items() {
        let text = patch.text().unwrap_or_default();
        let is_file = !text.contains('\n') && edit.folder.read(text).is_ok();
        let field = if is_file { "path" } else { "patch" };
        let filled = (!text.is_empty()).then(|| (field, patch.clone()));
        file.items_mut("patches").push(decode::mapping(filled.into_iter().collect()));
    }
}

fn fix_common_labels(file: &mut KustomizationFile) -> Result<()> {
    let Some(common) = file.remove("commonLabels").filter(|labels| !decode::is_empty(labels)) else {
        return Ok(());
    };
    let pairs = file.items("labels").iter().filter_map(|entry| entry.get("pairs"));
    let mut keys = pairs.flat_map(Node::entries).filter_map(|(key, _)| key.text());
    if let Some(key) = keys.find(|key| common.get(key).is_some()) {
        return Err(Error::request(format!("label name '{key}' exists in both commonLabels and labels")));
    }
    let entry = decode::mapping(vec![("pairs", common), ("includeSelectors", decode::flag(true))]);
    file.items_mut("labels").push(entry);
    Ok(())
}
