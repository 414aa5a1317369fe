//! Edits of `configMapGenerator` and `secretGenerator`.
//!
//! In: what is to be in a generator. Out: the generator, tried out: its files must be there, its keys differ. Refuses to
//! know what it generates.
//!
//! Source: `commands/edit/add/addconfigmap.go`, `addsecret.go`, `commands/edit/set/setconfigmap.go`,
//! `commands/internal/util/configmapSecretFlagsAndArgs.go`, api `types/generatoroptions.go`.

use hub_yaml::Node;

use super::{
    Changed, Edit, decode,
    error::{Error, Result},
    generator_sources,
    kustomization_file::{KustomizationFile, append},
    pattern,
};

/// A generator that is made, or sources that are added to one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GeneratorChange {
    /// The generator's name.
    pub name: String,
    /// The generator's namespace; empty is the same as `default`.
    pub namespace: String,
    /// `path` or `key=path` each; paths may be patterns.
    pub files: Vec<String>,
    /// `key=value` each.
    pub literals: Vec<String>,
    /// A file of `key=value` lines; empty for none. It stands alone.
    pub env_file: String,
    /// `create`, `merge` or `replace`; empty to leave it.
    pub behavior: String,
    /// Whether names get no hash.
    pub disable_name_suffix_hash: bool,
}

/// New values of a generator that the file has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GeneratorValues {
    /// The generator's name.
    pub name: String,
    /// The generator's namespace; empty is the same as `default`.
    pub namespace: String,
    /// `key=value` each, for keys that are there.
    pub literals: Vec<String>,
    /// The namespace it gets; empty to leave it.
    pub new_namespace: String,
}

/// What is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    ConfigMap,
    Secret,
}

impl Kind {
    pub(super) fn field(self) -> &'static str {
        match self {
            Kind::ConfigMap => "configMapGenerator",
            Kind::Secret => "secretGenerator",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::ConfigMap => "configmap",
            Kind::Secret => "secret",
        }
    }
}

/// Adds a generator, or sources to the one of the same name and namespace.
pub(super) fn add(
    file: &mut KustomizationFile,
    edit: &mut Edit<'_>,
    kind: Kind,
    change: &GeneratorChange,
    secret_type: &str,
) -> Result<Changed> {
    let files = expand(&change.files, edit)?;
    check(change, &files)?;
    let options = file.get("generatorOptions").cloned();
    let generators = file.items_mut(kind.field());
    let at = generators.iter().position(|known| is_named(known, &change.name, &change.namespace));
    let at = at.unwrap_or_else(|| {
        let fields = [("namespace", &*change.namespace), ("name", &*change.name), ("type", secret_type)];
        let filled = fields.into_iter().filter(|(_, value)| !value.is_empty());
        generators.push(decode::mapping(filled.map(|(name, value)| (name, decode::text(value))).collect()));
        generators.len() - 1
    });
    let generator = &mut generators[at];
    let texts = |values: &[String]| values.iter().map(|value| decode::text(value)).collect::<Vec<_>>();
    append(generator, "literals", texts(&change.literals));
    append(generator, "files", texts(&files));
    if !change.env_file.is_empty() {
        append(generator, "envs", [decode::text(&change.env_file)]);
    }
    if change.disable_name_suffix_hash {
        generator.set("options", decode::mapping(vec![("disableNameSuffixHash", decode::flag(true))]));
    }
    if !change.behavior.is_empty() {
        generator.set("behavior", decode::text(&change.behavior));
    }
    merge_options(generator, options.as_ref());
    generator_sources::check(generator, kind, edit.folder)?;
    Ok(Changed::Yes)
}

/// Sets values of a generator that is there.
pub(super) fn set(
    file: &mut KustomizationFile,
    edit: &Edit<'_>,
    kind: Kind,
    values: &GeneratorValues,
) -> Result<()> {
    if values.literals.is_empty() && values.new_namespace.is_empty() {
        return Err(Error::request("at least one of [--from-literal, --new-namespace] must be specified"));
    }
    let options = file.get("generatorOptions").cloned();
    let generators = file.items_mut(kind.field());
    let generator = generators.iter_mut().find(|known| is_named(known, &values.name, &values.namespace));
    let generator =
        generator.ok_or_else(|| Error::NotThere { what: kind.name(), name: values.name.clone() })?;
    if !values.literals.is_empty() {
        set_literals(generator, kind, values)?;
    }
    if !values.new_namespace.is_empty() {
        generator.set("namespace", decode::text(&values.new_namespace));
    }
    merge_options(generator, options.as_ref());
    generator_sources::check(generator, kind, edit.folder)
}

