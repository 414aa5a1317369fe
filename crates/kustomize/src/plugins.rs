//! Generators, transformers and validators that are configured by files of their own.
//!
//! Source: api `internal/plugins/loader/loader.go`, `internal/plugins/builtinhelpers/builtins.go`.

use hub_yaml::{Node, Value};

use crate::{
    accumulate::Target,
    error::{Error, Result},
    field_spec::FieldSpec,
    functions::FunctionRequest,
    generators::data::{self, Kind},
    helm,
    kustomization::{GeneratorArgs, HelmChart, HelmGlobals, Image, Patch, Replica, decode::Decoder},
    meta, read,
    replacements::{self, Replacements},
    resource::Resource,
    resource_set::ResourceSet,
    schema::Schema,
    transformers::{
        Affix, Annotations, Hash, Images, Json6902, Labels, Namespace, Patches, Replicas, Side,
        StrategicMerge, Subjects, Transform, ValueAdd, ValueTarget, load_strategic,
    },
};

const FUNCTION: &str = "config.kubernetes.io/function";

fn is_builtin(config: &Resource) -> bool {
    config.api_version() == "builtin"
}

fn decoder_name(config: &Resource) -> String {
    format!("{} {}", config.kind(), config.name())
}

/// A configuration as the original hands it on: printed, and so with all texts in quotes.
fn printed(config: &Resource) -> Result<Resource> {
    let mut config = config.clone();
    let settled = crate::patch::json::settle(&mut config.node);
    settled.map_err(|source| config.unprintable(source))?;
    Ok(config)
}

/// The resources of a generator.
///
/// # Errors
/// It is none, or its configuration is faulty.
pub(crate) fn generate(target: &Target<'_, '_>, config: &Resource) -> Result<Vec<Resource>> {
    if !is_builtin(config) {
        return run(target, config, Vec::new());
    }
    let config = &printed(config)?;
    let name = decoder_name(config);
    let d = Decoder::lenient(&name);
    match config.kind() {
        "ConfigMapGenerator" | "SecretGenerator" => {
            let secret = config.kind() == "SecretGenerator";
            let mut args = GeneratorArgs::default();
            let mut env = String::new();
            for (field, value) in d.fields(&config.node, &name)? {
                d.generator_field(&field, value, &mut args, &mut env, secret)?;
            }
            if args.name.is_empty() {
                args.name = config.name().to_owned();
            }
            if args.namespace.is_empty() {
                args.namespace = config.namespace().to_owned();
            }
            let kind = if secret { Kind::Secret } else { Kind::ConfigMap };
            Ok(vec![data::generate(kind, &args, &target.root)?])
        }
        "HelmChartInflationGenerator" => {
            let mut chart = HelmChart::default();
            let mut globals = HelmGlobals::default();
            for (field, value) in d.fields(&config.node, &name)? {
                match field.to_ascii_lowercase().as_str() {
                    "charthome" => globals.chart_home = d.text(value, &field)?,
                    "confighome" => globals.config_home = d.text(value, &field)?,
                    _ => {
                        d.helm_chart_field(&field, value, &mut chart)?;
                    }
                }
            }
            helm::inflate_with(target, &chart, &globals)
        }
        "IAMPolicyGenerator" => iam_policy(&d, config),
        other => Err(Error::step("generators", format!("'{other}' is no built-in generator"))),
    }
}

/// A service account for the workload identity of a cloud.
///
/// Source: api `filters/iampolicygenerator/iampolicygenerator.go`.
fn iam_policy(d: &Decoder<'_>, config: &Resource) -> Result<Vec<Resource>> {
    let text = |path: &[&str]| config.node.at(path).and_then(Node::text).unwrap_or_default();
    if text(&["cloud"]) != "gke" {
        return d.fail(&config.node, "cloud must be gke");
    }
    let mut node = Node::mapping();
    node.push_entry(Node::string("apiVersion"), Node::string("v1"));
    node.push_entry(Node::string("kind"), Node::string("ServiceAccount"));
    let account = format!(
        "{}@{}.iam.gserviceaccount.com",
        text(&["serviceAccount", "name"]),
        text(&["serviceAccount", "projectId"])
    );
    let metadata = meta::child_mapping(&mut node, "metadata");
    let annotations = meta::child_mapping(metadata, "annotations");
    meta::set_field(annotations, "iam.gke.io/gcp-service-account", Node::string(account));
    meta::set_field(metadata, "name", Node::string(text(&["kubernetesService", "name"])));
    let namespace = text(&["kubernetesService", "namespace"]);
    if !namespace.is_empty() {
        meta::set_field(metadata, "namespace", Node::string(namespace));
    }
    Ok(vec![Resource::new(node)])
}

