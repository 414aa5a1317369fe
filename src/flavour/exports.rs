//! Lines of shell by which hooks of charts and of terraform set variables: `export NAME=VALUE`.
//!
//! In: what a hook printed, and the variables it had. Out: variables to set. Refuses to run anything: hubctl hands such
//! lines to `eval`, which runs whatever else stands in them.
//!
//! Source: `hub-component-helm-deploy`, `hub-component-terraform` (`grep -E '^export '` and `eval`).

/// What one line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Export {
    /// A variable and its value.
    Variable(String, String),
    /// Something that only a shell could carry out; the whole line.
    Refused(String),
}

/// The variables that `printed` exports, in order; `lookup` gives those that are set already.
#[must_use]
pub fn exports(printed: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Vec<Export> {
    let mut found: Vec<Export> = Vec::new();
    for line in printed.lines() {
        let Some(rest) = line.strip_prefix("export ") else { continue };
        let value = |name: &str| {
            let set = found.iter().rev().find_map(|export| match export {
                Export::Variable(known, value) if known == name => Some(value.clone()),
                _ => None,
            });
            set.or_else(|| lookup(name)).unwrap_or_default()
        };
        match words(rest, &value) {
            Some(words) => found.extend(words.into_iter().filter_map(|word| {
                let (name, value) = word.split_once('=')?;
                Some(Export::Variable(name.to_owned(), value.to_owned()))
            })),
            None => found.push(Export::Refused(line.to_owned())),
        }
    }
    found
}

/// The words of a line as a shell splits it; `None` where it would run a command, or a quote is not closed.
fn words(line: &str, value: &dyn Fn(&str) -> String) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            ' ' | '\t' => words.extend(word.take()),
            '#' if word.is_none() => break,
            ';' | '&' | '|' | '<' | '>' | '(' | ')' | '`' => return None,
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match rest.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match rest.next()? {
                        '"' => break,
                        '`' => return None,
                        '\\' => match rest.next()? {
                            c @ ('"' | '\\' | '$' | '`') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        '$' => word.push_str(&variable(&mut rest, value)?),
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(rest.next()?),
            '$' => {
                let text = variable(&mut rest, value)?;
                word.get_or_insert_default().push_str(&text);
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

/// The value of the variable whose name follows; `None` where a command follows, or more than a name.
fn variable(
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    value: &dyn Fn(&str) -> String,
) -> Option<String> {
    let braced = rest.next_if_eq(&'{').is_some();
    if rest.peek() == Some(&'(') {
        return None;
    }
    let mut name = String::new();
    while let Some(c) = rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
        name.push(c);
    }
    if braced {
        rest.next_if_eq(&'}')?;
    }
    Some(if name.is_empty() { "$".to_owned() } else { value(&name) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(printed: &str) -> Vec<Export> {
        exports(printed, &|name| (name == "HELM_ARGS").then(|| "--debug".to_owned()))
    }

    fn set(name: &str, value: &str) -> Export {
        Export::Variable(name.to_owned(), value.to_owned())
    }

    #[test]
    fn only_export_lines_count() {
        let found = of("echo x\n export A=1\nexport B=2 C='3 4'\nexported=5\n");
        assert_eq!(found, [set("B", "2"), set("C", "3 4")]);
    }

    #[test]
    fn quotes_and_variables_are_those_of_a_shell() {
        let found =
            of("export HELM_ARGS=\"$HELM_ARGS --set a=\\\"b\\\"\"\nexport X=${HELM_ARGS}x # not this\n");
        assert_eq!(found, [set("HELM_ARGS", "--debug --set a=\"b\""), set("X", "--debug --set a=\"b\"x")]);
        assert_eq!(
            of("export A='$HOME' B=\\$x C=$UNSET."),
            [set("A", "$HOME"), set("B", "$x"), set("C", ".")]
        );
    }

    #[test]
    fn commands_are_refused() {
        for line in
            ["export A=$(id)", "export A=`id`", "export A=1; rm -rf x", "export A=\"$(id)\"", "export A='x"]
        {
            assert_eq!(of(line), [Export::Refused(line.to_owned())]);
        }
    }
}
