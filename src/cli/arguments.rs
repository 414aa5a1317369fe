//! Flags that several commands share.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::ui::Format;

/// Which stack, which environment, which values.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct StackArguments {
    /// The stack's manifest [default: ./hub.yaml]
    #[arg(short, long, value_name = "FILE", env = "HUB_FILE", help_heading = "Stack")]
    pub(super) file: Option<PathBuf>,
    /// The environment [default: what hub.yaml names under `environments: {default: …}`]; -e VARIABLE=VALUE,… sets
    /// variables that parameters with `fromEnv` read
    #[arg(short, long, value_name = "NAME", env = "HUB_ENVIRONMENT", help_heading = "Stack")]
    pub(super) environment: Vec<String>,
    /// Set a parameter; NAME|COMPONENT=VALUE sets it for one component only
    #[arg(short, long, value_name = "NAME=VALUE", help_heading = "Stack")]
    pub(super) param: Vec<String>,
    /// Set the parameters of a file
    #[arg(long, value_name = "FILE", env = "HUB_PARAMS_FILE", value_delimiter = ',', help_heading = "Stack")]
    pub(super) params_file: Vec<PathBuf>,
    /// What directories of components are relative to [default: the manifest's directory]
    #[arg(short, long, value_name = "DIR", env = "HUB_COMPONENTS_BASEDIR", help_heading = "Stack")]
    pub(super) base_dir: Option<PathBuf>,
    /// How results are shown
    #[arg(short, long, value_name = "FORMAT", env = "HUB_OUTPUT", default_value = "text")]
    pub(super) output: OutputFormat,
}

impl StackArguments {
    /// The environment that is named; of several the last.
    #[must_use]
    pub(super) fn environment_name(&self) -> Option<String> {
        self.environment.iter().rfind(|word| !word.contains('=')).cloned()
    }

    /// Variables that are set, as hubctl's `-e` does.
    #[must_use]
    pub(super) fn variables(&self) -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> = Vec::new();
        for word in self.environment.iter().filter(|word| word.contains('=')) {
            for part in word.split(',') {
                match (part.split_once('='), all.last_mut()) {
                    (Some((name, value)), _) => all.push((name.trim().to_owned(), value.to_owned())),
                    // A comma in a value.
                    (None, Some((_, value))) => *value = format!("{value},{part}"),
                    (None, None) => {}
                }
            }
        }
        all
    }
}

/// The values of `--output`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
    /// For people.
    #[default]
    Text,
    /// JSON, one object a line.
    Json,
}

impl From<OutputFormat> for Format {
    fn from(format: OutputFormat) -> Self {
        match format {
            OutputFormat::Text => Self::Text,
            OutputFormat::Json => Self::Json,
        }
    }
}

/// A part of a stack, in hubctl's words.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct PartArguments {
    /// Components, beside those named without a flag
    #[arg(id = "named", short = 'c', long = "components", value_name = "NAME", value_delimiter = ',')]
    pub(super) named: Vec<String>,
    /// Begin with this component, in order
    #[arg(long, value_name = "COMPONENT")]
    pub(super) offset: Option<String>,
    /// End with this component, in order
    #[arg(short, long, value_name = "COMPONENT")]
    pub(super) limit: Option<String>,
    /// A state file of hubctl; it is not used, `hub state import` takes over what it knows
    #[arg(short, long, value_name = "FILE", hide = true)]
    pub(super) state: Vec<PathBuf>,
}

impl PartArguments {
    /// The names of components, those without a flag first.
    #[must_use]
    pub(super) fn names(&self, positional: &[String]) -> Vec<String> {
        positional.iter().chain(&self.named).cloned().collect()
    }
}

/// Which cluster, instead of the environment's.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct ClusterArguments {
    /// Use this kubeconfig instead of the environment's cluster
    #[arg(long, value_name = "FILE", env = "HUB_KUBECONFIG", help_heading = "Cluster")]
    pub(super) kubeconfig: Option<PathBuf>,
    /// Use this context instead of the environment's cluster
    #[arg(long, value_name = "NAME", env = "HUB_CONTEXT", help_heading = "Cluster")]
    pub(super) context: Option<String>,
    /// Accept that the environment goes to another cluster than before
    #[arg(long, help_heading = "Cluster")]
    pub(super) rebind: bool,
    /// How long to wait for another run to end
    #[arg(long, value_name = "TIME", env = "HUB_LOCK_TIMEOUT", default_value = "0s", value_parser = duration, help_heading = "Cluster")]
    pub(super) lock_timeout: Duration,
}

/// How downloads behave.
#[derive(Args, Clone, Debug)]
pub(super) struct FetchArguments {
    /// Use only what was fetched before
    #[arg(long, env = "HUB_OFFLINE", help_heading = "Downloads")]
    pub(super) offline: bool,
    /// How long to wait for a server
    #[arg(long, value_name = "TIME", env = "HUB_FETCH_TIMEOUT", default_value = "30s", value_parser = duration, help_heading = "Downloads")]
    pub(super) fetch_timeout: Duration,
    /// How often a download is tried again that failed for a passing reason
    #[arg(
        long,
        value_name = "N",
        env = "HUB_FETCH_RETRIES",
        default_value_t = 3,
        help_heading = "Downloads"
    )]
    pub(super) fetch_retries: u32,
    /// Let components that are helm charts be rendered by helm
    #[arg(long, env = "HUB_ENABLE_HELM", help_heading = "Programs")]
    pub(super) enable_helm: bool,
    /// The helm program
    #[arg(
        long,
        value_name = "PROGRAM",
        env = "HUB_HELM_COMMAND",
        default_value = "helm",
        help_heading = "Programs"
    )]
    pub(super) helm_command: PathBuf,
    /// How long a hook may take
    #[arg(long, value_name = "TIME", env = "HUB_HOOK_TIMEOUT", default_value = "10m", value_parser = duration)]
    pub(super) hook_timeout: Duration,
}

impl Default for FetchArguments {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self {
            enable_helm: false,
            helm_command: PathBuf::from("helm"),
            offline: false,
            fetch_timeout: minute / 2,
            fetch_retries: 3,
            hook_timeout: 10 * minute,
        }
    }
}

/// Reads `90s`, `10m`, `1h30m`.
///
/// # Errors
/// It is none of these.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    crate::parameters::parse_duration(text)
        .ok_or_else(|| "durations are written as 90s, 10m or 1h30m".to_owned())
}