/// A transformer.
///
/// # Errors
/// It is none, or its configuration is faulty.
pub(crate) fn transformer<'t>(
    target: &'t Target<'_, '_>,
    config: &Resource,
) -> Result<Box<dyn Transform + 't>> {
    if !is_builtin(config) {
        return Ok(Box::new(Function { target, config: config.clone() }));
    }
    let config = &printed(config)?;
    let name = decoder_name(config);
    let d = Decoder::lenient(&name);
    let node = &config.node;
    let specs = || -> Result<Vec<FieldSpec>> { specs_of(&d, node) };
    Ok(match config.kind() {
        "AnnotationsTransformer" => {
            Box::new(Annotations { annotations: map_of(&d, node, "annotations")?, field_specs: specs()? })
        }
        "LabelTransformer" => Box::new(Labels { labels: map_of(&d, node, "labels")?, field_specs: specs()? }),
        "HashTransformer" => Box::new(Hash),
        "ImageTagTransformer" => Box::new(Images {
            image: match field(node, "imageTag") {
                Some(value) => d.image(value)?,
                None => Image::default(),
            },
            field_specs: specs()?,
        }),
        "NamespaceTransformer" => Box::new(namespace(&d, config, specs()?)?),
        "PatchJson6902Transformer" => Box::new(Json6902::read(&patch_of(&d, node, "jsonOp")?, &target.root)?),
        "PatchTransformer" => Box::new(Patches::read(&patch_of(&d, node, "patch")?, &target.root)?),
        "PatchStrategicMergeTransformer" => {
            Box::new(StrategicMerge { patches: strategic(&d, node, target, &name)? })
        }
        "PrefixTransformer" => Box::new(affix(&d, node, Side::Before, "prefix")?),
        "SuffixTransformer" => Box::new(affix(&d, node, Side::After, "suffix")?),
        "PrefixSuffixTransformer" => {
            Box::new(Both(affix(&d, node, Side::Before, "prefix")?, affix(&d, node, Side::After, "suffix")?))
        }
        "ReplacementTransformer" => {
            let fields = match field(node, "replacements") {
                Some(value) => d.list(value, "replacements", Decoder::replacement_field)?,
                None => Vec::new(),
            };
            Box::new(Replacements::new(replacements::load(&fields, &target.root)?))
        }
        "ReplicaCountTransformer" => Box::new(Replicas {
            replica: match field(node, "replica") {
                Some(value) => d.replica(value)?,
                None => Replica::default(),
            },
            field_specs: specs()?,
        }),
        "ValueAddTransformer" => Box::new(value_add(&d, node, target)?),
        other => {
            return Err(Error::step("transformers", format!("'{other}' is no built-in transformer")));
        }
    })
}

/// A field whose name may be in any case.
fn field<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let mut entries = node.entries().iter();
    entries
        .find(|(key, value)| key.text().is_some_and(|key| key.eq_ignore_ascii_case(name)) && !value.is_null())
        .map(|(_, value)| value)
}

fn map_of(d: &Decoder<'_>, node: &Node, name: &str) -> Result<std::collections::BTreeMap<String, String>> {
    field(node, name).map(|value| d.text_map(value, name)).unwrap_or_else(|| Ok(Default::default()))
}

fn text_of(d: &Decoder<'_>, node: &Node, name: &str) -> Result<String> {
    field(node, name).map(|value| d.text(value, name)).unwrap_or_else(|| Ok(String::new()))
}

