//! `kubeconfig cp|get|test`: one context out of a kubeconfig.

use std::path::PathBuf;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};

use super::{Stop, Surroundings};
use crate::lifecycle::one_context;
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
    let all = Kubeconfig::read_from(&file).map_err(|e| Stop::new(format!("{}: {e}", file.display())))?;
    let wanted = context.map(ToOwned::to_owned).or_else(|| all.current_context.clone());
    let wanted = wanted.ok_or_else(|| Stop::new(format!("{} has no current context", file.display())))?;
    let name = name.or_else(|| surroundings.get("HUB_DOMAIN_NAME").map(ToOwned::to_owned));
    let one = one_context(&all, &wanted, &name.unwrap_or_else(|| wanted.clone()))
        .ok_or_else(|| Stop::new(format!("{} has no context {wanted}", file.display())))?;
    let cluster = one.clusters.first();
    match operands.as_slice() {
        ["cp"] => write(&one, out.as_deref()),
        ["test"] => test(one),
        ["get", "context" | "kubecontext"] => {
            ui::line(&wanted);
            Ok(())
        }
        ["get", "cluster-name" | "cluster_name"] => {
            ui::line(cluster.map_or("", |c| c.name.as_str()));
            Ok(())
        }
        ["get", "server" | "api-server" | "api_server"] => {
            let server = cluster.and_then(|c| c.cluster.as_ref()).and_then(|c| c.server.clone());
            ui::line(&server.unwrap_or_default());
            Ok(())
        }
        _ => Err(Stop::new(USAGE)),
    }
}

fn write(config: &Kubeconfig, out: Option<&std::path::Path>) -> Result<(), Stop> {
    let text = serde_yaml::to_string(config).map_err(|e| Stop::new(e.to_string()))?;
    match out {
        Some(path) => std::fs::write(path, text).map_err(|e| Stop::of_file(path, &e)),
        None => ui::bytes(text.as_bytes()).map_err(|e| Stop::new(e.to_string())),
    }
}

fn test(config: Kubeconfig) -> Result<(), Stop> {
    let failed = |e: &dyn std::fmt::Display| Stop::new(e.to_string());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| failed(&e))?;
    runtime.block_on(async {
        let options = KubeConfigOptions::default();
        let mut config =
            kube::Config::from_custom_kubeconfig(config, &options).await.map_err(|e| failed(&e))?;
        config.connect_timeout = Some(Duration::from_secs(10));
        let client = hub_cluster::client(config).map_err(|e| failed(&e))?;
        client.apiserver_version().await.map_err(|e| failed(&e))?;
        ui::line("* Validating kubeconfig... ok");
        Ok(())
    })
}
