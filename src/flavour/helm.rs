//! What hubctl's helm components mean: which chart, which values, which arguments.
//!
//! In: a component's scratch copy and the environment of its hooks. Out: paths and arguments for `helm template`.
//! Refuses to run helm, and to know what becomes of the objects.
//!
//! Source: `hub-component-helm-deploy`.

use std::path::{Path, PathBuf};

/// Where a component's chart is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChartSource {
    /// An archive to download.
    Url(String),
    /// A directory.
    Directory(PathBuf),
    /// An archive.
    Archive(PathBuf),
    /// An archive in this directory whose `Chart.yaml` has the name, and the version if one is asked for.
    Named(PathBuf),
    /// A repository, asked by helm itself.
    Repository(String),
    /// Nowhere.
    Missing,
}

/// Looks for `HELM_CHART` in the order that hubctl does.
#[must_use]
pub fn locate(dir: &Path, variable: &dyn Fn(&str) -> String) -> ChartSource {
    let chart = variable("HELM_CHART");
    let charts = dir.join("charts");
    let repository = variable("HELM_REPO");
    if chart.contains("://") {
        return ChartSource::Url(chart);
    }
    for place in [dir, &charts] {
        let path = place.join(&chart);
        if path.is_dir() && !chart.is_empty() {
            return ChartSource::Directory(path);
        }
    }
    for place in [dir, &charts] {
        let path = place.join(&chart);
        if path.is_file() {
            return ChartSource::Archive(path);
        }
    }
    if charts.is_dir() {
        ChartSource::Named(charts)
    } else if repository.is_empty() || chart.is_empty() {
        ChartSource::Missing
    } else {
        ChartSource::Repository(repository)
    }
}

/// The arguments that get a chart out of a repository into the folder `to`.
#[must_use]
pub fn pull(repository: &str, to: &Path, variable: &dyn Fn(&str) -> String) -> Vec<String> {
    let chart = variable("HELM_CHART");
    let mut arguments = vec!["pull".to_owned()];
    if repository.starts_with("oci://") {
        arguments.push(format!("{}/{chart}", repository.trim_end_matches('/')));
    } else {
        arguments.extend([chart, "--repo".to_owned(), repository.to_owned()]);
    }
    let version = variable("HELM_CHART_VERSION");
    let login = [("--version", version), ("--username", variable("HELM_CHART_USERNAME"))];
    let login = login.into_iter().chain([("--password", variable("HELM_CHART_PASSWORD"))]);
    for (flag, value) in login.filter(|(_, value)| !value.is_empty()) {
        arguments.extend([flag.to_owned(), value]);
    }
    arguments.extend(variable("HELM_REPO_ARGS").split_whitespace().map(ToOwned::to_owned));
    arguments.extend(["--untar".to_owned(), "--untardir".to_owned(), to.display().to_string()]);
    arguments
}

/// A file of values, or where to get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValuesFile {
    /// A file.
    File(PathBuf),
    /// To be downloaded.
    Url(String),
    /// A file that the chart does not have; as named.
    Missing(String),
}

/// The files of values, those that count more later: of the chart, of the component, of `EXTRA_VALUES_FILE`.
#[must_use]
pub fn values(dir: &Path, chart: &Path, variable: &dyn Fn(&str) -> String) -> Vec<ValuesFile> {
    let of_chart = variable("CHART_VALUES_FILE");
    let mut files: Vec<ValuesFile> = of_chart
        .split_whitespace()
        .map(|word| match chart.join(word) {
            _ if word.contains("://") => ValuesFile::Url(word.to_owned()),
            path if path.is_file() => ValuesFile::File(path),
            _ => ValuesFile::Missing(word.to_owned()),
        })
        .collect();
    let names = sorted_names(dir);
    for (exact, ending) in [("values.yaml", ".yaml"), ("values.yml", ".yml")] {
        let more = names.iter().filter(|n| n.starts_with("values-") && n.ends_with(ending));
        let all = names.iter().filter(|n| *n == exact).chain(more);
        files.extend(all.map(|name| ValuesFile::File(dir.join(name))));
    }
    let extra = variable("EXTRA_VALUES_FILE");
    let extra = extra.split_whitespace().map(|word| dir.join(word)).filter(|path| path.is_file());
    files.extend(extra.map(ValuesFile::File));
    files
}

fn sorted_names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    let mut names: Vec<String> = entries.filter_map(|e| e.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// Flags of `helm upgrade` that say how to bring objects onto a cluster, which `hub` does itself; true where a value
/// follows.
const OF_UPGRADE: [(&str, bool); 14] = [
    ("--install", false),
    ("-i", false),
    ("--wait", false),
    ("--wait-for-jobs", false),
    ("--atomic", false),
    ("--force", false),
    ("--create-namespace", false),
    ("--cleanup-on-fail", false),
    ("--reset-values", false),
    ("--reuse-values", false),
    ("--reset-then-reuse-values", false),
    ("--debug", false),
    ("--timeout", true),
    ("--history-max", true),
];

/// `HELM_ARGS` without what only an upgrade takes.
#[must_use]
pub fn template_words(words: &str) -> Vec<String> {
    let mut kept = Vec::new();
    let mut rest = words.split_whitespace();
    while let Some(word) = rest.next() {
        let name = word.split('=').next().unwrap_or(word);
        match OF_UPGRADE.iter().find(|(flag, _)| *flag == name) {
            Some((_, true)) if !word.contains('=') => {
                rest.next();
            }
            Some(_) => {}
            None => kept.push(word.to_owned()),
        }
    }
    kept
}

/// What a chart's object is for, by its annotation `helm.sh/hook`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartHook {
    /// An object like any other.
    None,
    /// Meant to be run at a point of an installation.
    Installation,
    /// Meant for tests, deletions or rollbacks.
    Other,
}

