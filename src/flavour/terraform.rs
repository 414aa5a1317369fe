//! What hubctl's terraform components mean: variables, the state's backend, arguments, outputs.
//!
//! In: a component's directory and the environment of its hooks. Out: arguments and variables for terraform.
//! Refuses to run it.
//!
//! Source: `hub-component-terraform`.

use std::path::Path;

use serde_json::Value;

/// Why a component cannot be given to terraform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendError {
    /// Variables that must have a value.
    Unset(Vec<&'static str>),
    /// `HUB_CLOUD_PROVIDER` is none of those that hubctl knows.
    Provider(String),
}

/// Where terraform keeps its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// Its type in terraform; `None` where the configuration says it all.
    pub kind: Option<&'static str>,
    /// `-backend-config` values.
    pub config: Vec<String>,
}

/// Old names of variables, and the new ones, which count where both are set not to be empty.
pub const RENAMED: [(&str, &str); 5] = [
    ("CLOUD_KIND", "HUB_CLOUD_PROVIDER"),
    ("STATE_BUCKET", "HUB_STATE_BUCKET"),
    ("DOMAIN_NAME", "HUB_DOMAIN_NAME"),
    ("STATE_REGION", "HUB_STATE_REGION"),
    ("STATE_CONTAINER", "HUB_STATE_CONTAINER"),
];

/// The backend that variables describe. A configuration with a backend of its own needs none of them.
///
/// # Errors
/// Something is not set, or means nothing.
pub fn backend(dir: &Path, variable: &dyn Fn(&str) -> String) -> Result<Backend, BackendError> {
    let set = |name: &str| !variable(name).is_empty();
    let own = has_backend(dir);
    if own && !set("HUB_CLOUD_PROVIDER") && !set("HUB_STATE_BUCKET") {
        return Ok(Backend { kind: None, config: Vec::new() });
    }
    let needed = |names: &[&'static str]| {
        let unset: Vec<&'static str> = names.iter().copied().filter(|name| !set(name)).collect();
        if unset.is_empty() { Ok(()) } else { Err(BackendError::Unset(unset)) }
    };
    needed(&["COMPONENT_NAME", "HUB_DOMAIN_NAME", "HUB_CLOUD_PROVIDER", "HUB_STATE_BUCKET"])?;
    let (bucket, prefix) = (variable("HUB_STATE_BUCKET"), prefix(dir, variable));
    let (kind, config) = match variable("HUB_CLOUD_PROVIDER").as_str() {
        "aws" => {
            needed(&["HUB_STATE_REGION"])?;
            let key = format!("{prefix}/terraform.tfstate");
            let region = variable("HUB_STATE_REGION");
            let profile = variable("AWS_PROFILE");
            ("s3", vec![("bucket", bucket), ("region", region), ("key", key), ("profile", profile)])
        }
        "azure" => {
            needed(&["HUB_STATE_CONTAINER", "AZURE_RESOURCE_GROUP_NAME"])?;
            let (container, group) = (variable("HUB_STATE_CONTAINER"), variable("AZURE_RESOURCE_GROUP_NAME"));
            let key = format!("{prefix}/terraform.tfstate");
            let account = ("storage_account_name", bucket);
            let names = [("container_name", container), ("resource_group_name", group), ("key", key)];
            ("azurerm", [account].into_iter().chain(names).collect())
        }
        "gcp" => {
            let credentials = variable("GOOGLE_APPLICATION_CREDENTIALS");
            ("gcs", vec![("bucket", bucket), ("prefix", prefix), ("credentials", credentials)])
        }
        other => return Err(BackendError::Provider(other.to_owned())),
    };
    let given = config.into_iter().filter(|(_, value)| !value.is_empty());
    let config = given.map(|(name, value)| format!("-backend-config={name}={value}")).collect();
    Ok(Backend { kind: (!own).then_some(kind), config })
}

/// `STATE_PREFIX`, or what hubctl makes of the domain, the directory and the component.
fn prefix(dir: &Path, variable: &dyn Fn(&str) -> String) -> String {
    let given = variable("STATE_PREFIX");
    if !given.is_empty() {
        return given;
    }
    let folder = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text = format!("{}/{folder}/{}", variable("HUB_DOMAIN_NAME"), variable("COMPONENT_NAME"));
    let mut prefix = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || c == '_' || c == '-' {
            prefix.push(c);
        } else if !prefix.ends_with('\u{0}') {
            prefix.push('\u{0}');
        }
    }
    prefix.replace('\u{0}', "-")
}

