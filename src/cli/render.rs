//! `hub render`: the objects that would be applied, without a cluster.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::Value;

use super::arguments::{ClusterArguments, FetchArguments, StackArguments};
use super::conclude::refuse;
use super::exit::Exit;
use super::interrupt;
use super::session::Session;
use crate::lifecycle::{self, Error, Event, Listener};
use crate::ui::{self, Format, Reporter};

/// Which component, and where to.
#[derive(Args, Clone, Debug)]
pub(super) struct RenderArguments {
    /// A component of the stack, or a component's directory
    #[arg(value_name = "COMPONENT")]
    component: String,
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    fetch: FetchArguments,
    /// Write to this file, or into this folder one file per object
    #[arg(long, value_name = "PATH")]
    to: Option<PathBuf>,
    /// Print values of secret parameters in clear, so that the objects can be applied by another tool
    #[arg(long)]
    show_secrets: bool,
}

/// Runs `hub render`.
pub(super) async fn render(arguments: RenderArguments) -> Exit {
    match rendered(&arguments).await {
        Ok(()) => Exit::Done,
        Err(error) => refuse(None, error),
    }
}

/// A reporter that keeps away from standard output.
pub(super) fn quiet() -> Arc<dyn Reporter> {
    Arc::new(Quiet)
}

/// Results go to standard output, so everything else must stay away from it.
struct Quiet;

impl Listener for Quiet {
    fn on_event(&self, event: &Event) {
        match event {
            Event::HookLine { component, hook, line, .. } => {
                ui::note(&format!("{component}  {hook} | {line}"))
            }
            Event::Warning { message, .. } => ui::note(&format!("! {message}")),
            _ => {}
        }
    }
}

impl Reporter for Quiet {
    fn suspend(&self, work: &mut dyn FnMut()) {
        work();
    }

    fn clear(&self) {}
}

async fn rendered(arguments: &RenderArguments) -> Result<(), Error> {
    let session =
        Session::open_with(&arguments.stack, std::slice::from_ref(&arguments.component), &arguments.fetch)?;
    let reporter = quiet();
    let run = session.run(&arguments.fetch, &ClusterArguments::default(), &reporter, false)?;
    interrupt::watch(run.cancel.clone());
    let name = session.names.first().unwrap_or(&arguments.component);
    let mut prepared = lifecycle::render(&run, name).await?;
    if !arguments.show_secrets && prepared.conceal() {
        ui::note("! values of secret parameters are masked; --show-secrets prints them");
    }
    let failed = |reason: String| Error::Internal { what: "writing the objects", reason };
    match &arguments.to {
        None if session.format == Format::Json => {
            for object in &prepared.objects {
                ui::json_line(object);
            }
            Ok(())
        }
        None => ui::bytes(documents(&prepared.objects)?.as_bytes()).map_err(|e| failed(e.to_string())),
        Some(folder) if folder.is_dir() => write_each(folder, &prepared.objects),
        Some(file) => std::fs::write(file, documents(&prepared.objects)?)
            .map_err(|e| failed(format!("{}: {e}", file.display()))),
    }
}

fn documents(objects: &[Value]) -> Result<String, Error> {
    let texts: Result<Vec<String>, Error> = objects.iter().map(yaml).collect();
    Ok(texts?.join("---\n"))
}

fn yaml(object: &Value) -> Result<String, Error> {
    crate::yaml::to_yaml(object)
        .map_err(|e| Error::Internal { what: "writing the objects", reason: e.to_string() })
}

fn write_each(folder: &Path, objects: &[Value]) -> Result<(), Error> {
    for object in objects {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let parts = [
            text("/kind").to_lowercase(),
            text("/metadata/namespace").to_owned(),
            text("/metadata/name").to_owned(),
        ];
        let parts: Vec<String> =
            parts.into_iter().filter(|p| !p.is_empty()).map(|p| p.replace(['/', ':'], "_")).collect();
        let file = folder.join(format!("{}.yaml", parts.join("-")));
        std::fs::write(&file, yaml(object)?).map_err(|e| Error::Internal {
            what: "writing the objects",
            reason: format!("{}: {e}", file.display()),
        })?;
    }
    Ok(())
}
