//! The fields of a kustomization file and the shapes of their values, as facts.
//!
//! In: nothing. Out: [`FIELDS`], in the order in which they are written. Refuses to know how values are read.
//!
//! Source: api `types/kustomization.go` and the files of the types it names; the order is that of
//! `commands/internal/kustfile/kustomizationfile.go`, determineFieldOrder.

/// What a value has to be.
#[derive(Debug)]
pub(super) enum Shape {
    /// Text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Integer,
    /// A mapping of texts to texts.
    Pairs,
    /// A mapping of anything.
    Tree,
    /// A list of one shape.
    List(&'static Shape),
    /// A mapping of known fields.
    Record(&'static [Field]),
}

/// When a field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// When it holds something.
    Filled,
    /// When the file has it, even empty.
    Present,
    /// Always: with its empty value where the file has none.
    Always,
    /// Always: as null where the file has none.
    Null,
}

/// A field of a record.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) keep: Keep,
}

const fn filled(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, keep: Keep::Filled }
}

const fn text(name: &'static str) -> Field {
    filled(name, Shape::Text)
}

const fn flag(name: &'static str) -> Field {
    filled(name, Shape::Bool)
}

const fn texts(name: &'static str) -> Field {
    filled(name, TEXTS)
}

const fn pairs(name: &'static str) -> Field {
    filled(name, Shape::Pairs)
}

const fn records(name: &'static str, shape: &'static Shape) -> Field {
    filled(name, Shape::List(shape))
}

const fn kept(name: &'static str, shape: Shape, keep: Keep) -> Field {
    Field { name, shape, keep }
}

const TEXTS: Shape = Shape::List(&Shape::Text);

/// All fields of a kustomization file.
pub(super) const FIELDS: &[Field] = &[
    text("apiVersion"),
    text("kind"),
    kept("metadata", Shape::Record(METADATA), Keep::Present),
    kept("sortOptions", Shape::Record(SORT_OPTIONS), Keep::Present),
    texts("resources"),
    texts("bases"),
    text("namePrefix"),
    text("nameSuffix"),
    text("namespace"),
    texts("crds"),
    pairs("commonLabels"),
    records("labels", &Shape::Record(LABEL)),
    pairs("commonAnnotations"),
    texts("patchesStrategicMerge"),
    records("patchesJson6902", &Shape::Record(PATCH)),
    records("patches", &Shape::Record(PATCH)),
    records("configMapGenerator", &Shape::Record(GENERATOR)),
    records("secretGenerator", &Shape::Record(SECRET_GENERATOR)),
    records("helmCharts", &Shape::Record(HELM_CHART)),
    records("helmChartInflationGenerator", &Shape::Record(HELM_CHART_INFLATION)),
    kept("helmGlobals", Shape::Record(HELM_GLOBALS), Keep::Present),
    kept("generatorOptions", Shape::Record(GENERATOR_OPTIONS), Keep::Present),
    records("vars", &Shape::Record(VAR)),
    records("images", &Shape::Record(IMAGE)),
    records("replacements", &Shape::Record(REPLACEMENT)),
    records("replicas", &Shape::Record(REPLICA)),
    texts("configurations"),
    texts("generators"),
    texts("transformers"),
    texts("validators"),
    texts("components"),
    pairs("openapi"),
    texts("buildMetadata"),
    records("imageTags", &Shape::Record(IMAGE)),
];

/// Read, but never written: it becomes `images`. Its line in the file is no place for comments either.
pub(super) const IMAGE_TAGS: &str = "imageTags";

const METADATA: &[Field] = &[text("name"), text("namespace"), pairs("labels"), pairs("annotations")];

const SORT_OPTIONS: &[Field] =
    &[text("order"), kept("legacySortOptions", Shape::Record(LEGACY_SORT_OPTIONS), Keep::Present)];

const LEGACY_SORT_OPTIONS: &[Field] =
    &[kept("orderFirst", TEXTS, Keep::Null), kept("orderLast", TEXTS, Keep::Null)];

const LABEL: &[Field] = &[
    pairs("pairs"),
    flag("includeSelectors"),
    flag("includeTemplates"),
    records("fields", &Shape::Record(FIELD_SPEC)),
];

