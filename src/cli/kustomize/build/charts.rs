//! Renders charts by running helm.
//!
//! In: a chart as a kustomization names it. Out: its manifests. Charts that are not there are pulled into the chart home.
//!
//! Source: api `internal/builtins/HelmChartInflationGenerator.go`, `types/helmchartargs.go` (AsHelmArgs).

use std::fs;
use std::path::{Path, PathBuf};

use hub_kustomize::{ChartRenderer, ChartRequest, HelmChart};

use super::values::ValuesMerge;

/// The helm program, and what it is told of the cluster.
#[derive(Clone, Debug)]
pub(super) struct HelmCommand {
    pub(super) program: String,
    /// They count more than those of a chart.
    pub(super) api_versions: Vec<String>,
    /// It counts more than that of a chart.
    pub(super) kube_version: Option<String>,
    pub(super) debug: bool,
    /// Whether values may only be read in and below the folder of the kustomization.
    pub(super) restricted: bool,
}

impl ChartRenderer for HelmCommand {
    fn render(&self, request: &ChartRequest<'_>) -> Result<String, String> {
        let chart = request.chart;
        if chart.name.is_empty() {
            return Err("chart name cannot be empty".to_owned());
        }
        let merge = ValuesMerge::parse(&chart.values_merge)?;
        let passing =
            tempfile::tempdir().map_err(|error| format!("cannot make a passing folder: {error}"))?;
        let config = match request.globals.config_home.as_str() {
            "" => passing.path().join("helm"),
            home => PathBuf::from(home),
        };
        let helm = Helm { command: self, config };
        helm.check_version()?;
        let home = chart_home(request);
        if !home.join(&chart.name).is_dir() {
            if chart.repo.is_empty() {
                return Err(format!(
                    "there is no chart in '{}', and no repo to pull it from",
                    home.display()
                ));
            }
            helm.run(&pull(chart, &home))?;
        }
        let own = match chart.values_file.as_str() {
            "" => home.join(&chart.name).join("values.yaml"),
            file => Path::new(request.folder).join(file),
        };
        let mut values = self.read(&own, request.folder)?;
        if !matches!(chart.values_inline.trim(), "" | "{}") {
            values = merge.combine(&values, &chart.values_inline)?;
        }
        let file = passing.path().join("values.yaml");
        fs::write(&file, values).map_err(|error| format!("cannot write values: {error}"))?;
        let mut more = Vec::new();
        for path in &chart.additional_values_files {
            let path = Path::new(request.folder).join(path);
            self.read(&path, request.folder)?;
            more.push(path);
        }
        helm.run(&self.template(chart, &home, &file, &more))
    }
}

/// Helm with folders of its own.
struct Helm<'h> {
    command: &'h HelmCommand,
    config: PathBuf,
}

impl Helm<'_> {
    fn run(&self, arguments: &[String]) -> Result<String, String> {
        let program = &self.command.program;
        let output = duct::cmd(program, arguments)
            .env("HELM_CONFIG_HOME", &self.config)
            .env("HELM_CACHE_HOME", self.config.join(".cache"))
            .env("HELM_DATA_HOME", self.config.join(".data"))
            .stdin_null()
            .stdout_capture()
            .stderr_capture()
            .unchecked()
            .run()
            .map_err(|error| format!("cannot run '{program}': {error}; is it installed?"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("'{program} {}' failed: {}", arguments.join(" "), said.trim()));
        }
        String::from_utf8(output.stdout).map_err(|_| format!("'{program}' printed what is not UTF-8"))
    }

    /// # Errors
    /// It is neither of version 3 nor 4.
    fn check_version(&self) -> Result<(), String> {
        let said = self.run(&["version".to_owned(), "--short".to_owned()])?;
        let digits = said.find(|c: char| c.is_ascii_digit()).map_or("", |at| &said[at..]);
        match digits.split('.').next() {
            Some("3" | "4") => Ok(()),
            _ => Err(format!("helm of version 3 or 4 is needed, not {}", said.trim())),
        }
    }
}

impl HelmCommand {
    fn read(&self, file: &Path, folder: &str) -> Result<String, String> {
        let failed = |error| format!("values '{}' cannot be read: {error}", file.display());
        let real = file.canonicalize().map_err(failed)?;
        if self.restricted && !real.starts_with(folder) {
            let file = file.display();
            return Err(format!(
                "values '{file}' are not in or below '{folder}': use --load-restrictor LoadRestrictionsNone"
            ));
        }
        fs::read_to_string(real).map_err(failed)
    }

    fn template(&self, chart: &HelmChart, home: &Path, values: &Path, more: &[PathBuf]) -> Vec<String> {
        let mut arguments = vec!["template".to_owned()];
        let release = if chart.release_name.is_empty() { "--generate-name" } else { &chart.release_name };
        arguments.push(release.to_owned());
        arguments.push(home.join(&chart.name).display().to_string());
        let mut option = |flag: &str, value: &str| {
            if !value.is_empty() {
                arguments.extend([flag.to_owned(), value.to_owned()]);
            }
        };
        option("--namespace", &chart.namespace);
        option("--name-template", &chart.name_template);
        option("-f", &values.display().to_string());
        more.iter().for_each(|file| option("-f", &file.display().to_string()));
        let versions = if self.api_versions.is_empty() { &chart.api_versions } else { &self.api_versions };
        versions.iter().for_each(|version| option("--api-versions", version));
        option("--kube-version", self.kube_version.as_deref().unwrap_or(&chart.kube_version));
        let switches = [
            ("--include-crds", chart.include_crds),
            ("--skip-tests", chart.skip_tests),
            ("--no-hooks", chart.skip_hooks),
            ("--debug", self.debug),
            ("--devel", chart.devel),
        ];
        arguments.extend(switches.iter().filter(|(_, on)| *on).map(|(flag, _)| (*flag).to_owned()));
        arguments
    }
}

/// Where a chart is, or is pulled to: one that is pulled in a version has a folder of its own.
fn chart_home(request: &ChartRequest<'_>) -> PathBuf {
    let home = match request.globals.chart_home.as_str() {
        "" => "charts",
        home => home,
    };
    let home = Path::new(request.folder).join(home);
    let chart = request.chart;
    if chart.version.is_empty() || chart.repo.is_empty() {
        return home;
    }
    home.join(format!("{}-{}", chart.name, chart.version))
}

fn pull(chart: &HelmChart, home: &Path) -> Vec<String> {
    let mut arguments: Vec<String> =
        ["pull", "--untar", "--untardir", &home.display().to_string()].map(str::to_owned).into();
    if chart.repo.starts_with("oci://") {
        arguments.push(format!("{}/{}", chart.repo.trim_end_matches('/'), chart.name));
    } else {
        arguments.extend(["--repo", &chart.repo, &chart.name].map(str::to_owned));
    }
    if !chart.version.is_empty() {
        arguments.extend(["--version", &chart.version].map(str::to_owned));
    }
    if chart.devel {
        arguments.push("--devel".to_owned());
    }
    arguments
}
