//! `hub util otp`, `hub cel`, `hub kubeconfig`, `hub version`: small commands that hubctl's stacks and hooks call.

use std::io::Read as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::arguments::{ClusterArguments, StackArguments};
use super::conclude::refuse;
use super::exit::Exit;
use super::session::Session;
use super::surroundings::Surroundings;
use crate::diagnostic::Problem;
use crate::lifecycle::Error;
use crate::outputs;
use crate::parameters::{evaluate_expression, printed};
use crate::ui;

/// Small commands for components' programs.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum UtilCommand {
    /// Encode standard input with the one-time pad in HUB_RANDOM, as `secrets = …` for `Outputs:`
    Otp {
        /// `encode`, which is the only thing it does
        #[arg(value_parser = ["encode"])]
        operation: Option<String>,
    },
}

/// An expression and names in it.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "Examples:
  hub cel '{\"aws\": \"gp2\", \"gcp\": \"pd-ssd\"}[cloud.kind]' cloud.kind=gcp
  hub cel -y '#{3 - int(prime)}-${q}' prime=7,q=x")]
pub(super) struct CelArguments {
    /// An expression of the Common Expression Language
    expression: String,
    /// NAME=VALUE,…
    #[arg(value_name = "NAME=VALUE")]
    bindings: Vec<String>,
    /// A name without a value is its own text in angle brackets
    #[arg(short, long)]
    auto_vars: bool,
    /// Take the expression for a value of a manifest, with `#{…}` and `${…}`
    #[arg(short, long)]
    yaml_value_expression: bool,
}

/// Whose kubeconfig, and where to.
#[derive(Args, Clone, Debug)]
pub(super) struct KubeconfigArguments {
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cluster: ClusterArguments,
    /// Call the context so
    #[arg(long)]
    name: Option<String>,
    /// Write to this file, readable by you only [default: standard output]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

/// Runs `hub util`.
pub(super) fn util(command: &UtilCommand) -> Exit {
    match command {
        UtilCommand::Otp { .. } => done(otp()),
    }
}

fn done(result: Result<(), Error>) -> Exit {
    result.map_or_else(|error| refuse(None, error), |()| Exit::Done)
}

fn otp() -> Result<(), Error> {
    let problem = |message: String| {
        Problem::new("hub::util::otp", message)
            .help("HUB_RANDOM is set for components' own programs and hooks, not for those of the stack")
    };
    let surroundings = Surroundings::read();
    let random = surroundings.get("HUB_RANDOM").ok_or_else(|| problem("HUB_RANDOM is not set".to_owned()))?;
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|e| problem(e.to_string()))?;
    if text.trim().is_empty() {
        return Ok(());
    }
    let encoded = outputs::encode(random, &text).map_err(|e| problem(e.to_string()))?;
    ui::line(&format!("secrets = {encoded}"));
    Ok(())
}

/// Runs `hub cel`.
pub(super) fn cel(arguments: &CelArguments) -> Exit {
    done(evaluated(arguments).map(|text| ui::line(&text)))
}

fn evaluated(arguments: &CelArguments) -> Result<String, Error> {
    let given: Vec<(&str, &str)> = arguments
        .bindings
        .iter()
        .flat_map(|list| list.split(','))
        .filter_map(|b| b.split_once('='))
        .collect();
    let lookup = |name: &str| {
        let value = given.iter().find(|(known, _)| *known == name).map(|(_, value)| Value::from(*value));
        value.or_else(|| arguments.auto_vars.then(|| Value::from(format!("<{name}>"))))
    };
    let evaluate = |text: &str| {
        evaluate_expression(text, &lookup).map_err(|message| {
            Error::from(
                Problem::new("hub::cel", message)
                    .help("names get values behind the expression: hub cel 'a + b' a=x,b=y"),
            )
        })
    };
    if !arguments.yaml_value_expression {
        return Ok(printed(&evaluate(&arguments.expression)?));
    }
    let (mut out, mut rest) = (String::new(), arguments.expression.as_str());
    while let Some(at) = rest.find(['#', '$']) {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        let Some(end) = tail
            .starts_with("#{")
            .then(|| closing(tail))
            .or_else(|| tail.starts_with("${").then(|| tail.find('}')))
            .flatten()
        else {
            out.push_str(&tail[..1]);
            rest = &tail[1..];
            continue;
        };
        let inner = &tail[2..end];
        if tail.starts_with('#') {
            out.push_str(&printed(&evaluate(inner)?));
        } else {
            let value =
                lookup(inner).ok_or_else(|| Problem::new("hub::cel", format!("`{inner}` has no value")))?;
            out.push_str(&printed(&value));
        }
        rest = &tail[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// Where the braces of `#{…}` close, with braces inside.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Runs `hub kubeconfig`.
pub(super) fn kubeconfig(arguments: &KubeconfigArguments) -> Exit {
    done(kubeconfig_written(arguments))
}

fn kubeconfig_written(arguments: &KubeconfigArguments) -> Result<(), Error> {
    let session = Session::open(&arguments.stack, &[])?;
    let text = session.target(&arguments.cluster)?.kubeconfig(arguments.name.as_deref())?;
    let failed = |e: std::io::Error| Error::from(Problem::new("hub::target::kubeconfig", e.to_string()));
    match &arguments.to {
        Some(path) => crate::workspace::write_private(path, &text).map_err(failed),
        None => ui::bytes(text.as_bytes()).map_err(failed),
    }
}

/// Runs `hub version`.
pub(super) fn version() -> Exit {
    ui::line(&format!("hub {}", env!("CARGO_PKG_VERSION")));
    Exit::Done
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(
        expression: &str,
        bindings: &str,
        yaml_value_expression: bool,
        auto_vars: bool,
    ) -> Option<String> {
        let arguments = CelArguments {
            expression: expression.to_owned(),
            bindings: vec![bindings.to_owned()],
            auto_vars,
            yaml_value_expression,
        };
        evaluated(&arguments).ok()
    }

    #[test]
    fn expressions_and_values_of_manifests() {
        let map = r#"{"aws": "gp2", "gcp": "pd-ssd"}[cloud.kind]"#;
        assert_eq!(value(map, "cloud.kind=gcp", false, false).as_deref(), Some("pd-ssd"));
        let text = r##"#{3 - int({"prime": "7"}[prime])}-${q}"##;
        assert_eq!(value(text, "prime=prime,q=x", true, false).as_deref(), Some("-4-x"));
        assert_eq!(value("a.b + 'x'", "", false, true).as_deref(), Some("<a.b>x"));
        assert_eq!(value("a.b", "", false, false), None);
        assert_eq!(value("a # b $c", "", true, false).as_deref(), Some("a # b $c"));
    }
}
