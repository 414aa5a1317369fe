//! What a kustomization file says.
//!
//! In: the text of the file. Out: [`Kustomization`], fixed up from deprecated fields, with warnings. Reads no other file.
//!
//! Source: api `types/kustomization.go` and its neighbours.

pub(crate) mod decode;
mod fields;
mod helm;
mod selectors;

use std::collections::BTreeMap;

use crate::{field_spec::FieldSpec, id::Gvk};

/// The names that a kustomization file may have.
pub const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

pub(crate) const COMPONENT: &str = "Component";

/// A kustomization file, read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kustomization {
    pub(crate) kind: String,
    pub(crate) api_version: String,
    pub(crate) openapi: BTreeMap<String, String>,
    pub(crate) name_prefix: String,
    pub(crate) name_suffix: String,
    pub(crate) namespace: String,
    pub(crate) common_labels: BTreeMap<String, String>,
    pub(crate) labels: Vec<LabelSet>,
    pub(crate) common_annotations: BTreeMap<String, String>,
    pub(crate) patches_strategic_merge: Vec<String>,
    pub(crate) patches_json6902: Vec<Patch>,
    pub(crate) patches: Vec<Patch>,
    pub(crate) images: Vec<Image>,
    pub(crate) replacements: Vec<ReplacementField>,
    pub(crate) replicas: Vec<Replica>,
    pub(crate) vars: Vec<Var>,
    pub(crate) sort_options: Option<SortOptions>,
    pub(crate) resources: Vec<String>,
    pub(crate) components: Vec<String>,
    pub(crate) crds: Vec<String>,
    pub(crate) config_map_generator: Vec<GeneratorArgs>,
    pub(crate) secret_generator: Vec<GeneratorArgs>,
    pub(crate) generator_options: Option<GeneratorOptions>,
    pub(crate) configurations: Vec<String>,
    pub(crate) generators: Vec<String>,
    pub(crate) transformers: Vec<String>,
    pub(crate) validators: Vec<String>,
    pub(crate) build_metadata: Vec<String>,
    pub(crate) helm_globals: Option<HelmGlobals>,
    pub(crate) helm_charts: Vec<HelmChart>,
    /// Deprecated fields that it uses, as warnings.
    pub(crate) warnings: Vec<String>,
}

/// An entry of `labels`.
#[derive(Clone, Debug, Default)]
pub(crate) struct LabelSet {
    pub(crate) pairs: BTreeMap<String, String>,
    pub(crate) include_selectors: bool,
    pub(crate) include_templates: bool,
    pub(crate) fields: Vec<FieldSpec>,
}

/// An entry of `patches` or `patchesJson6902`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patch {
    pub(crate) path: String,
    pub(crate) patch: String,
    pub(crate) target: Option<Selector>,
    pub(crate) allow_name_change: bool,
    pub(crate) allow_kind_change: bool,
}

/// Chooses resources; names and kinds are regular expressions.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Selector {
    pub(crate) gvk: Gvk,
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) annotation_selector: String,
    pub(crate) label_selector: String,
}

/// An entry of `images`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Image {
    pub(crate) name: String,
    pub(crate) new_name: String,
    pub(crate) tag_suffix: String,
    pub(crate) new_tag: String,
    pub(crate) digest: String,
}

/// An entry of `replicas`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replica {
    pub(crate) name: String,
    pub(crate) count: i64,
}

/// An entry of `vars`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Var {
    pub(crate) name: String,
    pub(crate) gvk: Gvk,
    pub(crate) object_name: String,
    pub(crate) object_namespace: String,
    pub(crate) field_path: String,
}

/// `sortOptions`
#[derive(Clone, Debug, Default)]
pub(crate) struct SortOptions {
    pub(crate) order: String,
    pub(crate) legacy: Option<LegacySortOptions>,
}

/// `sortOptions.legacySortOptions`
#[derive(Clone, Debug, Default)]
pub(crate) struct LegacySortOptions {
    pub(crate) order_first: Vec<String>,
    pub(crate) order_last: Vec<String>,
}