fn specs_of(d: &Decoder<'_>, node: &Node) -> Result<Vec<FieldSpec>> {
    field(node, "fieldSpecs")
        .map(|value| d.field_specs(value, "fieldSpecs"))
        .unwrap_or_else(|| Ok(Vec::new()))
}

fn affix(d: &Decoder<'_>, node: &Node, side: Side, name: &str) -> Result<Affix> {
    if field(node, "fieldSpecs").is_none() {
        return d.fail(node, "fieldSpecs must be there");
    }
    Ok(Affix { side, text: text_of(d, node, name)?, field_specs: specs_of(d, node)? })
}

fn namespace(d: &Decoder<'_>, config: &Resource, field_specs: Vec<FieldSpec>) -> Result<Namespace> {
    let mode = text_of(d, &config.node, "setRoleBindingSubjects")?;
    let Some(subjects) = Subjects::parse(&mode) else {
        let message =
            format!("setRoleBindingSubjects is '{mode}': must be defaultOnly, none or allServiceAccounts");
        return d.fail(&config.node, message);
    };
    Ok(Namespace {
        namespace: config.namespace().to_owned(),
        field_specs,
        unset_only: match field(&config.node, "unsetOnly") {
            Some(value) => d.boolean(value, "unsetOnly")?,
            None => false,
        },
        subjects,
    })
}

/// A patch; `content` is the name of the field that has it inline.
fn patch_of(d: &Decoder<'_>, node: &Node, content: &str) -> Result<Patch> {
    let mut patch =
        Patch { path: text_of(d, node, "path")?, patch: text_of(d, node, content)?, ..Patch::default() };
    if let Some(target) = field(node, "target") {
        patch.target = Some(d.selector(target)?);
    }
    if let Some(options) = field(node, "options") {
        d.patch_options(options, &mut patch)?;
    }
    Ok(patch)
}

fn strategic(d: &Decoder<'_>, node: &Node, target: &Target<'_, '_>, name: &str) -> Result<Vec<Resource>> {
    let paths = match field(node, "paths") {
        Some(value) => d.texts(value, "paths")?,
        None => Vec::new(),
    };
    let inline = text_of(d, node, "patches")?;
    if paths.is_empty() && inline.is_empty() {
        return d.fail(node, "neither paths nor patches are there");
    }
    let mut patches = if paths.is_empty() { Vec::new() } else { load_strategic(&paths, &target.root, name)? };
    patches.extend(read::objects(&inline, name)?.into_iter().map(Resource::new));
    if patches.is_empty() {
        return d.fail(node, "the patches are empty");
    }
    Ok(patches)
}

fn value_add(d: &Decoder<'_>, node: &Node, target: &Target<'_, '_>) -> Result<ValueAdd> {
    let mut value = text_of(d, node, "value")?.trim().to_owned();
    if value.is_empty() {
        value = target.root.folder.rsplit('/').next().unwrap_or_default().to_owned();
    }
    let mut targets = Vec::new();
    let mut add = |list: &Node| -> Result<()> {
        for item in d.items(list, "targets")? {
            let mut found = ValueTarget::default();
            for (name, value) in d.fields(item, "targets")? {
                match name.to_ascii_lowercase().as_str() {
                    "selector" => found.selector = Some(d.selector(value)?),
                    "fieldpath" => found.field_path = d.text(value, &name)?,
                    "filepathposition" => found.file_path_position = d.integer(value, &name)?,
                    _ => {}
                }
            }
            if found.field_path.is_empty() {
                return d.fail(item, "fieldPath must be there");
            }
            if found.file_path_position < 0 {
                return d.fail(item, "filePathPosition cannot be negative");
            }
            targets.push(found);
        }
        Ok(())
    };
    if let Some(list) = field(node, "targets") {
        add(list)?;
    }
    let path = text_of(d, node, "targetFilePath")?;
    if !path.is_empty() {
        let text = target.root.load_text(&path)?;
        let document = hub_yaml::parse_first(&text).map_err(|e| Error::yaml(&path, &e))?.unwrap_or_default();
        if let Some(list) = field(&document, "targets") {
            add(list)?;
        }
    }
    if targets.is_empty() {
        return d.fail(node, "there must be at least one target");
    }
    Ok(ValueAdd { value, targets })
}

