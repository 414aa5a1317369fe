//! What a path names.

use super::query::unescape_path;

/// A resource, a collection or an object of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) plural: String,
    /// `None` for cluster-scoped objects and lists over all namespaces.
    pub(crate) namespace: Option<String>,
    /// `None` for the collection.
    pub(crate) name: Option<String>,
    pub(crate) subresource: Option<String>,
}

impl Target {
    /// Reads `/api/<version>/…` and `/apis/<group>/<version>/…`; `None` for what names no resource.
    pub(crate) fn parse(path: &str) -> Option<Target> {
        let parts: Vec<String> = path.trim_matches('/').split('/').map(unescape_path).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let (group, version, rest) = match parts.as_slice() {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let (namespace, rest) = match rest {
            ["namespaces", namespace, rest @ ..]
                if !rest.is_empty() && !is_namespace_subresource(group, rest) =>
            {
                (Some(*namespace), rest)
            }
            _ => (None, rest),
        };
        let (plural, name, subresource) = match rest {
            [plural] => (*plural, None, None),
            [plural, name] => (*plural, Some(*name), None),
            [plural, name, subresource] => (*plural, Some(*name), Some(*subresource)),
            _ => return None,
        };
        if plural.is_empty() {
            return None;
        }
        Some(Target {
            group: group.to_owned(),
            version: version.to_owned(),
            plural: plural.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.map(str::to_owned),
            subresource: subresource.map(str::to_owned),
        })
    }
}

fn is_namespace_subresource(group: &str, rest: &[&str]) -> bool {
    group.is_empty() && matches!(rest, ["status" | "finalize"])
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn paths_are_told_apart() {
        let at = |path| Target::parse(path).expect("a target");
        let scale = at("/apis/apps/v1/namespaces/a/deployments/b/scale");
        assert_eq!((scale.namespace.as_deref(), scale.subresource.as_deref()), (Some("a"), Some("scale")));
        let namespace = at("/api/v1/namespaces/a");
        assert_eq!((namespace.plural.as_str(), namespace.name.as_deref()), ("namespaces", Some("a")));
        let finalize = at("/api/v1/namespaces/a/finalize");
        assert_eq!(
            (finalize.plural.as_str(), finalize.subresource.as_deref()),
            ("namespaces", Some("finalize"))
        );
        assert_eq!(at("/api/v1/namespaces/a/pods").name, None);
        assert_eq!(Target::parse("/version"), None);
    }
}