/// An entry of `configMapGenerator` or `secretGenerator`.
#[derive(Clone, Debug, Default)]
pub(crate) struct GeneratorArgs {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) behavior: String,
    pub(crate) literals: Vec<String>,
    pub(crate) files: Vec<String>,
    pub(crate) envs: Vec<String>,
    pub(crate) options: Option<GeneratorOptions>,
    /// Of a secret; empty for a config map.
    pub(crate) secret_type: String,
}

/// `generatorOptions`, and `options` of a generator.
#[derive(Clone, Debug, Default)]
pub(crate) struct GeneratorOptions {
    pub(crate) labels: Option<BTreeMap<String, String>>,
    pub(crate) annotations: Option<BTreeMap<String, String>>,
    pub(crate) disable_name_suffix_hash: bool,
    pub(crate) immutable: bool,
}

impl GeneratorOptions {
    /// A generator's own options, with what only the kustomization's say.
    ///
    /// Source: api `types/generatoroptions.go`, MergeGlobalOptionsIntoLocal.
    pub(crate) fn merged(own: Option<Self>, global: Option<&Self>) -> Option<Self> {
        let Some(global) = global else { return own };
        let mut merged = own.unwrap_or_default();
        let fill = |own: &mut Option<BTreeMap<String, String>>, global: &Option<BTreeMap<String, String>>| {
            if let Some(global) = global {
                let own = own.get_or_insert_default();
                for (key, value) in global {
                    own.entry(key.clone()).or_insert_with(|| value.clone());
                }
            }
        };
        fill(&mut merged.labels, &global.labels);
        fill(&mut merged.annotations, &global.annotations);
        merged.disable_name_suffix_hash |= global.disable_name_suffix_hash;
        merged.immutable |= global.immutable;
        Some(merged)
    }
}

/// An entry of `replacements`: a file of them, or one.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReplacementField {
    pub(crate) path: String,
    pub(crate) replacement: Replacement,
}

/// Copies a value from one resource to others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replacement {
    pub(crate) source: Option<ReplacementSource>,
    pub(crate) source_value: Option<String>,
    pub(crate) targets: Option<Vec<ReplacementTarget>>,
}

/// Where a value comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReplacementSource {
    pub(crate) gvk: Gvk,
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) field_path: String,
    pub(crate) options: Option<FieldOptions>,
}

/// Where a value goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReplacementTarget {
    pub(crate) select: Option<Selector>,
    pub(crate) reject: Vec<Selector>,
    pub(crate) field_paths: Vec<String>,
    pub(crate) options: Option<FieldOptions>,
}

/// Which piece of a text is taken or replaced.
#[derive(Clone, Debug, Default)]
pub(crate) struct FieldOptions {
    pub(crate) delimiter: String,
    pub(crate) index: i64,
    pub(crate) create: bool,
}

/// `helmGlobals`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HelmGlobals {
    /// The folder of charts; empty for `charts`.
    pub chart_home: String,
    /// The folder of helm's configuration; empty for a passing one.
    pub config_home: String,
}

/// An entry of `helmCharts`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HelmChart {
    /// The chart.
    pub name: String,
    /// Its version; empty for the newest.
    pub version: String,
    /// The repository it is pulled from; empty if it is in the chart home.
    pub repo: String,
    /// The name of the release.
    pub release_name: String,
    /// The namespace of the release.
    pub namespace: String,
    /// A file of values that stand for the chart's own.
    pub values_file: String,
    /// Values in the kustomization itself, as YAML; empty for none.
    pub values_inline: String,
    /// `merge`, `override` or `replace`.
    pub values_merge: String,
    /// Whether the chart's CRDs are printed.
    pub include_crds: bool,
    /// Whether the chart's hooks are left out.
    pub skip_hooks: bool,
    /// Whether the chart's tests are left out.
    pub skip_tests: bool,
    /// More files of values.
    pub additional_values_files: Vec<String>,
    /// API versions that the chart is told the cluster has.
    pub api_versions: Vec<String>,
    /// The version of Kubernetes that the chart is told.
    pub kube_version: String,
    /// A template of the release's name.
    pub name_template: String,
    /// Whether pulled charts are checked for development versions too.
    pub devel: bool,
}
