//! Paths into objects, as `replacements` and `vars` write them.
//!
//! Source: kyaml `yaml/fns.go` (PathGetter), `yaml/match.go` (PathMatcher), `yaml/rnode.go` (convertSliceIndex).

use hub_yaml::{Node, Tag, Value};

use crate::{
    field_spec::wrong_kind,
    meta::{self, text_of},
    pattern,
};

/// Splits `name[3]` into a name and an index.
pub(crate) fn with_indices(parts: &[String]) -> Vec<String> {
    let mut out = Vec::with_capacity(parts.len());
    for part in parts {
        let cut = part
            .strip_suffix(']')
            .and_then(|inner| inner.rsplit_once('['))
            .filter(|(_, index)| !index.is_empty() && index.bytes().all(|b| b.is_ascii_digit()));
        match cut {
            Some((name, index)) => {
                if !name.is_empty() {
                    out.push(name.to_owned());
                }
                out.push(index.to_owned());
            }
            None => out.push(part.clone()),
        }
    }
    out
}

enum Step<'p> {
    Index(usize),
    Last,
    Match(&'p str, &'p str),
    Field(&'p str),
}

fn step(part: &str) -> Result<Step<'_>, String> {
    if let Ok(index) = part.parse::<i64>() {
        let index = usize::try_from(index).map_err(|_| format!("an index cannot be negative: {part}"))?;
        return Ok(Step::Index(index));
    }
    match part {
        "-" => Ok(Step::Last),
        "*" => Err("a wildcard is not possible here".into()),
        part if is_match(part) => {
            let (name, value) = split_match(part)?;
            Ok(Step::Match(name, value))
        }
        part => Ok(Step::Field(part)),
    }
}

fn is_match(part: &str) -> bool {
    part.starts_with('[') && part.ends_with(']')
}

fn split_match(part: &str) -> Result<(&str, &str), String> {
    let inner = part.strip_suffix(']').unwrap_or(part);
    let inner = inner.strip_prefix('[').unwrap_or(inner);
    inner.split_once('=').ok_or_else(|| format!("{part}: an element is chosen by [field=value]"))
}

fn cleaned(parts: &[String]) -> impl Iterator<Item = &str> {
    parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty())
}

/// The node at a path without patterns; None if there is none.
///
/// # Errors
/// In words: the path leads through something of another kind.
pub(crate) fn lookup<'n>(root: &'n Node, parts: &[String]) -> Result<Option<&'n Node>, String> {
    let mut node = root;
    for part in cleaned(parts) {
        let next = match step(part)? {
            Step::Index(at) => elements(node)?.get(at),
            Step::Last => Some(elements(node)?.last().ok_or("the list has no last element")?),
            Step::Match("", value) => elements(node)?.iter().find(|element| text_of(element) == value),
            Step::Match(name, value) => elements(node)?.iter().find(|element| {
                element.is_mapping() && element.get(name).is_some_and(|found| text_of(found) == value)
            }),
            Step::Field(_) if node.tag() == Tag::Null => None,
            Step::Field(name) if node.is_mapping() => node.get(name),
            Step::Field(_) => return Err(wrong_kind("a mapping", node)),
        };
        match next {
            Some(next) => node = next,
            None => return Ok(None),
        }
    }
    Ok(Some(node))
}

fn elements(node: &Node) -> Result<&[Node], String> {
    match &node.value {
        Value::Sequence(items) => Ok(items),
        _ if node.tag() == Tag::Null => Ok(&[]),
        _ => Err(wrong_kind("a list", node)),
    }
}

/// What is made at the end of a path that is not there yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Make {
    Nothing,
    Scalar,
    Mapping,
    Sequence,
}

impl Make {
    fn node(self) -> Node {
        match self {
            Make::Mapping => Node::mapping(),
            Make::Sequence => Node::sequence(),
            Make::Nothing | Make::Scalar => Node::untyped(""),
        }
    }

    /// What is made before a part of a path.
    fn before(self, next: Option<&String>) -> Self {
        match next {
            None => self,
            Some(next) if is_match(next) || next.parse::<u32>().is_ok() => Make::Sequence,
            Some(next) if next.is_empty() => self,
            Some(_) => Make::Mapping,
        }
    }
}

/// Hands each node at a path, which may have patterns, to `set`; gives back how many there were.
///
/// # Errors
/// In words: the path leads through something of another kind, or an index is too large; or what `set` says.
pub(crate) fn for_each(
    node: &mut Node,
    parts: &[String],
    make: Make,
    set: &mut dyn FnMut(&mut Node) -> Result<(), String>,
) -> Result<usize, String> {
    let Some((part, rest)) = parts.split_first() else {
        set(node)?;
        return Ok(1);
    };
    if let Ok(index) = part.parse::<u32>() {
        return at_index(node, index as usize, rest, make, set);
    }
    if is_match(part) {
        return at_matches(node, part, rest, make, set);
    }
    if part == "*" {
        let mut count = 0;
        for element in elements_mut(node)? {
            count += for_each(element, rest, make, set)?;
        }
        return Ok(count);
    }
    at_field(node, part, rest, make, set)
}

