//! The command line: what was typed, what it means, how the process ends. One file per verb.

mod approval;
mod arguments;
mod backup;
mod conclude;
mod crash;
mod deploy;
mod drift;
mod elaborate;
mod exit;
mod explain;
mod ext;
mod fetch;
mod graph;
mod history;
mod hubctl;
mod interrupt;
mod invoke;
mod kustomize;
mod lint;
mod object;
mod personality;
mod render;
mod rollback;
mod sandbox;
mod schema;
mod session;
mod show;
mod sources;
mod stack;
mod state;
mod status;
mod surroundings;
mod undeploy;
mod unlock;
mod util;

use clap::{CommandFactory as _, Parser, Subcommand};

pub use exit::Exit;

use crate::ui::{self, Detail, Format};

/// Brings components onto a Kubernetes cluster, per environment, and off it again.
#[derive(Parser, Debug)]
#[command(
    name = "hub",
    version,
    max_term_width = 100,
    after_long_help = "Exit codes:
  0 done   1 failed   2 usage or manifest error   3 changes pending   4 another run holds the lock
  5 applied, but not ready in time   130 interrupted"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Bring components onto the cluster
    Deploy(deploy::ApplyArguments),
    /// Take components off the cluster
    Undeploy(undeploy::UndeployArguments),
    /// Say what deploy would do
    Plan(deploy::PlanArguments),
    /// Show every field that deploy would change; exits with 3 if there is any
    Diff(deploy::PlanArguments),
    /// Print the objects that would be applied; needs no cluster
    Render(render::RenderArguments),
    /// Show what is deployed where
    #[command(visible_alias = "list")]
    Status(status::StatusArguments),
    /// Show what others changed since the last deployment; exits with 3 if there is any
    Drift(drift::DriftArguments),
    /// Show what was deployed when, and by whom
    History(history::HistoryArguments),
    /// Bring components back to an earlier revision
    Rollback(rollback::RollbackArguments),
    /// Show parameters, their values, and where these come from
    Explain(explain::ExplainArguments),
    /// Show parameters and outputs of what is deployed
    Show(show::ShowArguments),
    /// Draw which components need which; needs no cluster
    Graph(graph::GraphArguments),
    /// Write a stack and its components as one file
    Elaborate(elaborate::ElaborateArguments),
    /// What hubctl knew of a stack
    #[command(subcommand)]
    State(state::StateCommand),
    /// Print the JSON Schema of a manifest, for editors
    Schema(schema::SchemaArguments),
    /// Check manifests; needs no cluster
    Lint(lint::LintArguments),
    /// Download what components name, and pin it in hub.lock
    Fetch(fetch::FetchCommandArguments),
    /// Build, edit and make kustomizations; needs no kustomize
    #[command(subcommand)]
    Kustomize(kustomize::KustomizeCommand),
    /// The embedded API server of a stack
    #[command(subcommand)]
    Sandbox(sandbox::SandboxCommand),
    /// Run a further verb of a component, such as `backup`
    Invoke(invoke::InvokeArguments),
    /// Backups of components that have a verb `backup`
    #[command(subcommand)]
    Backup(backup::BackupCommand),
    /// Single objects, for scripts of components: get, apply, delete, wait, logs
    #[command(subcommand)]
    Object(object::ObjectCommand),
    /// The variables of a stack, in .env files
    #[command(subcommand)]
    Stack(stack::StackCommand),
    /// Print a kubeconfig of the environment's cluster only
    Kubeconfig(util::KubeconfigArguments),
    /// Evaluate an expression as manifests and rules have them
    Cel(util::CelArguments),
    /// Small commands for components' programs
    #[command(subcommand)]
    Util(util::UtilCommand),
    /// Print the version
    #[command(hide = true)]
    Version,
    /// What hooks of hubctl's components call: `hub ext component kustomize deploy`
    #[command(hide = true)]
    Ext(ext::ExtArguments),
    /// Remove the lock of a dead run
    Unlock(unlock::UnlockArguments),
    /// Print a completion script
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> Exit {
    let words = surroundings::words();
    let program = words.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
    match personality::named(&program) {
        Some("kustomize") => {
            let own = ["hub", "kustomize"].map(std::ffi::OsString::from).into_iter();
            start(own.chain(words.into_iter().skip(1)).collect())
        }
        Some(name) => {
            let surroundings = surroundings::Surroundings::read();
            personality::run(name, surroundings.arguments.get(1..).unwrap_or_default(), &surroundings)
        }
        None => start(of_hubctl(&program, &words).unwrap_or(words)),
    }
}

