//! Components that are helm charts: rendered by helm, planned and applied as everything else.
//!
//! In: a scratch copy. Out: the chart before the hooks, objects after them. helm is run only where the run allows it,
//! never with access to the cluster: what the cluster serves is told by flags.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::build;
use super::download::{blocking, fetch};
use super::run::Run;
use super::scratch::Scratch;
use super::{Connection, Error};
use crate::diagnostic::Problem;
use crate::fetch::{Content, Limits, unpack};
use crate::flavour::helm::{self, ChartHook, ChartSource, ValuesFile};
use crate::parameters::ParameterSet;

/// Finds the chart, and gets it where it is elsewhere.
///
/// # Errors
/// helm is not allowed, or there is no such chart.
pub(super) async fn chart(run: &Run, scratch: &Scratch, parameters: &ParameterSet) -> Result<PathBuf, Error> {
    program(run, scratch)?;
    let variable = |name: &str| scratch.variable(name);
    let held = scratch.outside("charts");
    let chart = match helm::locate(scratch.dir(), &variable) {
        ChartSource::Directory(path) => path,
        ChartSource::Archive(path) => extract(path, held).await?,
        ChartSource::Url(url) => {
            let fetched = fetch(run, scratch.name(), parameters, &url, scratch.dir(), Content::Any).await?;
            extract(fetched.path, held).await?
        }
        ChartSource::Named(folder) => {
            let (wanted, version) = (variable("HELM_CHART"), variable("HELM_CHART_VERSION"));
            named(&folder, &wanted, &version, held)
                .await?
                .ok_or_else(|| missing(scratch, &folder.display().to_string()))?
        }
        ChartSource::Repository(repository) => {
            let arguments = helm::pull(&repository, &held, &variable);
            scratch.capture(run, "helm pull", program(run, scratch)?, arguments).await?;
            let name = variable("HELM_CHART");
            held.join(name.rsplit('/').next().unwrap_or(&name))
        }
        ChartSource::Missing => {
            return Err(missing(scratch, "the component's folder; HELM_REPO names no repository"));
        }
    };
    Ok(chart)
}

/// The chart's objects.
///
/// # Errors
/// helm refuses the chart or its values.
pub(super) async fn objects(
    run: &Run,
    connection: Option<&Connection>,
    scratch: &Scratch,
    chart: &Path,
    parameters: &ParameterSet,
) -> Result<Vec<Value>, Error> {
    let variable = |name: &str| scratch.variable(name);
    let mut arguments = vec!["template".to_owned(), variable("COMPONENT_NAME"), chart.display().to_string()];
    let mut option = |flag: &str, value: &str| {
        if !value.is_empty() {
            arguments.extend([flag.to_owned(), value.to_owned()]);
        }
    };
    option("--namespace", &variable("NAMESPACE"));
    if let Some(connection) = connection {
        option("--kube-version", &connection.cluster.version().await?);
        for version in connection.cluster.api_versions() {
            option("--api-versions", &version);
        }
    }
    for file in helm::values(scratch.dir(), chart, &variable) {
        match file {
            ValuesFile::File(path) => option("--values", &path.display().to_string()),
            ValuesFile::Url(url) => {
                let fetched =
                    fetch(run, scratch.name(), parameters, &url, scratch.dir(), Content::Any).await?;
                option("--values", &fetched.path.display().to_string());
            }
            ValuesFile::Missing(name) => {
                run.warn(
                    Some(scratch.name()),
                    format!("the chart has no {name}, which CHART_VALUES_FILE names; it is left out"),
                );
            }
        }
    }
    arguments.push("--include-crds".to_owned());
    arguments.extend(helm::template_words(&variable("HELM_ARGS")));
    let text = scratch.capture(run, "helm template", program(run, scratch)?, arguments).await?;
    let all = build::parse(scratch.name(), "what helm printed", &text)?;
    Ok(without_hooks(run, scratch, all))
}

/// Leaves out what a chart has for tests, deletions and rollbacks.
fn without_hooks(run: &Run, scratch: &Scratch, all: Vec<Value>) -> Vec<Value> {
    let name = |object: &Value| {
        let text = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        format!("{} {}", text("/kind"), text("/metadata/name"))
    };
    let of = |sort| {
        all.iter().filter(move |o| helm::chart_hook(o) == sort).map(name).collect::<Vec<_>>().join(", ")
    };
    let (applied, left) = (of(ChartHook::Installation), of(ChartHook::Other));
    if !applied.is_empty() {
        let message =
            format!("hooks of the chart are applied with the rest, at no point of their own: {applied}");
        run.warn(Some(scratch.name()), message);
    }
    if !left.is_empty() {
        run.warn(
            Some(scratch.name()),
            format!("hooks of the chart that are no part of a deployment are left out: {left}"),
        );
    }
    all.into_iter().filter(|o| helm::chart_hook(o) != ChartHook::Other).collect()
}

/// The helm program, where the run allows it.
fn program(run: &Run, scratch: &Scratch) -> Result<PathBuf, Error> {
    run.settings.helm.clone().ok_or_else(|| {
        let name = scratch.name();
        Problem::new("hub::flavour::helm", format!("{name} is a helm chart, and running helm is not allowed"))
            .help("allow it with --enable-helm, or HUB_ENABLE_HELM=true; `helm template` renders the chart, hub plans and applies the objects")
            .into()
    })
}

fn missing(scratch: &Scratch, looked: &str) -> Error {
    let (chart, version) = (scratch.variable("HELM_CHART"), scratch.variable("HELM_CHART_VERSION"));
    let wanted = [chart, version].into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
    let what = if wanted.is_empty() {
        "HELM_CHART is not set".to_owned()
    } else {
        format!("there is no chart {wanted}")
    };
    Problem::new("hub::flavour::chart", format!("{}: {what}", scratch.name()))
        .help(format!("looked in {looked}; HELM_CHART is a URL, a folder or an archive of the component or of its charts/, or a name in the repository HELM_REPO"))
        .into()
}

/// Unpacks an archive of one chart into the folder `to`.
async fn extract(archive: PathBuf, to: PathBuf) -> Result<PathBuf, Error> {
    blocking("unpacking a chart", move || {
        unpack(&archive, &archive.display().to_string(), &to, Limits::default()).map(|_| to)
    })
    .await?
    .map_err(Into::into)
}

/// The archive in a folder whose `Chart.yaml` has the name and version, unpacked.
async fn named(folder: &Path, name: &str, version: &str, to: PathBuf) -> Result<Option<PathBuf>, Error> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut archives: Vec<PathBuf> =
        entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "tgz")).collect();
    archives.sort();
    for (number, archive) in archives.into_iter().enumerate() {
        let chart = extract(archive, to.join(number.to_string())).await?;
        let text = std::fs::read_to_string(chart.join("Chart.yaml")).unwrap_or_default();
        let about: Value = serde_yaml::from_str(&text).unwrap_or_default();
        if about["name"] == *name && (version.is_empty() || about["version"] == *version) {
            return Ok(Some(chart));
        }
    }
    Ok(None)
}
