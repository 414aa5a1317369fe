//! `hub graph`: which components need which.

use clap::{Args, ValueEnum};

use super::arguments::StackArguments;
use super::conclude::refuse;
use super::exit::Exit;
use super::session::Session;
use crate::lifecycle::Error;
use crate::stack::{self, Request, Selection, Unprobed};
use crate::ui::{self, Format};

/// Which components, drawn how.
#[derive(Args, Clone, Debug)]
pub(super) struct GraphArguments {
    /// Components of the stack, with all that they need [default: all]
    #[arg(value_name = "COMPONENT")]
    components: Vec<String>,
    #[command(flatten)]
    stack: StackArguments,
    /// How it is drawn
    #[arg(long, value_name = "STYLE", default_value = "text")]
    style: Style,
}

/// The values of `--style`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Style {
    /// Layers of components that can go at the same time.
    Text,
    /// For Graphviz.
    Dot,
    /// For Markdown.
    Mermaid,
}

/// Runs `hub graph`.
pub(super) fn graph(arguments: &GraphArguments) -> Exit {
    match drawn(arguments) {
        Ok(()) => Exit::Done,
        Err(error) => refuse(None, error),
    }
}

fn drawn(arguments: &GraphArguments) -> Result<(), Error> {
    let session = Session::open(&arguments.stack, &arguments.components)?;
    let request = Request { components: session.names.clone(), ..Request::default() };
    let selection = stack::select(&session.stack, &request, &Unprobed)?;
    if session.format == Format::Json {
        ui::json(&selection);
        return Ok(());
    }
    match arguments.style {
        Style::Text => draw_layers(&selection),
        Style::Dot => draw_edges(
            &selection,
            ("digraph stack {", "}"),
            |name, need| format!("  \"{name}\" -> \"{need}\";"),
            |name| format!("  \"{name}\";"),
        ),
        Style::Mermaid => draw_edges(
            &selection,
            ("graph TD", ""),
            |name, need| format!("  {}[\"{name}\"] --> {}[\"{need}\"]", identifier(name), identifier(need)),
            |name| format!("  {}[\"{name}\"]", identifier(name)),
        ),
    }
    Ok(())
}

/// Words that Mermaid takes as names of nodes.
fn identifier(name: &str) -> String {
    let letters: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("c_{letters}")
}

fn draw_edges(
    selection: &Selection,
    (head, tail): (&str, &str),
    edge: impl Fn(&str, &str) -> String,
    node: impl Fn(&str) -> String,
) {
    ui::line(head);
    for name in &selection.order {
        ui::line(&node(name));
        for need in selection.needs.get(name).into_iter().flatten() {
            ui::line(&edge(name, need));
        }
    }
    if !tail.is_empty() {
        ui::line(tail);
    }
}

fn draw_layers(selection: &Selection) {
    let mut done: Vec<&String> = Vec::new();
    let mut layer = 1;
    while done.len() < selection.order.len() {
        let ready = |name: &&String| {
            let needs = selection.needs.get(*name);
            !done.contains(name) && needs.into_iter().flatten().all(|need| done.contains(&need))
        };
        let now: Vec<&String> = selection.order.iter().filter(ready).collect();
        if now.is_empty() {
            break;
        }
        ui::line(&format!("layer {layer}"));
        for name in &now {
            let needs: Vec<&str> =
                selection.needs.get(*name).into_iter().flatten().map(String::as_str).collect();
            let needs =
                if needs.is_empty() { String::new() } else { format!("  needs {}", needs.join(", ")) };
            ui::line(&format!("  {name}{needs}"));
        }
        done.extend(now);
        layer += 1;
    }
}
