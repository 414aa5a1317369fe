//! hubctl's spellings: the program started as `hubctl` takes hubctl's verbs and flags.
//!
//! In: hubctl's command line. Out: `hub`'s, with notes on what has no meaning here. Refuses to know: what verbs do.
//!
//! Source: hubctl's `cmd/*.go`, and the shell verbs of hub-extensions (`hub-stack-*`, `hub-show`).

/// What becomes of a flag.
#[derive(Clone, Copy)]
enum Flag {
    /// It has a value and another name here.
    Value(&'static str),
    /// It has a value, a list of components.
    Components,
    /// It has no value, and another name here.
    Switch(&'static str),
    /// It has a value, and no meaning here: why.
    Dropped(&'static str),
    /// It has no value, and no meaning here: why; an empty reason is not worth a note.
    DroppedSwitch(&'static str),
}

const STATE: &str = "state is kept on the cluster; `hub state import FILE` takes over what hubctl knew";

/// Flags by verb; those of `*` are for all.
const FLAGS: [(&str, &str, Flag); 52] = [
    ("*", "--verbose", Flag::DroppedSwitch("")),
    ("*", "-v", Flag::DroppedSwitch("")),
    ("*", "--debug", Flag::DroppedSwitch("")),
    ("*", "-d", Flag::DroppedSwitch("")),
    ("*", "--trace", Flag::DroppedSwitch("")),
    ("*", "--tty", Flag::DroppedSwitch("")),
    ("*", "--all-warnings", Flag::DroppedSwitch("")),
    (
        "*",
        "--force",
        Flag::DroppedSwitch(
            "nothing is forced: say which refusal is to be overcome (--only, --adopt, --force-conflicts)",
        ),
    ),
    ("*", "--compressed", Flag::Dropped("")),
    ("*", "--encrypted", Flag::Dropped("")),
    ("*", "--log-destination", Flag::Dropped("")),
    ("*", "--aws_region", Flag::Dropped("set AWS_REGION")),
    ("*", "--os-environment", Flag::Dropped("hooks get the whole environment but TF_VAR_*")),
    ("*", "--clouds", Flag::Dropped("no cloud is probed")),
    ("*", "-b", Flag::Value("--base-dir")),
    ("*", "--base-dir", Flag::Value("--base-dir")),
    ("*", "-s", Flag::Dropped(STATE)),
    ("*", "--state", Flag::Dropped(STATE)),
    ("*", "-n", Flag::DroppedSwitch("")),
    ("*", "--no-state", Flag::DroppedSwitch("")),
    ("*", "-g", Flag::DroppedSwitch("")),
    ("*", "--load-global-state", Flag::DroppedSwitch("")),
    ("*", "--switch-kube-context", Flag::DroppedSwitch("no kubeconfig is changed; --context names one")),
    ("*", "--git-outputs", Flag::DroppedSwitch("")),
    ("*", "--git-outputs-status", Flag::DroppedSwitch("")),
    ("*", "--write-oplog-to-state-on-error", Flag::DroppedSwitch("")),
    ("*", "--guess", Flag::DroppedSwitch("")),
    ("*", "--state-stack-parameters", Flag::DroppedSwitch("")),
    ("*", "--json", Flag::Switch("-ojson")),
    ("*", "-e", Flag::Value("-e")),
    ("*", "--environment", Flag::Value("-e")),
    ("*", "-c", Flag::Components),
    ("*", "--components", Flag::Components),
    ("*", "--component", Flag::Components),
    ("backup", "--to", Flag::Value("--to")),
    ("*", "--file", Flag::Value("--file")),
    ("*", "-p", Flag::Value("-p")),
    ("*", "--param", Flag::Value("--param")),
    ("*", "--params-file", Flag::Value("--params-file")),
    ("*", "--kubeconfig", Flag::Value("--kubeconfig")),
    ("*", "--context", Flag::Value("--context")),
    ("*", "--timeout", Flag::Value("--timeout")),
    ("*", "--parallel", Flag::Value("--parallel")),
    ("*", "--helm-command", Flag::Value("--helm-command")),
    ("deploy", "-o", Flag::Value("--offset")),
    ("undeploy", "-o", Flag::Value("--offset")),
    ("deploy", "-l", Flag::Value("--limit")),
    ("undeploy", "-l", Flag::Value("--limit")),
    ("deploy", "-y", Flag::Switch("--dry-run")),
    ("deploy", "--dry", Flag::Switch("--dry-run")),
    ("undeploy", "-y", Flag::Switch("--dry-run")),
    ("undeploy", "--dry", Flag::Switch("--dry-run")),
];

/// A command line of `hub`, and what is to be said about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Translated {
    /// The words behind the program's name.
    pub(super) words: Vec<String>,
    /// Notes.
    pub(super) notes: Vec<String>,
}

/// Translates hubctl's words; those of `hub` itself pass through.
pub(super) fn translate(words: &[String]) -> Translated {
    let mut rest: Vec<&str> = words.iter().map(String::as_str).collect();
    // hubctl's `stack VERB` is `VERB` on the elaborate file that the shell layer knows.
    let mut of_stack = false;
    if rest.first() == Some(&"stack") && rest.get(1).is_some_and(|verb| DELEGATED.contains(verb)) {
        rest.remove(0);
        of_stack = true;
    }
    let verb = rest.first().copied().unwrap_or_default().to_owned();
    let mut done = match verb.as_str() {
        "deploy" | "undeploy" => of_deployment(&verb, &rest[1..], of_stack),
        "explain" | "show" | "invoke" => of_files(&verb, &rest[1..]),
        "backup" => of_backup(&rest[1..]),
        "kubeconfig" => of_kubeconfig(&rest[1..]),
        "extensions" => Translated {
            words: vec!["version".to_owned()],
            notes: vec!["there is nothing to install: hubctl's extensions are part of hub".to_owned()],
        },
        _ => Translated { words: rest.iter().map(|word| (*word).to_owned()).collect(), notes: Vec::new() },
    };
    done.notes.dedup();
    done
}

/// Verbs that the shell layer hands on.
const DELEGATED: [&str; 7] = ["deploy", "undeploy", "elaborate", "explain", "show", "invoke", "backup"];

/// Flags translated, operands and components apart.
struct Sorted {
    flags: Vec<String>,
    operands: Vec<String>,
    components: Vec<String>,
    notes: Vec<String>,
}

fn sort(verb: &str, words: &[&str]) -> Sorted {
    let mut sorted =
        Sorted { flags: Vec::new(), operands: Vec::new(), components: Vec::new(), notes: Vec::new() };
    let mut rest = words.iter().copied();
    while let Some(word) = rest.next() {
        if !word.starts_with('-') || word == "-" {
            sorted.operands.push(word.to_owned());
            continue;
        }
        let (name, inline) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word, None),
        };
        if name.starts_with("--hub-") {
            continue;
        }
        let known = |wanted: &str| FLAGS.iter().find(|(of, flag, _)| *of == wanted && *flag == name);
        let mut value = || inline.clone().or_else(|| rest.next().map(ToOwned::to_owned)).unwrap_or_default();
        match known(verb).or_else(|| known("*")).map(|(_, _, flag)| *flag) {
            Some(Flag::Value(other)) => sorted.flags.extend([other.to_owned(), value()]),
            Some(Flag::Components) => sorted.components.extend(value().split(',').map(ToOwned::to_owned)),
            Some(Flag::Switch(other)) => sorted.flags.push(other.to_owned()),
            Some(Flag::Dropped(why)) => {
                value();
                note(&mut sorted.notes, name, why);
            }
            Some(Flag::DroppedSwitch(why)) => note(&mut sorted.notes, name, why),
            // A flag of hub's own.
            None => sorted.flags.push(word.to_owned()),
        }
    }
    sorted
}

fn note(notes: &mut Vec<String>, name: &str, why: &str) {
    if !why.is_empty() {
        notes.push(format!("{name}: {why}"));
    }
}

fn of_deployment(verb: &str, words: &[&str], of_stack: bool) -> Translated {
    let mut sorted = sort(verb, words);
    let mut out = vec![verb.to_owned()];
    for operand in std::mem::take(&mut sorted.operands) {
        if of_stack && !is_file(&operand) {
            range(&operand, &mut sorted);
        } else if is_file(&operand) {
            // Of several that hubctl may choose from, the first that is there.
            let files: Vec<&str> = operand.split(',').collect();
            let file = files.iter().find(|file| std::path::Path::new(file).is_file()).unwrap_or(&files[0]);
            sorted.flags.extend(["--file".to_owned(), (*file).to_owned()]);
        } else {
            sorted.components.push(operand);
        }
    }
    out.extend(sorted.components);
    out.extend(sorted.flags);
    Translated { words: out, notes: sorted.notes }
}

/// `a,b`, `a...b`, `...b`, `a...`. Source: `hub-stack-deploy`.
fn range(expression: &str, sorted: &mut Sorted) {
    match expression.split_once("...") {
        Some((from, to)) => {
            for (flag, name) in [("--offset", from), ("--limit", to)] {
                if !name.is_empty() {
                    sorted.flags.extend([flag.to_owned(), name.to_owned()]);
                }
            }
        }
        None => sorted.components.extend(expression.split(',').map(ToOwned::to_owned)),
    }
}

fn of_files(verb: &str, words: &[&str]) -> Translated {
    // `-m` of invoke names the elaborate file.
    let mut words: Vec<&str> = words.to_vec();
    let mut file = None;
    if let Some(at) = words.iter().position(|word| matches!(*word, "-m" | "--elaborate")) {
        words.remove(at);
        if at < words.len() {
            file = Some(words.remove(at).to_owned());
        }
    }
    let sorted = sort(verb, &words);
    let mut out = vec![verb.to_owned()];
    let (files, operands): (Vec<String>, Vec<String>) =
        sorted.operands.into_iter().partition(|word| is_file(word));
    // The elaborate file comes before the state file, which is no manifest.
    let file = file.or_else(|| files.into_iter().find(|name| !name.contains("state")));
    out.extend(sorted.components);
    out.extend(operands);
    out.extend(file.into_iter().flat_map(|file| ["--file".to_owned(), file]));
    out.extend(sorted.flags);
    Translated { words: out, notes: sorted.notes }
}

fn of_backup(words: &[&str]) -> Translated {
    let Some((&verb, rest)) = words.split_first() else {
        return Translated { words: vec!["backup".to_owned()], notes: Vec::new() };
    };
    if verb == "unbundle" {
        let renamed =
            rest.iter().map(|word| if *word == "-o" || *word == "--output" { "--to" } else { word });
        let words = ["backup", verb].into_iter().chain(renamed).map(ToOwned::to_owned).collect();
        return Translated { words, notes: Vec::new() };
    }
    let renamed: Vec<&str> = rest
        .iter()
        .map(|word| match *word {
            "-o" | "--output" => "--to",
            "--json" => "--json-bundle",
            word => word,
        })
        .collect();
    let mut translated = of_files("backup", &renamed);
    translated.words.insert(1, verb.to_owned());
    for word in &mut translated.words {
        if word == "--json-bundle" {
            "--json".clone_into(word);
        }
    }
    translated
}

fn of_kubeconfig(words: &[&str]) -> Translated {
    let mut sorted = sort("kubeconfig", words);
    let mut out = vec!["kubeconfig".to_owned()];
    // hubctl's -c names the context, and its operand the state file.
    out.extend(sorted.components.into_iter().flat_map(|name| ["--name".to_owned(), name]));
    sorted.flags.retain(|flag| !matches!(flag.as_str(), "-k" | "-p" | "--keep-tls-pems"));
    out.extend(sorted.flags);
    Translated { words: out, notes: sorted.notes }
}

/// Whether a word is a file rather than a component.
fn is_file(word: &str) -> bool {
    word.contains(['/', '.']) && !word.contains("...")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub(words: &str) -> String {
        let words: Vec<String> = words.split_whitespace().map(ToOwned::to_owned).collect();
        translate(&words).words.join(" ")
    }

    #[test]
    fn deployments_are_translated() {
        assert_eq!(hub("deploy hub.yaml.elaborate -s hub.yaml.state"), "deploy --file hub.yaml.elaborate");
        assert_eq!(hub("deploy e.yaml -s a,s3://b -c a,b -e X=y"), "deploy a b -e X=y --file e.yaml");
        assert_eq!(
            hub("undeploy e.yaml -o a -l b --dry --guess=false"),
            "undeploy --offset a --limit b --dry-run --file e.yaml"
        );
        assert_eq!(
            hub("deploy e.yaml --git-outputs --hub-api=x --compressed=false -y"),
            "deploy --dry-run --file e.yaml"
        );
        assert_eq!(hub("deploy e.yaml -p a.b=c --context x"), "deploy -p a.b=c --context x --file e.yaml");
    }

    #[test]
    fn stack_verbs_know_ranges() {
        assert_eq!(hub("stack deploy a...c"), "deploy --offset a --limit c");
        assert_eq!(hub("stack undeploy ...c"), "undeploy --limit c");
        assert_eq!(hub("stack deploy a,b"), "deploy a b");
        assert_eq!(hub("stack ls"), "stack ls");
    }

    #[test]
    fn other_verbs_lose_what_names_the_state() {
        assert_eq!(hub("invoke -m e.yaml -s s.state mysql backup"), "invoke mysql backup --file e.yaml");
        assert_eq!(
            hub("explain hub.yaml.elaborate hub.yaml.state --json -c mysql"),
            "explain mysql --file hub.yaml.elaborate -ojson"
        );
        assert_eq!(
            hub("backup create e.yaml -s s.state -o b.yaml --json -c a"),
            "backup create a --file e.yaml --to b.yaml --json"
        );
        assert_eq!(
            hub("backup unbundle b.yaml -o p.yaml -r a:b"),
            "backup unbundle b.yaml --to p.yaml -r a:b"
        );
        assert_eq!(hub("kubeconfig s.state -k -c ctx"), "kubeconfig --name ctx");
        assert_eq!(hub("util otp"), "util otp");
        assert_eq!(hub("ext component kustomize deploy"), "ext component kustomize deploy");
    }

    #[test]
    fn what_has_no_meaning_is_said() {
        let words: Vec<String> = ["deploy", "e.yaml", "-s", "x"].map(str::to_owned).to_vec();
        assert!(translate(&words).notes[0].contains("hub state import"));
    }
}
