//! The process's surroundings, read once: the only place that looks at them.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::PathBuf;

use crate::ui::{Format, Screen};

/// The words of the command line, the program's name first.
pub(super) fn words() -> Vec<std::ffi::OsString> {
    std::env::args_os().collect()
}

/// What the process was started with.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    /// All environment variables that are text.
    pub(super) variables: BTreeMap<String, String>,
    /// The program itself.
    pub(super) program: PathBuf,
    /// All arguments.
    pub(super) arguments: Vec<String>,
    /// Standard input is a terminal, so a person can be asked.
    pub(super) interactive: bool,
    stdout_terminal: bool,
    stderr_terminal: bool,
}

impl Surroundings {
    /// Reads them.
    #[must_use]
    pub(super) fn read() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self {
            variables,
            program: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("hub")),
            arguments: std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect(),
            interactive: std::io::stdin().is_terminal(),
            stdout_terminal: std::io::stdout().is_terminal(),
            stderr_terminal: std::io::stderr().is_terminal(),
        }
    }

    /// A variable that is set to something.
    #[must_use]
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|v| !v.is_empty())
    }

    /// What can be drawn on. Source: <https://no-color.org>, and the `CI` variable of all CI systems.
    #[must_use]
    pub(super) fn screen(&self, format: Format) -> Screen {
        let dumb = self.get("TERM") == Some("dumb");
        let text = format == Format::Text;
        Screen {
            live: text && self.stderr_terminal && !dumb && self.get("CI").is_none(),
            color: text && self.stdout_terminal && !dumb && self.get("NO_COLOR").is_none(),
            width: usize::from(console::Term::stderr().size_checked().map_or(100, |(_, columns)| columns)),
        }
    }

    /// The home directory.
    #[must_use]
    pub(super) fn home(&self) -> Option<PathBuf> {
        self.get("HOME").map(PathBuf::from)
    }

    /// Where downloads are kept: `HUB_CACHE_DIR`, else the user's cache folder. Source: XDG base directories.
    #[must_use]
    pub(super) fn cache_dir(&self) -> Option<PathBuf> {
        let own = self.get("HUB_CACHE_DIR").map(PathBuf::from);
        let xdg = || self.get("XDG_CACHE_HOME").map(|dir| PathBuf::from(dir).join("hub"));
        own.or_else(xdg).or_else(|| self.home().map(|home| home.join(".cache/hub")))
    }

    /// Who runs this: `user@host`.
    #[must_use]
    pub(super) fn who(&self) -> String {
        let user = self.get("USER").or_else(|| self.get("LOGNAME")).unwrap_or("someone");
        format!("{user}@{}", self.host())
    }

    /// The host's name.
    #[must_use]
    pub(super) fn host(&self) -> String {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }

    /// The files of `KUBECONFIG`.
    #[must_use]
    pub(super) fn kubeconfig_files(&self) -> Vec<PathBuf> {
        let list = self.get("KUBECONFIG").unwrap_or_default();
        list.split(':').filter(|part| !part.is_empty()).map(PathBuf::from).collect()
    }

    /// The command line as others may see it: values of parameters may be secret.
    #[must_use]
    pub(super) fn shown_command(&self) -> String {
        let mut words = vec!["hub".to_owned()];
        let mut value_follows = false;
        for argument in self.arguments.iter().skip(1) {
            let flags = ["--param=", "--environment=", "-p", "-e"];
            let flag =
                flags.into_iter().find(|flag| argument.starts_with(flag) && argument.len() > flag.len());
            let (flag, value) = match flag {
                _ if value_follows => ("", argument.as_str()),
                Some(flag) => argument.split_at(flag.len()),
                None => (argument.as_str(), ""),
            };
            // `-e=x` is the same as `-ex`.
            let (sign, value) = value.strip_prefix('=').map_or(("", value), |value| ("=", value));
            let shown =
                value.split_once('=').map_or_else(|| value.to_owned(), |(name, _)| format!("{name}=…"));
            words.push(format!("{flag}{sign}{shown}"));
            value_follows = ["-p", "-e", "--param", "--environment"].contains(&argument.as_str());
        }
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_parameters_are_not_shown() {
        let command = |arguments: &[&str]| {
            let mut surroundings = Surroundings::read();
            surroundings.arguments = arguments.iter().map(ToString::to_string).collect();
            surroundings.shown_command()
        };
        assert_eq!(command(&["/bin/hub", "deploy", "-p", "a=s=t", "x"]), "hub deploy -p a=… x");
        assert_eq!(command(&["hub", "deploy", "--param=a=s=t"]), "hub deploy --param=a=…");
        assert_eq!(command(&["hub", "deploy", "-pa=s"]), "hub deploy -pa=…");
        assert_eq!(command(&["hub", "deploy", "-e=x"]), "hub deploy -e=x");
        assert_eq!(command(&["hub", "deploy", "-e", "A=s", "-eB=s"]), "hub deploy -e A=… -eB=…");
        assert_eq!(command(&["hub", "deploy", "--timeout=1m", "-e", "x"]), "hub deploy --timeout=1m -e x");
    }
}
