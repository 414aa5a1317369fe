//! YAML trees that parse and print as go-yaml does, with spans.
//!
//! ```
//! let documents = hub_yaml::parse("name: web\nports: [80, 443]\n")?;
//! let root = &documents[0].root;
//! assert_eq!(root.get("name").and_then(|node| node.as_str()), Some("web"));
//! let (key, ports) = root.entry("ports").expect("it is there");
//! assert_eq!((key.span().line, key.span().column), (2, 1));
//! assert_eq!(ports.items().len(), 2);
//! # Ok::<(), hub_yaml::Error>(())
//! ```

mod alias;
mod compose;
mod emit;
mod error;
mod node;
mod number;
mod resolve;
mod scanner;
mod span;
mod timestamp;

pub use alias::expand_aliases;
pub use compose::{DEPTH_LIMIT, parse, parse_expanded_at, parse_first, parse_first_at};
pub use emit::{Printed, compare_keys, emit, emit_as_is, emit_to, printed};
pub use error::Error;
pub use node::{Document, Node, Style, Text, Value};
pub use number::{format_float, format_go_float};
pub use resolve::{Scalar, Tag, is_plain_string_v2, scalar as resolve};
pub use span::Span;
