use super::*;
use crate::manifest::COMPONENT_MANIFEST;

struct Fixture {
    dir: tempfile::TempDir,
}

impl Fixture {
    /// Components as `name: extra yaml of its manifest`, and the stack's list of them.
    fn new(components: &[(&str, &str)], stack: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, manifest) in components {
            let path = dir.path().join("components").join(name);
            std::fs::create_dir_all(&path).unwrap();
            std::fs::write(path.join(COMPONENT_MANIFEST), format!("kind: component\n{manifest}\n")).unwrap();
        }
        std::fs::write(dir.path().join(STACK_MANIFEST), stack).unwrap();
        Self { dir }
    }

    fn load(&self) -> Result<Stack, Problems> {
        Stack::load(&self.dir.path().join(STACK_MANIFEST))
    }
}

struct Has(&'static [&'static str]);

impl Platform for Has {
    fn serves(&self, kinds: &[&str]) -> bool {
        kinds.iter().all(|k| self.0.contains(k))
    }

    fn is_deployed(&self, component: &str) -> bool {
        self.0.contains(&component)
    }
}

fn kserve_and_cert_manager() -> Stack {
    let fixture = Fixture::new(
        &[
            ("kserve", "requires: [kubernetes, cert-manager]"),
            ("cert-manager", "provides: [cert-manager]\nkinds: [Issuer.cert-manager.io]"),
        ],
        "components: [{name: kserve}, {name: cert-manager}]",
    );
    fixture.load().unwrap()
}

fn request(names: &[&str]) -> Request {
    Request { components: names.iter().map(ToString::to_string).collect(), ..Request::default() }
}

#[test]
fn what_a_component_comes_after_goes_first_but_does_not_join() {
    let fixture = Fixture::new(
        &[("registry", "after: [istio]"), ("istio", "provides: [istio]")],
        "components: [{name: registry}, {name: istio}]",
    );
    let stack = fixture.load().unwrap();
    let alone = select(&stack, &request(&["registry"]), &Unprobed).unwrap();
    assert_eq!(alone.order, ["registry"]);
    let both = select(&stack, &request(&[]), &Unprobed).unwrap();
    assert_eq!(both.order, ["istio", "registry"]);
    assert!(both.needs["registry"].contains("istio"));
    // It may do without, so nothing stands in the way of removing the other.
    assert!(dependents(&stack, &["istio".to_owned()], &Has(&["registry", "istio"])).is_empty());
}

#[test]
fn what_is_required_and_not_there_joins() {
    let stack = kserve_and_cert_manager();
    let selection = select(&stack, &request(&["kserve"]), &Unprobed).unwrap();
    assert_eq!(selection.order, ["cert-manager", "kserve"]);
    assert_eq!(selection.additions[0].capability.as_deref(), Some("cert-manager"));
    assert!(selection.needs["kserve"].contains("cert-manager"));
    let there = select(&stack, &request(&["kserve"]), &Has(&["Issuer.cert-manager.io"])).unwrap();
    assert_eq!(there.order, ["kserve"]);
    let only = Request { only: true, ..request(&["kserve"]) };
    let refused = select(&stack, &only, &Unprobed).unwrap_err();
    assert_eq!(
        refused.0[0].message,
        "kserve needs cert-manager for `cert-manager`, which is not there, and --only leaves it out"
    );
}

#[test]
fn unknown_names_and_unmet_capabilities_are_said_together() {
    let fixture = Fixture::new(&[("a", "requires: [gpu]")], "components: [{name: a}]");
    let stack = fixture.load().unwrap();
    let problems = select(&stack, &request(&["a", "aa"]), &Unprobed).unwrap_err();
    let messages: Vec<&str> = problems.0.iter().map(|p| p.message.as_str()).collect();
    assert_eq!(
        messages,
        ["there is no component `aa` in hub.yaml", "a requires `gpu`, which nothing provides"]
    );
}

#[test]
fn cycles_of_any_length_are_drawn() {
    for (stack, drawn) in [
        ("components: [{name: a, depends: [a]}]", "a → a"),
        ("components: [{name: a, depends: [b]}, {name: b, depends: [a]}]", "a → b → a"),
        (
            "components: [{name: a, depends: [b]}, {name: b, depends: [c]}, {name: c, depends: [a]}]",
            "a → b → c → a",
        ),
    ] {
        let fixture = Fixture::new(&[("a", ""), ("b", ""), ("c", "")], stack);
        let problems = fixture.load().unwrap_err();
        assert!(problems.0[0].message.ends_with(drawn), "{problems}");
    }
}

#[test]
fn all_manifests_are_read_before_giving_up() {
    let fixture = Fixture::new(
        &[("a", "parameters: [{value: 1}]"), ("b", "kind: stack")],
        "components: [{name: a}, {name: b}, {name: nowhere}, {name: a}]",
    );
    let problems = fixture.load().unwrap_err();
    assert!(problems.0[0].message.contains("two components are called `a`"), "{problems:?}");
    let fixture = Fixture::new(
        &[("a", "parameters: [{value: 1}]"), ("b", "templates: {kind: curl, files: [x]}")],
        "components: [{name: a}, {name: b}, {name: nowhere}]",
    );
    let problems = fixture.load().unwrap_err();
    let messages: Vec<&str> = problems.0.iter().map(|p| p.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "a parameter needs a `name`",
            "no template engine is called `curl`",
            "there is no component in components/nowhere"
        ]
    );
    assert_eq!(problems.0[0].place.as_ref().unwrap().to_string(), "components/a/hub-component.yaml:2:14");
}

#[test]
fn a_slice_of_the_order_can_be_run() {
    let fixture = Fixture::new(
        &[("a", ""), ("b", ""), ("c", "")],
        "components: [{name: a}, {name: b, depends: [c]}, {name: c}]",
    );
    let stack = fixture.load().unwrap();
    let sliced = |offset: Option<&str>, limit: Option<&str>| {
        let request =
            Request { offset: offset.map(Into::into), limit: limit.map(Into::into), ..Request::default() };
        select(&stack, &request, &Unprobed).map(|s| s.order)
    };
    assert_eq!(sliced(None, None).unwrap(), ["a", "c", "b"]);
    assert_eq!(sliced(Some("c"), None).unwrap(), ["c", "b"]);
    assert_eq!(sliced(None, Some("a")).unwrap(), ["a"]);
    assert!(sliced(Some("b"), Some("a")).is_err());
    assert_eq!(dependents(&stack, &["c".into()], &Has(&["b"])), [("b".to_owned(), "c".to_owned())]);
}