/// The words that hubctl's words mean here, where they are hubctl's.
fn of_hubctl(program: &str, words: &[std::ffi::OsString]) -> Option<Vec<std::ffi::OsString>> {
    let is_hubctl = std::path::Path::new(program).file_name().is_some_and(|name| name == "hubctl");
    let texts = hubctl_words(words)?;
    if !is_hubctl && texts.first().is_none_or(|word| word != "stack") {
        return None;
    }
    let translated = hubctl::translate(&texts);
    translated.notes.iter().for_each(|note| ui::note(&format!("! {note}")));
    let name = if is_hubctl { "hubctl" } else { "hub" };
    Some(std::iter::once(name.into()).chain(translated.words.into_iter().map(Into::into)).collect())
}

/// The words behind the program's name, where all are text.
fn hubctl_words(words: &[std::ffi::OsString]) -> Option<Vec<String>> {
    words.iter().skip(1).map(|word| word.to_str().map(ToOwned::to_owned)).collect()
}

/// Runs the command of a command line.
fn start(words: Vec<std::ffi::OsString>) -> Exit {
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Manifest } else { Exit::Done };
            // Help that nobody reads to its end is no failure.
            let _ = error.print();
            return exit;
        }
    };
    let surroundings = surroundings::Surroundings::read();
    ui::install_error_style(surroundings.screen(Format::Text));
    if let Some(filter) = surroundings.get("HUB_LOG") {
        ui::install_log(filter);
    }
    // Scripts call it often, and it has nothing to wait for: it starts no threads.
    if let Command::Kustomize(command) = cli.command {
        return kustomize::run(command, &surroundings);
    }
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let exit = runtime.block_on(run(cli.command));
            // A hook or download that does not end must not hold up the process after an interruption.
            runtime.shutdown_background();
            exit
        }
        Err(error) => {
            ui::note(&format!("hub cannot start its threads: {error}"));
            Exit::Failed
        }
    }
}

async fn run(command: Command) -> Exit {
    match command {
        Command::Deploy(arguments) => deploy::deploy(arguments).await,
        Command::Undeploy(arguments) => undeploy::undeploy(arguments).await,
        Command::Plan(arguments) => deploy::plan(arguments, Detail::Full).await,
        Command::Diff(arguments) => deploy::diff(arguments).await,
        Command::Render(arguments) => render::render(arguments).await,
        Command::Status(arguments) => status::status(arguments).await,
        Command::Drift(arguments) => drift::drift(arguments).await,
        Command::History(arguments) => history::history(arguments).await,
        Command::Rollback(arguments) => rollback::rollback(arguments).await,
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::Show(arguments) => show::show(arguments).await,
        Command::Graph(arguments) => graph::graph(&arguments),
        Command::Elaborate(arguments) => elaborate::elaborate(&arguments),
        Command::State(command) => state::state(command).await,
        Command::Schema(arguments) => schema::schema(&arguments),
        Command::Lint(arguments) => lint::lint(&arguments),
        Command::Fetch(arguments) => fetch::fetch(arguments).await,
        Command::Kustomize(command) => kustomize::run(command, &surroundings::Surroundings::read()),
        Command::Sandbox(command) => sandbox::sandbox(command).await,
        Command::Invoke(arguments) => invoke::invoke(arguments).await,
        Command::Backup(command) => backup::backup(command).await,
        Command::Object(command) => object::object(command).await,
        Command::Stack(command) => stack::stack(command),
        Command::Kubeconfig(arguments) => util::kubeconfig(&arguments),
        Command::Cel(arguments) => util::cel(&arguments),
        Command::Util(command) => util::util(&command),
        Command::Version => util::version(),
        Command::Ext(arguments) => ext::ext(arguments).await,
        Command::Unlock(arguments) => unlock::unlock(arguments).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "hub", &mut script);
            written(&script)
        }
        Command::Man => {
            let mut page = Vec::new();
            match clap_mangen::Man::new(Cli::command()).render(&mut page) {
                Ok(()) => written(&page),
                Err(_) => Exit::Failed,
            }
        }
    }
}

fn written(bytes: &[u8]) -> Exit {
    match ui::bytes(bytes) {
        Ok(()) => Exit::Done,
        Err(_) => Exit::Failed,
    }
}
