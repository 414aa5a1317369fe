//! `hub object get|apply|delete|wait|logs`: single objects, so that scripts of components need no kubectl.
//!
//! In a hook it goes to the run's cluster, the sandbox too, by the KUBECONFIG that hooks have; elsewhere to the cluster
//! of the stack's environment.

mod form;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use hub_cluster::{Cluster, GroupKind, ObjectId};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::arguments::{ClusterArguments, StackArguments, duration};
use super::conclude::refuse;
use super::exit::Exit;
use super::interrupt;
use super::session::Session;
use super::surroundings::Surroundings;
use crate::diagnostic::Problem;
use crate::lifecycle::{Connection, Error, KubeSurroundings, Target};
use crate::manifest::STACK_MANIFEST;
use crate::ui;
use form::{Form, Goal, form, goal, print, state};

/// What to do with objects.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum ObjectCommand {
    /// Print an object, or all of a kind
    Get(GetArguments),
    /// Apply the objects of files, server-side, as field manager `hub-object`
    Apply(ApplyArguments),
    /// Delete an object
    Delete(DeleteArguments),
    /// Wait until an object is there, is gone, or has a condition
    Wait(WaitArguments),
    /// Print what a pod's container wrote
    Logs(LogsArguments),
}

/// Where to.
#[derive(Args, Clone, Debug, Default)]
struct Place {
    /// The namespace [default: that of the context, else `default`]
    #[arg(short, long)]
    namespace: Option<String>,
    #[command(flatten)]
    cluster: ClusterArguments,
    /// The stack's manifest [default: ./hub.yaml, if it is there]
    #[arg(long, value_name = "FILE", env = "HUB_FILE", help_heading = "Stack")]
    file: Option<PathBuf>,
    /// The environment [default: the stack's]
    #[arg(short, long, value_name = "NAME", env = "HUB_ENVIRONMENT", help_heading = "Stack")]
    environment: Option<String>,
}

#[derive(Args, Clone, Debug)]
pub(super) struct GetArguments {
    /// KIND/NAME, or KIND for all of a kind
    #[arg(value_name = "KIND[/NAME]")]
    what: String,
    /// yaml, json, name, or jsonpath=.a.b[0].c for one value
    #[arg(short, long, value_name = "FORMAT", default_value = "yaml", value_parser = form)]
    output: Form,
    /// Only objects with these labels
    #[arg(short = 'l', long, value_name = "LABELS")]
    selector: Option<String>,
    /// Objects of all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// An object that is not there is no error
    #[arg(long)]
    ignore_not_found: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Clone, Debug)]
pub(super) struct ApplyArguments {
    /// Files of objects; `-` is standard input
    #[arg(short = 'f', long = "filename", value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The namespace of objects that name none [default: that of the context, else `default`]
    #[arg(short, long)]
    namespace: Option<String>,
    #[command(flatten)]
    cluster: ClusterArguments,
    /// The environment [default: the stack's]
    #[arg(short, long, value_name = "NAME", env = "HUB_ENVIRONMENT", help_heading = "Stack")]
    environment: Option<String>,
}

#[derive(Args, Clone, Debug)]
pub(super) struct DeleteArguments {
    /// KIND/NAME
    #[arg(value_name = "KIND/NAME", required_unless_present = "files")]
    what: Vec<String>,
    /// Files of objects to delete; `-` is standard input
    #[arg(long = "filename", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// An object that is not there is no error
    #[arg(long)]
    ignore_not_found: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Clone, Debug)]
pub(super) struct WaitArguments {
    /// KIND/NAME
    #[arg(value_name = "KIND/NAME")]
    what: String,
    /// condition=NAME[=STATUS], jsonpath=.a.b=VALUE, create, or delete
    #[arg(long = "for", value_name = "WHAT", value_parser = goal)]
    goal: Goal,
    /// How long
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    timeout: Duration,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Clone, Debug)]
pub(super) struct LogsArguments {
    /// A pod
    pod: String,
    /// Its container, where it has several
    #[arg(short, long)]
    container: Option<String>,
    /// Only the last lines
    #[arg(long, value_name = "N")]
    tail: Option<usize>,
    #[command(flatten)]
    place: Place,
}