struct Both(Affix, Affix);

impl Transform for Both {
    fn transform(&self, set: &mut ResourceSet, schema: &Schema) -> Result<()> {
        self.0.transform(set, schema)?;
        self.1.transform(set, schema)
    }
}

/// A transformer that is a program.
struct Function<'t, 'l, 'c> {
    target: &'t Target<'l, 'c>,
    config: Resource,
}

impl Transform for Function<'_, '_, '_> {
    fn transform(&self, set: &mut ResourceSet, schema: &Schema) -> Result<()> {
        let before = std::mem::take(set.list_mut());
        let after = run(self.target, &self.config, before)?;
        let mut changed = ResourceSet::default();
        after.into_iter().try_for_each(|resource| changed.append(resource, schema))?;
        *set = changed;
        Ok(())
    }
}

/// Runs a program on resources.
fn run(target: &Target<'_, '_>, config: &Resource, resources: Vec<Resource>) -> Result<Vec<Resource>> {
    let kind = config.kind().to_owned();
    let Some(runner) = target.context.options.functions else {
        let message = format!("'{kind}' is not built in: must specify --enable-alpha-plugins");
        return Err(Error::step("plugins", message));
    };
    let Some(function) = meta::annotation(&config.node, FUNCTION) else {
        let message = format!("'{kind}' has no annotation {FUNCTION}: other plugins are not run");
        return Err(Error::step("plugins", message));
    };
    let mut list = Node::mapping();
    list.push_entry(Node::string("apiVersion"), Node::string("config.kubernetes.io/v1"));
    list.push_entry(Node::string("kind"), Node::string("ResourceList"));
    let mut items = Vec::with_capacity(resources.len());
    for mut resource in resources {
        resource.write_history();
        items.push(resource.node);
    }
    list.push_entry(Node::string("items"), Node::new(Value::Sequence(items)));
    list.push_entry(Node::string("functionConfig"), config.node.clone());
    let input = hub_yaml::emit(&list).map_err(|e| Error::step("plugins", e.to_string()))?;
    let request = FunctionRequest { folder: &target.root.folder, function, input: &input };
    let output =
        runner.run(&request).map_err(|message| Error::step("plugins", format!("'{kind}': {message}")))?;
    let nodes = read::objects(&output, &kind)?;
    Ok(nodes.into_iter().map(Resource::new).collect())
}

/// Checks that a validator left the resources as they were, but for the label `validated-by`.
///
/// # Errors
/// It changed them.
pub(crate) fn check_unchanged(
    before: &ResourceSet,
    after: &ResourceSet,
    config: &Resource,
    schema: &Schema,
) -> Result<()> {
    let fail = |what: String| {
        let message = format!("{} {} must not change resources, but {what}", config.kind(), config.name());
        Err(Error::step("validators", message))
    };
    if before.len() != after.len() {
        return fail(format!("made {} of {}", after.len(), before.len()));
    }
    for resource in before {
        let id = resource.id(schema);
        let Some(other) = after.iter().find(|other| other.id(schema).same(&id)) else {
            return fail(format!("{id} is gone"));
        };
        let mut other = other.node.clone();
        let mut labels = meta::metadata_map(&other, "labels");
        if labels.remove("validated-by").is_some() {
            meta::set_metadata_map(&mut other, "labels", &labels);
        }
        if !identical(&resource.node, &other) {
            return fail(format!("{id} is another one"));
        }
    }
    Ok(())
}

/// Whether two trees are the same, also in how they are written and where they come from: the original compares so.
fn identical(a: &Node, b: &Node) -> bool {
    let same = a.tag() == b.tag() && a.style == b.style && a.span() == b.span();
    same && match (&a.value, &b.value) {
        (Value::Mapping(x), Value::Mapping(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| identical(&x.0, &y.0) && identical(&x.1, &y.1))
        }
        (Value::Sequence(x), Value::Sequence(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| identical(x, y))
        }
        _ => a.text() == b.text(),
    }
}
