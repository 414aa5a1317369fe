//! `hub sandbox`: the embedded API server, for kubectl and other clients.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use hub_sandbox::{Sandbox, StoreError};
use tokio_util::sync::CancellationToken;

use super::conclude::refuse;
use super::exit::Exit;
use super::interrupt;
use crate::lifecycle::{Error, SANDBOX_FILE};
use crate::ui;

/// What to do with the sandbox.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum SandboxCommand {
    /// Serve it on loopback until interrupted
    #[command(after_long_help = "Examples:
  hub sandbox serve --port 6443 &
  KUBECONFIG=.hub/sandbox.kubeconfig kubectl get pods -A")]
    Serve(ServeArguments),
    /// Say who uses it
    Status(SandboxArguments),
    /// Remove everything in it
    Reset(SandboxArguments),
    /// Print a kubeconfig for the sandbox that is being served
    Kubeconfig(SandboxArguments),
}

/// Which sandbox.
#[derive(Args, Clone, Debug)]
pub(super) struct SandboxArguments {
    /// The sandbox's file
    #[arg(long, value_name = "FILE", env = "HUB_SANDBOX", default_value = SANDBOX_FILE)]
    sandbox: PathBuf,
}

/// Where to serve it.
#[derive(Args, Clone, Debug)]
pub(super) struct ServeArguments {
    #[command(flatten)]
    sandbox: SandboxArguments,
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, env = "HUB_SANDBOX_PORT", default_value_t = 0)]
    port: u16,
}

/// Runs `hub sandbox`.
pub(super) async fn sandbox(command: SandboxCommand) -> Exit {
    let result = match command {
        SandboxCommand::Serve(arguments) => serve(&arguments).await,
        SandboxCommand::Status(arguments) => status(&arguments.sandbox),
        SandboxCommand::Reset(arguments) => reset(&arguments.sandbox),
        SandboxCommand::Kubeconfig(arguments) => kubeconfig(&arguments.sandbox),
    };
    match result {
        Ok(()) => Exit::Done,
        Err(error) => refuse(None, error),
    }
}

async fn serve(arguments: &ServeArguments) -> Result<(), Error> {
    let path = &arguments.sandbox.sandbox;
    let sandbox = open(path)?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", arguments.port))
        .await
        .map_err(|e| unusable(path, format!("port {} cannot be had: {e}", arguments.port)))?;
    let serving = sandbox.serve(listener).map_err(|e| unusable(path, e.to_string()))?;
    let url = serving.url();
    let file = kubeconfig_file(path);
    std::fs::write(&file, hub_sandbox::kubeconfig(&url))
        .map_err(|e| unusable(path, format!("{}: {e}", file.display())))?;
    ui::line(&format!("serving the sandbox at {url}"));
    ui::line(&format!("export KUBECONFIG={}", file.display()));
    let cancel = CancellationToken::new();
    interrupt::watch(cancel.clone());
    cancel.cancelled().await;
    drop(serving);
    // The address is nobody's from now on.
    let _ = std::fs::remove_file(file);
    Ok(())
}

fn status(path: &Path) -> Result<(), Error> {
    if !path.exists() {
        ui::line(&format!("{} does not exist yet; the first deployment makes it", path.display()));
        return Ok(());
    }
    let size = std::fs::metadata(path).map_err(|e| unusable(path, e.to_string()))?.len();
    match Sandbox::open(path) {
        Ok(sandbox) => {
            ui::line(&format!(
                "{} ({size} bytes, revision {}), not in use",
                path.display(),
                sandbox.revision()
            ));
        }
        Err(StoreError::Held { holder, .. }) => {
            ui::line(&format!("{} ({size} bytes), in use by {holder}", path.display()))
        }
        Err(error) => return Err(unusable(path, error.to_string())),
    }
    Ok(())
}

fn reset(path: &Path) -> Result<(), Error> {
    if path.exists() {
        open(path)?.reset().map_err(|e| unusable(path, e.to_string()))?;
    }
    ui::line(&format!("{} is empty", path.display()));
    Ok(())
}

fn kubeconfig(path: &Path) -> Result<(), Error> {
    match Sandbox::open(path) {
        Err(StoreError::Held { holder, .. }) => match holder.url {
            Some(url) => {
                ui::bytes(hub_sandbox::kubeconfig(&url).as_bytes()).map_err(|e| unusable(path, e.to_string()))
            }
            None => Err(unusable(path, format!("process {} uses it and does not serve it", holder.pid))),
        },
        Ok(_) => Err(unusable(path, "it is not being served; run `hub sandbox serve`".to_owned())),
        Err(error) => Err(unusable(path, error.to_string())),
    }
}

fn open(path: &Path) -> Result<Sandbox, Error> {
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).map_err(|e| unusable(path, e.to_string()))?;
    }
    Sandbox::open(path).map_err(|e| unusable(path, e.to_string()))
}

fn kubeconfig_file(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".kubeconfig");
    path.with_file_name(name)
}

fn unusable(path: &Path, reason: String) -> Error {
    Error::Sandbox { path: path.to_path_buf(), reason }
}