/// Runs `hub object`.
pub(super) async fn object(command: ObjectCommand) -> Exit {
    let done = match command {
        ObjectCommand::Get(arguments) => get(&arguments).await,
        ObjectCommand::Apply(arguments) => apply(&arguments).await,
        ObjectCommand::Delete(arguments) => delete(&arguments).await,
        ObjectCommand::Wait(arguments) => wait(&arguments).await,
        ObjectCommand::Logs(arguments) => logs(&arguments).await,
    };
    done.map_or_else(|error| refuse(None, error), |()| Exit::Done)
}

async fn get(arguments: &GetArguments) -> Result<(), Error> {
    let (connection, namespace) = open(&arguments.place).await?;
    let cluster = &connection.cluster;
    let objects = match split(cluster, &arguments.what)? {
        (kind, Some(name)) => {
            let id = id(cluster, kind, &namespace, &name);
            match hub_cluster::get(cluster, &id).await? {
                Some(object) => return print(&object, &arguments.output),
                None if arguments.ignore_not_found => return Ok(()),
                None => return Err(absent(&id)),
            }
        }
        (kind, None) => {
            let namespace = (!arguments.all_namespaces).then_some(namespace.as_str());
            hub_cluster::list(cluster, &kind, namespace, arguments.selector.as_deref()).await?
        }
    };
    for (number, object) in objects.iter().enumerate() {
        if number > 0 && arguments.output == Form::Yaml {
            ui::line("---");
        }
        print(object, &arguments.output)?;
    }
    Ok(())
}

async fn apply(arguments: &ApplyArguments) -> Result<(), Error> {
    let place = Place {
        namespace: arguments.namespace.clone(),
        cluster: arguments.cluster.clone(),
        environment: arguments.environment.clone(),
        file: None,
    };
    let objects = read_all(&arguments.files)?;
    let (connection, namespace) = open(&place).await?;
    for object in objects {
        let applied = hub_cluster::apply_object(&connection.cluster, object, &namespace, MANAGER).await?;
        ui::line(&format!("{} applied", name_of(&applied)));
    }
    Ok(())
}

/// Unlike `hub`, so that what scripts apply is never taken for a component's own.
const MANAGER: &str = "hub-object";

async fn delete(arguments: &DeleteArguments) -> Result<(), Error> {
    let objects = read_all(&arguments.files)?;
    let (connection, namespace) = open(&arguments.place).await?;
    let cluster = &connection.cluster;
    let mut ids = Vec::new();
    for what in &arguments.what {
        match split(cluster, what)? {
            (kind, Some(name)) => ids.push(id(cluster, kind, &namespace, &name)),
            (_, None) => return Err(problem(&format!("`{what}` names no object"), "write KIND/NAME")),
        }
    }
    for object in &objects {
        let found = ObjectId::of(object)?;
        let given = found.namespace.clone().unwrap_or_else(|| namespace.clone());
        ids.push(id(cluster, found.group_kind(), &given, &found.name));
    }
    for id in &ids {
        if hub_cluster::delete_object(cluster, id).await? {
            ui::line(&format!("{id} deleted"));
        } else if !arguments.ignore_not_found {
            return Err(absent(id));
        }
    }
    Ok(())
}

async fn wait(arguments: &WaitArguments) -> Result<(), Error> {
    let (connection, namespace) = open(&arguments.place).await?;
    let cluster = &connection.cluster;
    let deadline = Instant::now() + arguments.timeout;
    loop {
        // The kind itself may come only while it is waited for.
        let found = match split(cluster, &arguments.what) {
            Ok((kind, Some(name))) => {
                let id = id(cluster, kind, &namespace, &name);
                hub_cluster::get(cluster, &id).await?
            }
            Ok((_, None)) => {
                return Err(problem(&format!("`{}` names no object", arguments.what), "write KIND/NAME"));
            }
            Err(error) if Instant::now() >= deadline => return Err(error),
            Err(_) => {
                cluster.refresh().await?;
                None
            }
        };
        if arguments.goal.is_met(found.as_ref()) {
            ui::line(&format!("{}: {}", arguments.what, arguments.goal.name()));
            return Ok(());
        }
        if Instant::now() >= deadline {
            let state = found.map_or_else(|| "it is not there".to_owned(), |object| state(&object));
            let message = format!(
                "{} within {:?}: no {}; {state}",
                arguments.what,
                arguments.timeout,
                arguments.goal.name()
            );
            return Err(problem(&message, "give it more time with --timeout"));
        }
        tokio::time::sleep(LOOK).await;
    }
}