/// Whether a generator has a name and a namespace.
pub(super) fn is_named(generator: &Node, name: &str, namespace: &str) -> bool {
    let or_default =
        |namespace: &str| if namespace.is_empty() { "default".to_owned() } else { namespace.to_owned() };
    let own = |field: &str| generator.get(field).and_then(Node::text).unwrap_or_default().to_owned();
    own("name") == name && or_default(&own("namespace")) == or_default(namespace)
}

fn check(change: &GeneratorChange, files: &[String]) -> Result<()> {
    let (has_env, has_others) =
        (!change.env_file.is_empty(), !(files.is_empty() && change.literals.is_empty()));
    let message = match (has_env, has_others) {
        (false, false) => "at least from-env-file, or from-file or from-literal must be set",
        (true, true) => "from-env-file cannot be combined with from-file or from-literal",
        _ if matches!(&*change.behavior, "" | "create" | "merge" | "replace") => return Ok(()),
        _ => "invalid behavior: must be one of \"create\", \"merge\", or \"replace\"",
    };
    Err(Error::request(message))
}

/// Patterns in `--from-file` to files. One with a key must match a single file.
fn expand(sources: &[String], edit: &mut Edit<'_>) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for source in sources {
        let parts: Vec<&str> = source.split('=').collect();
        let (key, path) = match parts[..] {
            [key, path] => (key, path),
            _ => ("", parts[0]),
        };
        let found = pattern::find(edit.folder, path)?;
        if found.is_empty() {
            edit.remarks.push(format!("{path} has no match"));
        }
        match (key, &found[..]) {
            ("", _) => files.extend(found),
            (key, [only]) => files.push(format!("{key}={only}")),
            _ => {
                let message = format!("'{source}' matches {} files, should match one", found.len());
                return Err(Error::request(message));
            }
        }
    }
    Ok(files)
}

/// Puts new values in place of old ones. All literals must be `key=value` with one `=`.
fn set_literals(generator: &mut Node, kind: Kind, values: &GeneratorValues) -> Result<()> {
    let failed = |message: String| Error::Generator { what: kind.name(), name: values.name.clone(), message };
    let split = |literal: &str| match literal.split('=').collect::<Vec<_>>()[..] {
        [key, value] => Ok((key.to_owned(), value.to_owned())),
        _ => Err(failed(format!("'{literal}' is no literal in the key=value format"))),
    };
    let mut literals: Vec<(String, String)> = Vec::new();
    let set = |literals: &mut Vec<(String, String)>, key: String, value: String| match literals
        .iter_mut()
        .find(|(known, _)| *known == key)
    {
        Some(known) => known.1 = value,
        None => literals.push((key, value)),
    };
    for literal in generator.get("literals").map_or(&[][..], Node::items) {
        let (key, value) = split(literal.text().unwrap_or_default())?;
        set(&mut literals, key, value);
    }
    for literal in &values.literals {
        let (key, value) = split(literal)?;
        if literals.iter().all(|(known, _)| *known != key) {
            return Err(failed(format!("it has no key '{key}': add it with `edit add {}`", kind.name())));
        }
        set(&mut literals, key, value);
    }
    let mut nodes = Node::sequence();
    for (key, value) in literals {
        nodes.push(decode::text(&format!("{key}={value}")));
    }
    generator.set("literals", nodes);
    Ok(())
}

/// Gives a generator the options of all generators, where it has none of its own.
fn merge_options(generator: &mut Node, global: Option<&Node>) {
    let Some(global) = global else { return };
    let mut options = generator.get("options").cloned().unwrap_or_else(Node::mapping);
    for (key, value) in global.entries() {
        let key = key.text().unwrap_or_default();
        if !value.is_mapping() {
            options.set(key, value.clone());
            continue;
        }
        let mut pairs = options.get(key).cloned().unwrap_or_else(Node::mapping);
        for (name, value) in value.entries() {
            let name = name.text().unwrap_or_default();
            if pairs.get(name).is_none() {
                pairs.set(name, value.clone());
            }
        }
        options.set(key, pairs);
    }
    generator.set("options", options);
}
