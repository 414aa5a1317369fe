//! Field by field: a kustomization file's tree to [`Kustomization`].

use std::collections::BTreeSet;

use hub_yaml::{Node, Span};

use super::{
    COMPONENT, GeneratorArgs, GeneratorOptions, Image, Kustomization, LabelSet, LegacySortOptions, Patch,
    Replica, SortOptions, Var,
    decode::{Decoder, is_null},
};
use crate::{
    error::{Error, Result},
    id::{Gvk, split_api_version},
};

const FIELDS: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata",
    "openapi",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "commonAnnotations",
    "patchesStrategicMerge",
    "patchesJson6902",
    "patches",
    "images",
    "imageTags",
    "replacements",
    "replicas",
    "vars",
    "sortOptions",
    "resources",
    "components",
    "crds",
    "bases",
    "configMapGenerator",
    "secretGenerator",
    "helmGlobals",
    "helmCharts",
    "helmChartInflationGenerator",
    "generatorOptions",
    "configurations",
    "generators",
    "transformers",
    "validators",
    "buildMetadata",
];

/// Deprecated fields, what stands for them now, and whether the fix is an experiment; in the order of the warnings.
const DEPRECATED: [(&str, &str, &str); 6] = [
    ("bases", "resources", ""),
    ("commonLabels", "labels", ""),
    ("imageTags", "images", ""),
    ("patchesJson6902", "patches", ""),
    ("patchesStrategicMerge", "patches", ""),
    ("vars", "replacements", "[EXPERIMENTAL] "),
];

impl Kustomization {
    /// Reads the text of a kustomization file; `file` is its name for messages.
    ///
    /// # Errors
    /// It is not YAML, has an unknown field, a value of the wrong type, or nothing at all.
    pub(crate) fn parse(text: &str, file: &str) -> Result<Self> {
        let root = hub_yaml::parse_first(text).map_err(|e| Error::yaml(file, &e))?;
        let Some(mut root) = root else {
            return Err(Error::invalid(file, Span::NONE, "the kustomization is empty"));
        };
        hub_yaml::expand_aliases(&mut root).map_err(|e| Error::yaml(file, &e))?;
        let decoder = Decoder::new(file);
        let mut kustomization = Kustomization::default();
        let mut bases = Vec::new();
        let mut image_tags = Vec::new();
        let mut seen = BTreeSet::new();
        let mut empty = true;
        for (name, value) in decoder.fields(&root, "kustomization")? {
            let Some(field) = FIELDS.iter().find(|field| field.eq_ignore_ascii_case(&name)) else {
                decoder.unknown(&root, &name, FIELDS)?;
                continue;
            };
            if is_null(value) {
                continue;
            }
            seen.insert(*field);
            empty &= matches!(*field, "kind" | "apiVersion") || value.text() == Some("");
            match *field {
                "bases" => bases = decoder.texts(value, field)?,
                "imageTags" => image_tags = decoder.list(value, field, Decoder::image)?,
                _ => kustomization.read_field(decoder, field, value)?,
            }
        }
        if empty {
            return Err(Error::invalid(file, root.span(), "the kustomization is empty"));
        }
        kustomization.resources.append(&mut bases);
        kustomization.images.append(&mut image_tags);
        for (old, new, note) in DEPRECATED.iter().filter(|(old, ..)| seen.contains(old)) {
            kustomization.warnings.push(format!(
                "'{old}' is deprecated. Please use '{new}' instead. {note}Run 'kustomize edit fix' to update your Kustomization automatically."
            ));
        }
        kustomization.check_type(file, &root)?;
        Ok(kustomization)
    }

    fn check_type(&mut self, file: &str, root: &Node) -> Result<()> {
        let at = |key: &str| {
            let entry =
                root.entries().iter().find(|(k, _)| k.text().is_some_and(|k| k.eq_ignore_ascii_case(key)));
            entry.map_or(root.span(), |(_, value)| value.span())
        };
        match self.kind.as_str() {
            "" => self.kind = "Kustomization".into(),
            "Kustomization" | COMPONENT => {}
            other => {
                let message = format!("kind is '{other}': must be Kustomization or Component");
                return Err(Error::invalid(file, at("kind"), message));
            }
        }
        let version = if self.kind == COMPONENT {
            "kustomize.config.k8s.io/v1alpha1"
        } else {
            "kustomize.config.k8s.io/v1beta1"
        };
        match self.api_version.as_str() {
            "" => self.api_version = version.into(),
            known if known == version => {}
            other => {
                let message = format!("apiVersion is '{other}': for {} it must be {version}", self.kind);
                return Err(Error::invalid(file, at("apiVersion"), message));
            }
        }
        Ok(())
    }