const LOOK: Duration = Duration::from_millis(250);

async fn logs(arguments: &LogsArguments) -> Result<(), Error> {
    let (connection, namespace) = open(&arguments.place).await?;
    let pod = arguments.pod.rsplit('/').next().unwrap_or(&arguments.pod);
    let container = arguments.container.as_deref();
    let text = hub_cluster::logs(&connection.cluster, &namespace, pod, container, arguments.tail).await?;
    ui::bytes(text.as_bytes()).map_err(|e| problem(&e.to_string(), "is the reader gone?"))
}

/// The cluster, and the namespace of objects for which none is named.
async fn open(place: &Place) -> Result<(Connection, String), Error> {
    let cancel = CancellationToken::new();
    interrupt::watch(cancel.clone());
    let file = place.file.clone().unwrap_or_else(|| PathBuf::from(STACK_MANIFEST));
    let surroundings = Surroundings::read();
    let in_hook = surroundings.get("HUB_COMPONENT_DIR").is_some() && surroundings.get("KUBECONFIG").is_some();
    let mut cluster = place.cluster.clone();
    cluster.lock_timeout = cluster.lock_timeout.max(Duration::from_secs(10));
    let connection = if file.is_file() && !in_hook {
        let environment = place.environment.iter().cloned().collect();
        let stack = StackArguments { file: Some(file), environment, ..StackArguments::default() };
        Session::open(&stack, &[])?.connect(&cluster, &cancel).await?
    } else {
        let kube = KubeSurroundings {
            flag_kubeconfig: cluster.kubeconfig.clone(),
            flag_context: cluster.context.clone(),
            variable: surroundings.kubeconfig_files(),
            home: surroundings.home(),
        };
        Target::choose(None, &kube, Path::new("."))?.connect(cluster.lock_timeout).await?
    };
    let namespace = place.namespace.clone().or_else(|| connection.namespace());
    Ok((connection, namespace.unwrap_or_else(|| "default".to_owned())))
}

fn split(cluster: &Cluster, what: &str) -> Result<(GroupKind, Option<String>), Error> {
    let (word, name) = match what.split_once('/') {
        Some((word, name)) => (word, Some(name.to_owned())),
        None => (what, None),
    };
    let kind = hub_cluster::kind_of(cluster, word);
    let kind = kind.ok_or_else(|| {
        problem(
            &format!("the cluster knows no kind `{word}`"),
            "write it as in `deployment`, `svc`, `Issuer.cert-manager.io`",
        )
    })?;
    Ok((kind, name))
}

fn id(cluster: &Cluster, kind: GroupKind, namespace: &str, name: &str) -> ObjectId {
    let namespace = hub_cluster::is_namespaced(cluster, &kind).then_some(namespace);
    ObjectId::new(kind, namespace, name)
}

fn name_of(object: &Value) -> String {
    ObjectId::of(object).map_or_else(|_| String::new(), |id| id.to_string())
}

fn absent(id: &ObjectId) -> Error {
    problem(
        &format!("there is no {id}"),
        "name another namespace with -n; --ignore-not-found makes it no error",
    )
}

fn problem(message: &str, help: &str) -> Error {
    Problem::new("hub::object", message).help(help).into()
}

fn read_all(files: &[PathBuf]) -> Result<Vec<Value>, Error> {
    let mut objects = Vec::new();
    for file in files {
        let refused = |reason: String| {
            problem(&format!("{}: {reason}", file.display()), "a file of objects, as YAML or JSON")
        };
        let mut text = String::new();
        if file.as_os_str() == "-" {
            std::io::stdin().read_to_string(&mut text).map_err(|e| refused(e.to_string()))?;
        } else {
            text = std::fs::read_to_string(file).map_err(|e| refused(e.to_string()))?;
        }
        for document in serde_yaml::Deserializer::from_str(&text) {
            let value: Value =
                serde::Deserialize::deserialize(document).map_err(|e| refused(e.to_string()))?;
            match value["items"].as_array() {
                Some(items) if value["kind"].as_str().is_some_and(|k| k.ends_with("List")) => {
                    objects.extend(items.clone())
                }
                _ if value.is_null() => {}
                _ => objects.push(value),
            }
        }
    }
    Ok(objects)
}