const FIELD_SPEC: &[Field] = &[text("group"), text("version"), text("kind"), text("path"), flag("create")];

const PATCH: &[Field] = &[
    text("path"),
    text("patch"),
    kept("target", Shape::Record(SELECTOR), Keep::Present),
    kept("options", Shape::Record(PATCH_OPTIONS), Keep::Present),
];

const SELECTOR: &[Field] = &[
    text("group"),
    text("version"),
    text("kind"),
    text("name"),
    text("namespace"),
    text("annotationSelector"),
    text("labelSelector"),
];

const PATCH_OPTIONS: &[Field] = &[flag("allowNameChange"), flag("allowKindChange")];

const GENERATOR: &[Field] = &[
    text("namespace"),
    text("name"),
    text("behavior"),
    texts("literals"),
    texts("files"),
    texts("envs"),
    text("env"),
    kept("options", Shape::Record(GENERATOR_OPTIONS), Keep::Present),
];

const SECRET_GENERATOR: &[Field] = &[
    text("namespace"),
    text("name"),
    text("behavior"),
    texts("literals"),
    texts("files"),
    texts("envs"),
    text("env"),
    kept("options", Shape::Record(GENERATOR_OPTIONS), Keep::Present),
    text("type"),
];

const GENERATOR_OPTIONS: &[Field] =
    &[pairs("labels"), pairs("annotations"), flag("disableNameSuffixHash"), flag("immutable")];

const HELM_GLOBALS: &[Field] = &[text("chartHome"), text("configHome")];

const HELM_CHART: &[Field] = &[
    text("name"),
    text("version"),
    text("repo"),
    text("releaseName"),
    text("namespace"),
    texts("additionalValuesFiles"),
    text("valuesFile"),
    filled("valuesInline", Shape::Tree),
    text("valuesMerge"),
    flag("includeCRDs"),
    flag("skipHooks"),
    texts("apiVersions"),
    text("kubeVersion"),
    text("nameTemplate"),
    flag("skipTests"),
    flag("debug"),
    flag("devel"),
];

const HELM_CHART_INFLATION: &[Field] = &[
    text("chartName"),
    text("chartVersion"),
    text("chartRepoUrl"),
    text("chartHome"),
    text("chartRepoName"),
    text("helmBin"),
    text("helmHome"),
    text("values"),
    filled("valuesLocal", Shape::Tree),
    text("valuesMerge"),
    text("releaseName"),
    text("releaseNamespace"),
    texts("extraArgs"),
];

const VAR: &[Field] = &[
    kept("name", Shape::Text, Keep::Always),
    kept("objref", Shape::Record(VAR_TARGET), Keep::Always),
    kept("fieldref", Shape::Record(VAR_FIELD), Keep::Always),
];

const VAR_TARGET: &[Field] = &[
    text("apiVersion"),
    text("group"),
    text("version"),
    text("kind"),
    kept("name", Shape::Text, Keep::Always),
    text("namespace"),
];

const VAR_FIELD: &[Field] = &[text("fieldPath")];

const IMAGE: &[Field] = &[text("name"), text("newName"), text("tagSuffix"), text("newTag"), text("digest")];

const REPLICA: &[Field] = &[text("name"), kept("count", Shape::Integer, Keep::Always)];

const REPLACEMENT: &[Field] = &[
    kept("source", Shape::Record(REPLACEMENT_SOURCE), Keep::Present),
    records("targets", &Shape::Record(REPLACEMENT_TARGET)),
    kept("sourceValue", Shape::Text, Keep::Present),
    text("path"),
];

const REPLACEMENT_SOURCE: &[Field] = &[
    text("group"),
    text("version"),
    text("kind"),
    text("name"),
    text("namespace"),
    text("fieldPath"),
    kept("options", Shape::Record(FIELD_OPTIONS), Keep::Present),
];

const REPLACEMENT_TARGET: &[Field] = &[
    kept("select", Shape::Record(SELECTOR), Keep::Null),
    records("reject", &Shape::Record(SELECTOR)),
    texts("fieldPaths"),
    kept("options", Shape::Record(FIELD_OPTIONS), Keep::Present),
];

const FIELD_OPTIONS: &[Field] =
    &[text("delimiter"), filled("index", Shape::Integer), text("encoding"), flag("create")];