    fn read_field(&mut self, d: Decoder<'_>, field: &str, value: &Node) -> Result<()> {
        match field {
            "apiVersion" => self.api_version = d.text(value, field)?,
            "kind" => self.kind = d.text(value, field)?,
            "metadata" => d.object_meta(value)?,
            "openapi" => self.openapi = d.text_map(value, field)?,
            "namePrefix" => self.name_prefix = d.text(value, field)?,
            "nameSuffix" => self.name_suffix = d.text(value, field)?,
            "namespace" => self.namespace = d.text(value, field)?,
            "commonLabels" => self.common_labels = d.text_map(value, field)?,
            "labels" => self.labels = d.list(value, field, Decoder::label_set)?,
            "commonAnnotations" => self.common_annotations = d.text_map(value, field)?,
            "patchesStrategicMerge" => self.patches_strategic_merge = d.texts(value, field)?,
            "patchesJson6902" => self.patches_json6902 = d.list(value, field, Decoder::patch)?,
            "patches" => self.patches = d.list(value, field, Decoder::patch)?,
            "images" => self.images = d.list(value, field, Decoder::image)?,
            "replacements" => self.replacements = d.list(value, field, Decoder::replacement_field)?,
            "replicas" => self.replicas = d.list(value, field, Decoder::replica)?,
            "vars" => self.vars = d.list(value, field, Decoder::var)?,
            "sortOptions" => self.sort_options = Some(d.sort_options(value)?),
            "resources" => self.resources = d.texts(value, field)?,
            "components" => self.components = d.texts(value, field)?,
            "crds" => self.crds = d.texts(value, field)?,
            "configMapGenerator" => {
                self.config_map_generator = d.list(value, field, Decoder::config_map_args)?
            }
            "secretGenerator" => self.secret_generator = d.list(value, field, Decoder::secret_args)?,
            "helmGlobals" => self.helm_globals = Some(d.helm_globals(value)?),
            "helmCharts" => {
                let mut charts = d.list(value, field, Decoder::helm_chart)?;
                charts.append(&mut self.helm_charts);
                self.helm_charts = charts;
            }
            "helmChartInflationGenerator" => {
                for item in d.items(value, field)? {
                    let (chart, globals) = d.helm_chart_args(item)?;
                    self.helm_charts.push(chart);
                    if let Some(globals) = globals {
                        self.helm_globals.get_or_insert(globals);
                    }
                }
            }
            "generatorOptions" => self.generator_options = Some(d.generator_options(value)?),
            "configurations" => self.configurations = d.texts(value, field)?,
            "generators" => self.generators = d.texts(value, field)?,
            "transformers" => self.transformers = d.texts(value, field)?,
            "validators" => self.validators = d.texts(value, field)?,
            _ => self.build_metadata = d.texts(value, field)?,
        }
        Ok(())
    }
}

