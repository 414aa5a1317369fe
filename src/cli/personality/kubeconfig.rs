//! `kubeconfig cp|get|test`: one context out of a kubeconfig.

use std::path::PathBuf;

use super::{Stop, Surroundings};
use crate::lifecycle::CutContext;
use crate::ui;

const USAGE: &str = "usage: kubeconfig cp [-n NAME] [-o FILE] | get context|cluster-name|server | test
       [-f KUBECONFIG] [-c CONTEXT] [-e]";

pub(super) fn run(words: &[&str], surroundings: &Surroundings) -> Result<(), Stop> {
    let (mut file, mut context, mut name, mut out) = (None, None, None, None);
    let mut operands = Vec::new();
    let mut rest = words.iter().copied();
    while let Some(word) = rest.next() {
        match word {
            "-f" | "--kubeconfig" => file = rest.next().map(PathBuf::from),
            "-c" | "--kubecontext" => context = rest.next().filter(|c| *c != "_"),
            "-n" | "--name" => name = rest.next().map(ToOwned::to_owned),
            "-o" | "--out" | "--output" => {
                out = rest.next().filter(|o| *o != "/dev/stdout").map(PathBuf::from)
            }
            "-e" | "--error" | "--verbose" => {}
            "-h" | "--help" => {
                ui::line(USAGE);
                return Ok(());
            }
            word => operands.push(word),
        }
    }
    let default = || surroundings.kubeconfig_files().into_iter().next();
    let home = || surroundings.home().map(|home| home.join(".kube/config"));
    let file = file.or_else(default).or_else(home).ok_or_else(|| Stop::new("no kubeconfig is named"))?;
    let name = name.or_else(|| surroundings.get("HUB_DOMAIN_NAME").map(ToOwned::to_owned));
    let one = CutContext::read(&file, context, name.as_deref()).map_err(Stop::new)?;
    match operands.as_slice() {
        ["cp"] => write(&one, out.as_deref()),
        ["test"] => test(one),
        ["get", "context" | "kubecontext"] => {
            ui::line(&one.context);
            Ok(())
        }
        ["get", "cluster-name" | "cluster_name"] => {
            ui::line(&one.cluster);
            Ok(())
        }
        ["get", "server" | "api-server" | "api_server"] => {
            ui::line(&one.server);
            Ok(())
        }
        _ => Err(Stop::new(USAGE)),
    }
}

fn write(config: &CutContext, out: Option<&std::path::Path>) -> Result<(), Stop> {
    let text = config.text().map_err(Stop::new)?;
    match out {
        Some(path) => std::fs::write(path, text).map_err(|e| Stop::of_file(path, &e)),
        None => ui::bytes(text.as_bytes()).map_err(|e| Stop::new(e.to_string())),
    }
}

fn test(config: CutContext) -> Result<(), Stop> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|e| Stop::new(e.to_string()))?.block_on(config.answers()).map_err(Stop::new)?;
    ui::line("* Validating kubeconfig... ok");
    Ok(())
}