fn names(dir: &Path, ending: &str) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    let mut names: Vec<String> =
        entries.filter_map(|e| e.file_name().into_string().ok()).filter(|n| n.ends_with(ending)).collect();
    names.sort();
    names
}

fn has_backend(dir: &Path) -> bool {
    let texts = names(dir, ".tf").into_iter().filter_map(|name| std::fs::read_to_string(dir.join(name)).ok());
    texts.into_iter().any(|text| {
        text.lines().any(|line| line.trim_start().starts_with("backend \"") && line.contains('{'))
    })
}

/// `-var-file` for each file of variables.
#[must_use]
pub fn var_files(dir: &Path) -> Vec<String> {
    names(dir, ".tfvars").into_iter().map(|name| format!("-var-file={name}")).collect()
}

/// What `terraform output -json` says, as lines of hubctl's protocol, and files for what must not be in lines:
/// sensitive values, under the name that hubctl gives them, and text of several lines.
#[must_use]
pub fn outputs(json: &Value, folder: &Path) -> (String, Vec<(std::path::PathBuf, String)>) {
    let (mut lines, mut files) = (String::from("Outputs:\n\n"), Vec::new());
    for (name, output) in json.as_object().into_iter().flatten() {
        let text = match &output["value"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let sensitive = output["sensitive"] == Value::Bool(true);
        let name = if sensitive { format!("sensitive_{name}") } else { name.clone() };
        if sensitive || text.contains('\n') {
            let path = folder.join(format!("{name}.out"));
            lines.push_str(&format!("{name} = file://{}\n", path.display()));
            files.push((path, text));
        } else {
            let quoted = if text.contains('"') { format!("\"{}\"", text.replace('"', "\\\"")) } else { text };
            lines.push_str(&format!("{name} = {quoted}\n"));
        }
    }
    lines.push('\n');
    (lines, files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(pairs: &'static [(&str, &str)]) -> impl Fn(&str) -> String {
        |name| pairs.iter().find(|(n, _)| *n == name).map_or_else(String::new, |(_, v)| (*v).to_owned())
    }

    #[test]
    fn each_cloud_has_its_backend() {
        let holder = tempfile::tempdir().unwrap();
        let dir = holder.path().join("net");
        std::fs::create_dir(&dir).unwrap();
        let gcp = [
            ("COMPONENT_NAME", "network"),
            ("HUB_DOMAIN_NAME", "a.b"),
            ("HUB_CLOUD_PROVIDER", "gcp"),
            ("HUB_STATE_BUCKET", "bkt"),
        ];
        let found = backend(&dir, &|name| {
            gcp.iter().find(|(n, _)| *n == name).map_or_else(String::new, |(_, v)| (*v).to_owned())
        });
        let wanted = ["-backend-config=bucket=bkt", "-backend-config=prefix=a-b-net-network"];
        assert_eq!(found.unwrap(), Backend { kind: Some("gcs"), config: wanted.map(str::to_owned).to_vec() });
        let unset = BackendError::Unset(vec!["HUB_DOMAIN_NAME", "HUB_CLOUD_PROVIDER", "HUB_STATE_BUCKET"]);
        assert_eq!(backend(&dir, &given(&[("COMPONENT_NAME", "x")])), Err(unset));
        let other = &[
            ("COMPONENT_NAME", "x"),
            ("HUB_DOMAIN_NAME", "x"),
            ("HUB_CLOUD_PROVIDER", "ovh"),
            ("HUB_STATE_BUCKET", "x"),
        ];
        assert_eq!(backend(&dir, &given(other)), Err(BackendError::Provider("ovh".to_owned())));
        std::fs::write(dir.join("main.tf"), "terraform {\n  backend \"local\" {}\n}\n").unwrap();
        assert_eq!(backend(&dir, &given(&[])), Ok(Backend { kind: None, config: Vec::new() }));
    }

    #[test]
    fn outputs_become_lines_and_secrets_files() {
        let json = serde_json::json!({
            "ip": {"value": "10.0.0.1", "sensitive": false},
            "ids": {"value": ["a"], "sensitive": false},
            "key": {"value": "s3cret", "sensitive": true},
        });
        let (lines, files) = outputs(&json, Path::new("/w"));
        assert_eq!(
            lines,
            "Outputs:\n\nip = 10.0.0.1\nids = \"[\\\"a\\\"]\"\nsensitive_key = file:///w/sensitive_key.out\n\n"
        );
        assert_eq!(files, [(Path::new("/w/sensitive_key.out").to_path_buf(), "s3cret".to_owned())]);
    }
}