impl Decoder<'_> {
    pub(crate) fn list<T>(
        self,
        node: &Node,
        field: &str,
        read: impl Fn(&Self, &Node) -> Result<T>,
    ) -> Result<Vec<T>> {
        let items = self.items(node, field)?.iter();
        items.map(|item| read(&self, item)).collect()
    }

    /// `metadata` of a kustomization: checked, not used.
    fn object_meta(&self, node: &Node) -> Result<()> {
        for (name, value) in self.fields(node, "metadata")? {
            match name.to_ascii_lowercase().as_str() {
                "name" | "namespace" => {
                    self.text(value, &format!("metadata.{name}"))?;
                }
                "labels" | "annotations" => {
                    self.text_map(value, &format!("metadata.{name}"))?;
                }
                _ => self.unknown(node, &name, &["name", "namespace", "labels", "annotations"])?,
            }
        }
        Ok(())
    }

    pub(crate) fn label_set(&self, node: &Node) -> Result<LabelSet> {
        let mut set = LabelSet::default();
        for (name, value) in self.fields(node, "labels")? {
            match name.to_ascii_lowercase().as_str() {
                "pairs" => set.pairs = self.text_map(value, "labels.pairs")?,
                "includeselectors" => {
                    set.include_selectors = self.boolean(value, "labels.includeSelectors")?
                }
                "includetemplates" => {
                    set.include_templates = self.boolean(value, "labels.includeTemplates")?
                }
                "fields" => set.fields = self.field_specs(value, "labels.fields")?,
                _ => {
                    let known = ["pairs", "includeSelectors", "includeTemplates", "fields"];
                    self.unknown(node, &name, &known)?;
                }
            }
        }
        Ok(set)
    }

    pub(crate) fn patch(&self, node: &Node) -> Result<Patch> {
        let mut patch = Patch::default();
        for (name, value) in self.fields(node, "patches")? {
            match name.to_ascii_lowercase().as_str() {
                "path" => patch.path = self.text(value, "patches.path")?,
                "patch" => patch.patch = self.text(value, "patches.patch")?,
                "target" if is_null(value) => {}
                "target" => patch.target = Some(self.selector(value)?),
                "options" => self.patch_options(value, &mut patch)?,
                _ => self.unknown(node, &name, &["path", "patch", "target", "options"])?,
            }
        }
        Ok(patch)
    }

    pub(crate) fn patch_options(&self, node: &Node, patch: &mut Patch) -> Result<()> {
        for (name, value) in self.fields(node, "patches.options")? {
            match name.to_ascii_lowercase().as_str() {
                "allownamechange" => patch.allow_name_change = self.boolean(value, "allowNameChange")?,
                "allowkindchange" => patch.allow_kind_change = self.boolean(value, "allowKindChange")?,
                _ => self.unknown(node, &name, &["allowNameChange", "allowKindChange"])?,
            }
        }
        Ok(())
    }

    pub(crate) fn image(&self, node: &Node) -> Result<Image> {
        let mut image = Image::default();
        for (name, value) in self.fields(node, "images")? {
            match name.to_ascii_lowercase().as_str() {
                "name" => image.name = self.text(value, "images.name")?,
                "newname" => image.new_name = self.text(value, "images.newName")?,
                "tagsuffix" => image.tag_suffix = self.text(value, "images.tagSuffix")?,
                "newtag" => image.new_tag = self.text(value, "images.newTag")?,
                "digest" => image.digest = self.text(value, "images.digest")?,
                _ => self.unknown(node, &name, &["name", "newName", "tagSuffix", "newTag", "digest"])?,
            }
        }
        Ok(image)
    }

    pub(crate) fn replica(&self, node: &Node) -> Result<Replica> {
        let mut replica = Replica::default();
        for (name, value) in self.fields(node, "replicas")? {
            match name.to_ascii_lowercase().as_str() {
                "name" => replica.name = self.text(value, "replicas.name")?,
                "count" => replica.count = self.integer(value, "replicas.count")?,
                _ => self.unknown(node, &name, &["name", "count"])?,
            }
        }
        Ok(replica)
    }

    fn var(&self, node: &Node) -> Result<Var> {
        let mut var = Var::default();
        for (name, value) in self.fields(node, "vars")? {
            match name.to_ascii_lowercase().as_str() {
                "name" => var.name = self.text(value, "vars.name")?,
                "objref" => self.var_object(value, &mut var)?,
                "fieldref" => {
                    for (name, inner) in self.fields(value, "vars.fieldref")? {
                        match name.to_ascii_lowercase().as_str() {
                            "fieldpath" => var.field_path = self.text(inner, "vars.fieldref.fieldPath")?,
                            _ => self.unknown(value, &name, &["fieldPath"])?,
                        }
                    }
                }
                _ => self.unknown(node, &name, &["name", "objref", "fieldref"])?,
            }
        }
        if var.field_path.is_empty() {
            var.field_path = "metadata.name".into();
        }
        Ok(var)
    }

    fn var_object(&self, node: &Node, var: &mut Var) -> Result<()> {
        let mut api_version = String::new();
        for (name, value) in self.fields(node, "vars.objref")? {
            match name.to_ascii_lowercase().as_str() {
                "apiversion" => api_version = self.text(value, "vars.objref.apiVersion")?,
                "name" => var.object_name = self.text(value, "vars.objref.name")?,
                "namespace" => var.object_namespace = self.text(value, "vars.objref.namespace")?,
                "group" => var.gvk.group = self.text(value, "vars.objref.group")?.into(),
                "version" => var.gvk.version = self.text(value, "vars.objref.version")?.into(),
                "kind" => var.gvk.kind = self.text(value, "vars.objref.kind")?.into(),
                _ => {
                    let known = ["apiVersion", "kind", "name", "namespace", "group", "version"];
                    self.unknown(node, &name, &known)?;
                }
            }
        }
        if !api_version.is_empty() {
            let (group, version) = split_api_version(&api_version);
            let group = if api_version.contains('/') { group.into() } else { var.gvk.group.clone() };
            var.gvk = Gvk { group, version: version.into(), kind: var.gvk.kind.clone() };
        }
        Ok(())
    }

    pub(crate) fn sort_options(&self, node: &Node) -> Result<SortOptions> {
        let mut options = SortOptions::default();
        for (name, value) in self.fields(node, "sortOptions")? {
            match name.to_ascii_lowercase().as_str() {
                "order" => options.order = self.text(value, "sortOptions.order")?,
                "legacysortoptions" if is_null(value) => {}
                "legacysortoptions" => {
                    let mut legacy = LegacySortOptions::default();
                    for (name, inner) in self.fields(value, "sortOptions.legacySortOptions")? {
                        match name.to_ascii_lowercase().as_str() {
                            "orderfirst" => legacy.order_first = self.texts(inner, "orderFirst")?,
                            "orderlast" => legacy.order_last = self.texts(inner, "orderLast")?,
                            _ => self.unknown(value, &name, &["orderFirst", "orderLast"])?,
                        }
                    }
                    options.legacy = Some(legacy);
                }
                _ => self.unknown(node, &name, &["order", "legacySortOptions"])?,
            }
        }
        Ok(options)
    }

    pub(crate) fn config_map_args(&self, node: &Node) -> Result<GeneratorArgs> {
        self.generator_args(node, "configMapGenerator", false)
    }

    pub(crate) fn secret_args(&self, node: &Node) -> Result<GeneratorArgs> {
        self.generator_args(node, "secretGenerator", true)
    }

    fn generator_args(&self, node: &Node, field: &str, secret: bool) -> Result<GeneratorArgs> {
        let mut args = GeneratorArgs::default();
        let mut env = String::new();
        for (name, value) in self.fields(node, field)? {
            if !self.generator_field(&name, value, &mut args, &mut env, secret)? {
                let mut known =
                    vec!["name", "namespace", "behavior", "literals", "files", "envs", "env", "options"];
                known.extend(secret.then_some("type"));
                self.unknown(node, &name, &known)?;
            }
        }
        if !env.is_empty() {
            args.envs.push(env);
        }
        Ok(args)
    }

    /// Reads one field of a generator; false if it is none.
    pub(crate) fn generator_field(
        &self,
        name: &str,
        value: &Node,
        args: &mut GeneratorArgs,
        env: &mut String,
        secret: bool,
    ) -> Result<bool> {
        match name.to_ascii_lowercase().as_str() {
            "name" => args.name = self.text(value, name)?,
            "namespace" => args.namespace = self.text(value, name)?,
            "behavior" => args.behavior = self.text(value, name)?,
            "literals" => args.literals = self.texts(value, name)?,
            "files" => args.files = self.texts(value, name)?,
            "envs" => args.envs = self.texts(value, name)?,
            "env" => *env = self.text(value, name)?,
            "options" if is_null(value) => {}
            "options" => args.options = Some(self.generator_options(value)?),
            "type" if secret => args.secret_type = self.text(value, name)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(crate) fn generator_options(&self, node: &Node) -> Result<GeneratorOptions> {
        let mut options = GeneratorOptions::default();
        for (name, value) in self.fields(node, "generatorOptions")? {
            match name.to_ascii_lowercase().as_str() {
                "labels" if is_null(value) => {}
                "annotations" if is_null(value) => {}
                "labels" => options.labels = Some(self.text_map(value, "generatorOptions.labels")?),
                "annotations" => {
                    options.annotations = Some(self.text_map(value, "generatorOptions.annotations")?)
                }
                "disablenamesuffixhash" => options.disable_name_suffix_hash = self.boolean(value, &name)?,
                "immutable" => options.immutable = self.boolean(value, &name)?,
                _ => {
                    let known = ["labels", "annotations", "disableNameSuffixHash", "immutable"];
                    self.unknown(node, &name, &known)?;
                }
            }
        }
        Ok(options)
    }
}
