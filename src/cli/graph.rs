//! `hub graph`: which components need which.

use clap::{Args, ValueEnum};

use super::arguments::StackArguments;
use super::conclude::refuse;
use super::exit::Exit;
use super::session::Session;
use crate::lifecycle::Error;
use crate::stack::{self, Request, Selection, Stack, Unprobed};
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
    let graph = Graph { selection, stack: &session.stack };
    match arguments.style {
        Style::Text => graph.draw_layers(),
        Style::Dot => graph.draw_edges(
            ("digraph stack {", "}"),
            |name, need, strong| {
                let style = if strong { "" } else { " [style=dashed]" };
                format!("  \"{name}\" -> \"{need}\"{style};")
            },
            |name| format!("  \"{name}\";"),
        ),
        Style::Mermaid => graph.draw_edges(
            ("graph TD", ""),
            |name, need, strong| {
                let arrow = if strong { "-->" } else { "-.->" };
                format!("  {}[\"{name}\"] {arrow} {}[\"{need}\"]", identifier(name), identifier(need))
            },
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

/// Components with what goes before them: what they need, and what they only come after where it takes part.
struct Graph<'a> {
    selection: Selection,
    stack: &'a Stack,
}

impl Graph<'_> {
    /// What goes before a component, and whether the component cannot do without.
    fn before<'g>(&'g self, name: &'g str) -> impl Iterator<Item = (&'g str, bool)> {
        let needs = self.selection.needs.get(name);
        needs.into_iter().flatten().map(|need| (need.as_str(), self.stack.requires(name, need)))
    }

    fn draw_edges(
        &self,
        (head, tail): (&str, &str),
        edge: impl Fn(&str, &str, bool) -> String,
        node: impl Fn(&str) -> String,
    ) {
        ui::line(head);
        for name in &self.selection.order {
            ui::line(&node(name));
            for (need, strong) in self.before(name) {
                ui::line(&edge(name, need, strong));
            }
        }
        if !tail.is_empty() {
            ui::line(tail);
        }
    }

    fn draw_layers(&self) {
        let mut done: Vec<&String> = Vec::new();
        let mut layer = 1;
        while done.len() < self.selection.order.len() {
            let ready = |name: &&String| {
                let needs = self.selection.needs.get(*name);
                !done.contains(name) && needs.into_iter().flatten().all(|need| done.contains(&need))
            };
            let now: Vec<&String> = self.selection.order.iter().filter(ready).collect();
            if now.is_empty() {
                break;
            }
            ui::line(&format!("layer {layer}"));
            let width = now.iter().map(|name| name.len()).max().unwrap_or_default();
            for name in &now {
                ui::line(format!("  {name:width$}  {}", self.reasons(name)).trim_end());
            }
            done.extend(now);
            layer += 1;
        }
    }

    /// `needs a, b; after c`.
    fn reasons(&self, name: &str) -> String {
        let of = |strong: bool| {
            self.before(name).filter(|(_, s)| *s == strong).map(|(n, _)| n).collect::<Vec<_>>()
        };
        let parts = [("needs", of(true)), ("after", of(false))];
        let parts = parts.iter().filter(|(_, names)| !names.is_empty());
        parts.map(|(word, names)| format!("{word} {}", names.join(", "))).collect::<Vec<_>>().join("; ")
    }
}