/// Reads an object's annotation.
#[must_use]
pub fn chart_hook(object: &serde_json::Value) -> ChartHook {
    let annotation = object.pointer("/metadata/annotations/helm.sh~1hook").and_then(|a| a.as_str());
    let Some(annotation) = annotation else { return ChartHook::None };
    let installs = ["pre-install", "post-install", "pre-upgrade", "post-upgrade", "crd-install"];
    if annotation.split(',').any(|point| installs.contains(&point.trim())) {
        ChartHook::Installation
    } else {
        ChartHook::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        dir
    }

    fn variables(pairs: &'static [(&str, &str)]) -> impl Fn(&str) -> String {
        |name| pairs.iter().find(|(n, _)| *n == name).map_or_else(String::new, |(_, v)| (*v).to_owned())
    }

    #[test]
    fn charts_are_looked_for_in_hubctls_order() {
        let dir = folder(&["web/Chart.yaml", "charts/api/Chart.yaml", "db.tgz", "charts/cache.tgz"]);
        let locate = |pairs| locate(dir.path(), &variables(pairs));
        let at = |name: &str| dir.path().join(name);
        assert_eq!(locate(&[("HELM_CHART", "https://x/y.tgz")]), ChartSource::Url("https://x/y.tgz".into()));
        assert_eq!(locate(&[("HELM_CHART", "web")]), ChartSource::Directory(at("web")));
        assert_eq!(locate(&[("HELM_CHART", "api")]), ChartSource::Directory(at("charts/api")));
        assert_eq!(locate(&[("HELM_CHART", "db.tgz")]), ChartSource::Archive(at("db.tgz")));
        assert_eq!(locate(&[("HELM_CHART", "cache.tgz")]), ChartSource::Archive(at("charts/cache.tgz")));
        assert_eq!(locate(&[("HELM_CHART", "cache")]), ChartSource::Named(at("charts")));
        std::fs::remove_dir_all(at("charts")).unwrap();
        let repo = &[("HELM_CHART", "cache"), ("HELM_REPO", "https://charts")];
        assert_eq!(locate(repo), ChartSource::Repository("https://charts".into()));
        assert_eq!(locate(&[("HELM_CHART", "cache")]), ChartSource::Missing);
    }

    #[test]
    fn values_of_the_component_count_more_than_those_of_the_chart() {
        let dir = folder(&[
            "values.yml",
            "values.yaml",
            "values-b.yaml",
            "values-a.yaml",
            "more.yaml",
            "chart/prod.yaml",
        ]);
        let given = variables(&[
            ("CHART_VALUES_FILE", "prod.yaml no.yaml"),
            ("EXTRA_VALUES_FILE", "more.yaml none.yaml"),
        ]);
        let file = |name: &str| ValuesFile::File(dir.path().join(name));
        let found = values(dir.path(), &dir.path().join("chart"), &given);
        let wanted = [
            file("chart/prod.yaml"),
            ValuesFile::Missing("no.yaml".into()),
            file("values.yaml"),
            file("values-a.yaml"),
            file("values-b.yaml"),
            file("values.yml"),
            file("more.yaml"),
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn flags_of_upgrades_are_left_out() {
        let words = template_words("--set a=b --wait --timeout 5m --version 1.2.3 --history-max=3 --atomic");
        assert_eq!(words, ["--set", "a=b", "--version", "1.2.3"]);
    }

    #[test]
    fn charts_are_pulled_with_what_is_given() {
        let given = variables(&[
            ("HELM_CHART", "web"),
            ("HELM_CHART_VERSION", "1.0"),
            ("HELM_REPO_ARGS", "--pass-credentials"),
        ]);
        let words = pull("https://charts", Path::new("/t"), &given).join(" ");
        assert_eq!(
            words,
            "pull web --repo https://charts --version 1.0 --pass-credentials --untar --untardir /t"
        );
        assert!(
            pull("oci://r/x/", Path::new("/t"), &given)
                .join(" ")
                .starts_with("pull oci://r/x/web --version 1.0")
        );
    }

    #[test]
    fn hooks_of_charts_are_told_apart() {
        let hook = |text: &str| {
            chart_hook(&serde_json::json!({"metadata": {"annotations": {"helm.sh/hook": text}}}))
        };
        assert_eq!(hook("test"), ChartHook::Other);
        assert_eq!(hook("pre-delete, post-delete"), ChartHook::Other);
        assert_eq!(hook("post-install,post-upgrade"), ChartHook::Installation);
        assert_eq!(chart_hook(&serde_json::json!({"metadata": {}})), ChartHook::None);
    }
}
