//! Where resources come from, as annotations say on demand (`buildMetadata`).
//!
//! Source: api `resource/origin.go`.

use hub_yaml::{Node, Text};

use crate::{
    loader::{RepositorySpec, normalize},
    meta,
    resource::Resource,
};

pub(crate) const ORIGIN: &str = "config.kubernetes.io/origin";
pub(crate) const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";

/// Where a resource comes from, or what made or changed it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Origin {
    pub(crate) path: String,
    pub(crate) repo: String,
    pub(crate) reference: String,
    pub(crate) configured_in: String,
    /// apiVersion, kind, name and namespace of what is configured there.
    pub(crate) configured_by: [String; 4],
}

impl Origin {
    /// The origin behind a path that is named here.
    pub(crate) fn append(&self, path: &str) -> Self {
        let mut origin = self.clone();
        let mut path = path.to_owned();
        if let Some(spec) = RepositorySpec::parse(&path) {
            origin.repo = spec.clone_url;
            origin.path = String::new();
            origin.reference = spec.reference;
            path = spec.path;
        }
        origin.path = join(&origin.path, &path);
        origin
    }

    /// That of a built-in plugin that a kustomization file here configures.
    pub(crate) fn builtin(&self, file: &str, kind: &str) -> Self {
        Origin {
            path: String::new(),
            repo: self.repo.clone(),
            reference: self.reference.clone(),
            configured_in: join(&self.path, file),
            configured_by: ["builtin".into(), kind.into(), String::new(), String::new()],
        }
    }

    /// That of what a plugin's own file configures; None if the file's origin is not known.
    pub(crate) fn of_plugin(config: &Resource) -> Option<Self> {
        let known = Origin::read(meta::annotation(&config.node, ORIGIN)?)?;
        Some(Origin {
            path: String::new(),
            repo: known.repo,
            reference: known.reference,
            configured_in: known.path,
            configured_by: [
                config.api_version().into(),
                config.kind().into(),
                config.name().into(),
                config.namespace().into(),
            ],
        })
    }

    fn read(text: &str) -> Option<Self> {
        let root = hub_yaml::parse_first(text).ok()??;
        let get = |key: &str| root.get(key).and_then(Node::text).unwrap_or_default().to_owned();
        Some(Origin {
            path: get("path"),
            repo: get("repo"),
            reference: get("ref"),
            configured_in: get("configuredIn"),
            configured_by: Default::default(),
        })
    }

    /// The lines of the annotation, fields in their own order.
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut put = |indent: &str, key: &str, value: &str| {
            if !value.is_empty() {
                lines.push(format!("{indent}{key}: {}", scalar(value)));
            }
        };
        put("", "path", &self.path);
        put("", "repo", &self.repo);
        put("", "ref", &self.reference);
        put("", "configuredIn", &self.configured_in);
        if self.configured_by.iter().any(|text| !text.is_empty()) {
            let [api_version, kind, name, namespace] = &self.configured_by;
            lines.push("configuredBy:".into());
            let mut put = |key: &str, value: &str| {
                if !value.is_empty() {
                    lines.push(format!("  {key}: {}", scalar(value)));
                }
            };
            put("apiVersion", api_version);
            put("kind", kind);
            put("name", name);
            put("namespace", namespace);
        }
        lines
    }

    /// The annotation's text.
    pub(crate) fn text(&self) -> String {
        let lines = self.lines();
        if lines.is_empty() {
            return "{}\n".into();
        }
        lines.join("\n") + "\n"
    }
}

fn scalar(text: &str) -> String {
    hub_yaml::emit(&Node::string(text)).map_or_else(|_| text.to_owned(), |text| text.trim_end().to_owned())
}

fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() && path.is_empty() {
        return String::new();
    }
    normalize(&if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") })
}

impl Resource {
    pub(crate) fn set_annotation_text(&mut self, key: &str, text: Option<String>) {
        if meta::is_nil_or_empty(&self.node) {
            return;
        }
        let mut annotations = meta::metadata_map(&self.node, "annotations");
        match text {
            Some(text) => annotations.insert(Text::new(key), Text::new(text)),
            None => annotations.remove(key),
        };
        meta::set_metadata_map(&mut self.node, "annotations", &annotations);
    }

    /// Says where it comes from, if that is not said yet.
    pub(crate) fn set_origin_if_missing(&mut self, origin: &Origin) {
        if meta::annotation(&self.node, ORIGIN).is_none() {
            self.set_annotation_text(ORIGIN, Some(origin.text()));
        }
    }

    /// Notes a transformer that has seen it.
    pub(crate) fn add_transformation(&mut self, origin: &Origin) {
        if meta::annotation(&self.node, ORIGIN).is_none() {
            self.set_annotation_text(ORIGIN, Some(origin.text()));
            return;
        }
        let mut text = meta::annotation(&self.node, TRANSFORMATIONS).unwrap_or_default().to_owned();
        for (at, line) in origin.lines().into_iter().enumerate() {
            text.push_str(if at == 0 { "- " } else { "  " });
            text.push_str(&line);
            text.push('\n');
        }
        self.set_annotation_text(TRANSFORMATIONS, Some(text));
    }
}