fn elements_mut(node: &mut Node) -> Result<&mut [Node], String> {
    if node.tag() == Tag::Null {
        return Ok(&mut []);
    }
    if !node.is_sequence() {
        return Err(wrong_kind("a list", node));
    }
    Ok(node.items_mut().map(Vec::as_mut_slice).unwrap_or_default())
}

fn at_field(
    node: &mut Node,
    name: &str,
    rest: &[String],
    make: Make,
    set: &mut dyn FnMut(&mut Node) -> Result<(), String>,
) -> Result<usize, String> {
    if node.tag() != Tag::Null && !node.is_mapping() {
        return Err(wrong_kind("a mapping", node));
    }
    if meta::position(node, name).is_none() {
        if make == Make::Nothing || !node.is_mapping() {
            return Ok(0);
        }
        node.push_entry(Node::untyped(name), make.before(rest.first()).node());
    }
    let Some(field) = node.get_mut(name) else { return Ok(0) };
    if field.is_scalar() && field.tag() != Tag::Null && !rest.is_empty() {
        return Err(wrong_kind("a mapping or a list", field));
    }
    for_each(field, rest, make, set)
}

fn at_index(
    node: &mut Node,
    index: usize,
    rest: &[String],
    make: Make,
    set: &mut dyn FnMut(&mut Node) -> Result<(), String>,
) -> Result<usize, String> {
    let count = elements_mut(node)?.len();
    if index == count && make != Make::Nothing {
        node.push(make.before(rest.first()).node());
    }
    let elements = elements_mut(node)?;
    let count = elements.len();
    match elements.get_mut(index) {
        Some(element) => for_each(element, rest, make, set),
        None => Err(format!("index {index} is asked for, but the list has {count} elements")),
    }
}

fn at_matches(
    node: &mut Node,
    part: &str,
    rest: &[String],
    make: Make,
    set: &mut dyn FnMut(&mut Node) -> Result<(), String>,
) -> Result<usize, String> {
    let (name, wanted) = split_match(part)?;
    let regex = pattern::search(wanted)?;
    let fits = |node: &Node| -> bool {
        let printed = hub_yaml::emit(node).unwrap_or_default();
        let source = if node.is_scalar() { text_of(node) } else { printed.trim() };
        regex.is_match(source)
    };
    let mut count = 0;
    let mut matched = false;
    for element in elements_mut(node)? {
        if name.is_empty() {
            if fits(element) {
                set(element)?;
                count += 1;
            }
        } else if element.is_mapping() && element.get(name).is_some_and(fits) {
            matched = true;
            count += for_each(element, rest, make, set)?;
        } else if !element.is_mapping() && element.tag() != Tag::Null {
            continue;
        }
    }
    if count > 0 || make == Make::Nothing {
        return Ok(count);
    }
    if matched {
        return Ok(0);
    }
    let value = Node::untyped(wanted);
    node.push(if name.is_empty() {
        value
    } else {
        Node::new(Value::Mapping(vec![(Node::untyped(name), value)]))
    });
    at_matches(node, part, rest, make, set)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(text: &str) -> Node {
        hub_yaml::parse_first(text).expect("good YAML").expect("a document")
    }

    fn parts(path: &str) -> Vec<String> {
        crate::field_spec::split_bracketed_path(path, '.')
    }

    #[test]
    fn nodes_are_looked_up() {
        let root = node("a: [{n: x, v: 1}, {n: y, v: 2}]\nb: [p, q]\n");
        for (path, expected) in [
            ("a.[n=y].v", Some("2")),
            ("a.0.n", Some("x")),
            ("b.-", Some("q")),
            ("b.[=p]", Some("p")),
            ("a.7", None),
            ("c.d", None),
        ] {
            let found = lookup(&root, &parts(path)).expect("good paths");
            assert_eq!(found.map(text_of), expected, "{path}");
        }
        assert!(lookup(&root, &parts("b.x")).is_err());
    }

    #[test]
    fn patterns_match_and_paths_are_made() {
        let mut root = node("a: [{n: x1}, {n: x2}, {n: y}]\n");
        let mut set = |node: &mut Node| {
            node.set_text("set");
            Ok(())
        };
        assert_eq!(for_each(&mut root, &parts("a.[n=x.].m"), Make::Scalar, &mut set), Ok(2));
        assert_eq!(for_each(&mut root, &parts("a.*.n"), Make::Nothing, &mut set), Ok(3));
        assert_eq!(for_each(&mut root, &parts("b.[n=new].v"), Make::Scalar, &mut set), Ok(1));
        let expected =
            "a:\n- m: set\n  \"n\": set\n- m: set\n  \"n\": set\n- \"n\": set\nb:\n- \"n\": new\n  v: set\n";
        assert_eq!(hub_yaml::emit(&root).as_deref(), Ok(expected));
    }
}
