//! Command lines of the cases as requests. Flags are `--name=value`, `--name value`, or switches.

use hub_kustomize::edit::{
    Add, Create, GeneratorChange, GeneratorValues, PatchReference, Remove, Request, Set,
};

/// A request.
pub(crate) enum Parsed {
    Create(Create),
    Edit(Request),
}

const SWITCHES: [&str; 9] = [
    "no-verify",
    "force",
    "without-selector",
    "include-templates",
    "ignore-non-existence",
    "disableNameSuffixHash",
    "autodetect",
    "recursive",
    "vars",
];

struct Line {
    words: Vec<String>,
    flags: Vec<(String, String)>,
}

impl Line {
    fn parse(arguments: &[String]) -> Self {
        let mut line = Line { words: Vec::new(), flags: Vec::new() };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if argument == "--" {
                line.words.extend(rest.by_ref().cloned());
                break;
            }
            let Some(flag) = argument.strip_prefix("--") else {
                line.words.push(argument.clone());
                continue;
            };
            let (name, value) = match flag.split_once('=') {
                Some((name, value)) => (name, value.to_owned()),
                None if SWITCHES.contains(&flag) => (flag, "true".to_owned()),
                None => (flag, rest.next().expect("a value follows").clone()),
            };
            line.flags.push((name.to_owned(), value));
        }
        line
    }

    fn all(&self, name: &str) -> Vec<String> {
        self.flags.iter().filter(|(flag, _)| flag == name).map(|(_, value)| value.clone()).collect()
    }

    fn last(&self, name: &str) -> String {
        self.all(name).pop().unwrap_or_default()
    }

    fn on(&self, name: &str) -> bool {
        self.last(name) == "true"
    }

    fn list(&self, name: &str) -> Vec<String> {
        split(&self.last(name))
    }

    fn patch(&self) -> PatchReference {
        PatchReference {
            path: self.last("path"),
            patch: self.last("patch"),
            group: self.last("group"),
            version: self.last("version"),
            kind: self.last("kind"),
            name: self.last("name"),
            namespace: self.last("namespace"),
            annotation_selector: self.last("annotation-selector"),
            label_selector: self.last("label-selector"),
        }
    }

    fn change(&self, name: &str) -> GeneratorChange {
        GeneratorChange {
            name: name.to_owned(),
            namespace: self.last("namespace"),
            files: self.all("from-file").iter().flat_map(|files| split(files)).collect(),
            literals: self.all("from-literal"),
            env_file: self.last("from-env-file"),
            behavior: self.last("behavior"),
            disable_name_suffix_hash: self.on("disableNameSuffixHash"),
        }
    }

    fn values(&self, name: &str) -> GeneratorValues {
        GeneratorValues {
            name: name.to_owned(),
            namespace: self.last("namespace"),
            literals: self.all("from-literal"),
            new_namespace: self.last("new-namespace"),
        }
    }
}

fn split(list: &str) -> Vec<String> {
    if list.is_empty() { Vec::new() } else { list.split(',').map(str::to_owned).collect() }
}

/// The request of a command line.
pub(crate) fn parse(arguments: &[String]) -> Parsed {
    let mut line = Line::parse(arguments);
    if line.words[0] == "create" {
        return Parsed::Create(Create {
            resources: line.list("resources"),
            namespace: line.last("namespace"),
            name_prefix: line.last("nameprefix"),
            name_suffix: line.last("namesuffix"),
            annotations: line.list("annotations"),
            labels: line.list("labels"),
            autodetect: line.on("autodetect"),
            recursive: line.on("recursive"),
        });
    }
    let verb = line.words[1].clone();
    if verb == "fix" {
        return Parsed::Edit(Request::Fix { vars: line.on("vars") });
    }
    let what = line.words[2].clone();
    line.words.drain(..3);
    Parsed::Edit(match verb.as_str() {
        "add" => Request::Add(add(&what, &line)),
        "remove" => Request::Remove(remove(&what, &line)),
        "set" => Request::Set(set(&what, &line)),
        other => panic!("unknown verb {other}"),
    })
}

fn add(what: &str, line: &Line) -> Add {
    let words = line.words.clone();
    let first = words.first().cloned().unwrap_or_default();
    match what {
        "resource" => Add::Resource { paths: words, verify: !line.on("no-verify") },
        "component" => Add::Component(words),
        "base" => Add::Base(split(&first)),
        "generator" => Add::Generator(words),
        "transformer" => Add::Transformer(words),
        "patch" => Add::Patch(line.patch()),
        "buildmetadata" => Add::BuildMetadata(split(&first)),
        "label" => Add::Label {
            pairs: words,
            force: line.on("force"),
            without_selector: line.on("without-selector"),
            include_templates: line.on("include-templates"),
        },
        "annotation" => Add::Annotation { pairs: words, force: line.on("force") },
        "configmap" => Add::ConfigMap(line.change(&first)),
        "secret" => {
            let secret_type = if line.last("type").is_empty() { "Opaque".into() } else { line.last("type") };
            Add::Secret { generator: line.change(&first), secret_type }
        }
        other => panic!("unknown item {other}"),
    }
}

fn remove(what: &str, line: &Line) -> Remove {
    let words = line.words.clone();
    let list = split(&words.first().cloned().unwrap_or_default());
    let ignore_missing = line.on("ignore-non-existence");
    let namespace = line.last("namespace");
    match what {
        "resource" => Remove::Resource(words),
        "transformer" => Remove::Transformer(words),
        "patch" => Remove::Patch(line.patch()),
        "label" => Remove::Label { keys: list, ignore_missing },
        "annotation" => Remove::Annotation { keys: list, ignore_missing },
        "buildmetadata" => Remove::BuildMetadata(list),
        "configmap" => Remove::ConfigMap { names: list, namespace },
        "secret" => Remove::Secret { names: list, namespace },
        other => panic!("unknown item {other}"),
    }
}

fn set(what: &str, line: &Line) -> Set {
    let words = line.words.clone();
    let first = words.first().cloned().unwrap_or_default();
    match what {
        "namespace" => Set::Namespace(first),
        "nameprefix" => Set::NamePrefix(first),
        "namesuffix" => Set::NameSuffix(first),
        "image" => Set::Image(words),
        "replicas" => Set::Replicas(words),
        "label" => Set::Label(words),
        "annotation" => Set::Annotation(words),
        "buildmetadata" => Set::BuildMetadata(split(&first)),
        "configmap" => Set::ConfigMap(line.values(&first)),
        "secret" => Set::Secret(line.values(&first)),
        other => panic!("unknown item {other}"),
    }
}
