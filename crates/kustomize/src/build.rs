//! A build, from a folder to resources.
//!
//! Source: api `krusty/kustomizer.go`.

use std::{cell::RefCell, collections::BTreeMap};

use crate::{
    accumulate::{Accumulator, Context, Target},
    error::{Error, Result},
    field_spec::FieldSpec,
    functions::FunctionRunner,
    helm::ChartRenderer,
    loader::{Loader, RemoteLoader, Root},
    meta,
    origin::{ORIGIN, TRANSFORMATIONS},
    resource::is_build_annotation,
    resource_set::ResourceSet,
    schema::Schema,
    sort::LegacyOrder,
    transformer_config::TransformerConfig,
    transformers::{Labels, Transform},
};

/// The version of kustomize whose output this gives.
pub const KUSTOMIZE_VERSION: &str = "v5.8.1";

/// In which order resources are printed, where the kustomization does not say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reorder {
    /// Kinds in the order in which they are usually applied, then by name: what kustomize does unless told otherwise.
    #[default]
    Legacy,
    /// In the order in which they are read.
    None,
}

/// Which files may be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoadRestrictor {
    /// Those in or below the folder of the kustomization that names them.
    #[default]
    RootOnly,
    /// Any.
    None,
}

/// How a build is done.
#[derive(Clone, Copy, Default)]
pub struct Options<'o> {
    /// The order of the output.
    pub reorder: Reorder,
    /// Which files may be read.
    pub load_restrictor: LoadRestrictor,
    /// Whether each resource gets the label `app.kubernetes.io/managed-by`.
    pub managed_by_label: bool,
    /// Gets repositories and addresses; without it they are errors.
    pub remote: Option<&'o dyn RemoteLoader>,
    /// Renders Helm charts; without it they are errors.
    pub charts: Option<&'o dyn ChartRenderer>,
    /// Runs generators and transformers that are programs; without it they are errors.
    pub functions: Option<&'o dyn FunctionRunner>,
}

/// What a build gives.
#[derive(Debug)]
pub struct Built {
    /// The resources, in the order of the output.
    pub resources: ResourceSet,
    /// What is deprecated or looks wrong, in words.
    pub warnings: Vec<String>,
}

/// Builds the kustomization of a folder.
///
/// # Errors
/// Whatever is wrong with the kustomization, or with what it names. Nothing is built then.
///
/// # Examples
/// See [`MemoryLoader`](crate::MemoryLoader).
pub fn build(loader: &dyn Loader, target: &str, options: &Options<'_>) -> Result<Built> {
    let context = Context {
        options,
        schema: Schema::new(),
        defaults: TransformerConfig::defaults(),
        warnings: RefCell::default(),
    };
    let restricted = options.load_restrictor == LoadRestrictor::RootOnly;
    let root = Root::open(loader, options.remote, target, restricted)?;
    let target = Target::load(&context, root)?;
    target.set_schema(true)?;
    if !target.kustomization.build_metadata.is_empty() {
        *target.origin.borrow_mut() = Some(crate::origin::Origin::default());
    }
    let gathered = target.accumulate(Accumulator::default())?;
    let mut set = target.finish(gathered)?;
    order(&mut set, &target, &context)?;
    let metadata = &target.kustomization.build_metadata;
    let wants = |name: &str| metadata.iter().any(|known| known == name);
    if options.managed_by_label || wants("managedByLabel") {
        label(&mut set, &context.schema)?;
    }
    clean(&mut set, wants("originAnnotations"), wants("transformerAnnotations"));
    Ok(Built { resources: set, warnings: context.warnings.into_inner() })
}

fn order(set: &mut ResourceSet, target: &Target<'_, '_>, context: &Context<'_>) -> Result<()> {
    let order = match &target.kustomization.sort_options {
        Some(options) => LegacyOrder::of(options).map_err(|message| Error::step("sortOptions", message))?,
        None if context.options.reorder == Reorder::Legacy => Some(LegacyOrder::standard()),
        None => None,
    };
    let Some(order) = order else { return Ok(()) };
    let list = std::mem::take(set.list_mut());
    let mut keyed: Vec<_> =
        list.into_iter().map(|resource| (order.key(&resource.id(&context.schema)), resource)).collect();
    keyed.sort_by(|(a, _), (b, _)| a.compare(b));
    let mut sorted = ResourceSet::default();
    for (_, resource) in keyed {
        sorted.append(resource, &context.schema)?;
    }
    *set = sorted;
    Ok(())
}

fn label(set: &mut ResourceSet, schema: &Schema) -> Result<()> {
    let labels = Labels {
        labels: BTreeMap::from([(
            "app.kubernetes.io/managed-by".to_owned(),
            format!("kustomize-{KUSTOMIZE_VERSION}"),
        )]),
        field_specs: vec![FieldSpec::anywhere("metadata/labels", true)],
    };
    labels.transform(set, schema)
}

/// Takes out annotations that are never printed; all others become strings.
fn clean(set: &mut ResourceSet, keep_origins: bool, keep_transformations: bool) {
    for resource in set.list_mut() {
        let mut annotations = meta::metadata_map(&resource.node, "annotations");
        let has_history = resource.lineage != crate::resource::Lineage::default();
        if annotations.is_empty() && !has_history && keep_origins && keep_transformations {
            continue;
        }
        annotations.retain(|key, _| {
            !is_build_annotation(key)
                && (keep_origins || key != ORIGIN)
                && (keep_transformations || key != TRANSFORMATIONS)
        });
        meta::set_metadata_map(&mut resource.node, "annotations", &annotations);
    }
}
