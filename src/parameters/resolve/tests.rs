use std::collections::BTreeMap;

use super::*;
use crate::diagnostic::Problems;
use crate::manifest::Located;
use crate::parameters::{Bindings, GeneratedValue, MASK, ParameterLayers, VisibleOutput};
use serde_json::json;

fn declare(name: &str, value: Value) -> ParameterDeclaration {
    ParameterDeclaration { value: Some(value), ..ParameterDeclaration::named(name) }
}

#[derive(Default)]
struct Fixture {
    layers: ParameterLayers,
    bindings: Bindings,
    depends: Vec<String>,
    outputs: Vec<VisibleOutput>,
    generated: BTreeMap<String, GeneratedValue>,
}

impl Fixture {
    fn flags(pairs: &[&str]) -> Self {
        let mut fixture = Self::default();
        fixture.layers.push(pairs.iter().map(|p| ParameterLayers::parse_flag(p).unwrap()).collect());
        fixture
    }

    fn output(mut self, component: &str, name: &str, value: Option<Value>) -> Self {
        self.outputs.push(VisibleOutput {
            component: component.into(),
            name: name.into(),
            value,
            secret: false,
            only_by_full_name: false,
        });
        self
    }

    fn resolve(&self, declarations: &[ParameterDeclaration]) -> Result<ParameterSet, Problems> {
        self.resolve_with(declarations, &[])
    }

    fn resolve_with(
        &self,
        declarations: &[ParameterDeclaration],
        rules: &[(&str, &str)],
    ) -> Result<ParameterSet, Problems> {
        let place = crate::diagnostic::SourceText::new("rules", "").at(0, 0);
        let rules: Vec<RuleDeclaration> = rules
            .iter()
            .map(|(assert, message)| RuleDeclaration {
                assert: Located { value: (*assert).into(), place: place.clone() },
                message: (*message).into(),
            })
            .collect();
        let scope = Scope {
            component: "c",
            depends: &self.depends,
            layers: &self.layers,
            bindings: &self.bindings,
            outputs: &self.outputs,
            generated: &self.generated,
        };
        resolve(declarations, &rules, &scope).map_err(|wrong| wrong.told(&self.layers))
    }
}

fn messages(problems: &Problems) -> Vec<&str> {
    problems.0.iter().map(|p| p.message.as_str()).collect()
}

#[test]
fn references_do_not_depend_on_the_order_of_declarations() {
    let declarations = [declare("url", json!("v/${version}/${name}")), declare("version", json!("1"))];
    let fixture =
        Fixture { bindings: Bindings::from([("name".to_owned(), json!("k"))]), ..Fixture::default() };
    assert_eq!(fixture.resolve(&declarations).unwrap().text("url").unwrap(), "v/1/k");
}

#[test]
fn outside_wins_and_says_what_it_overrides() {
    let set = Fixture::flags(&["a=2"]).resolve(&[declare("a", json!(1))]).unwrap();
    let a = set.iter().next().unwrap();
    assert_eq!((a.value.clone(), &a.provenance), (json!("2"), &Provenance::Flag));
    assert_eq!(a.overridden, [Provenance::Component(None)]);
}

#[test]
fn everything_wrong_is_said_at_once() {
    let declarations = [
        ParameterDeclaration::named("missing"),
        declare("loop", json!("${pool}")),
        declare("pool", json!("${loop}")),
        declare("typo", json!("${missin}")),
        declare("sum", json!("#{1 +}")),
    ];
    let problems = Fixture::default().resolve(&declarations).unwrap_err();
    let found = messages(&problems);
    assert_eq!(
        found[..4],
        [
            "missing of c has no value",
            "loop of c refers to itself: loop → pool → loop",
            "pool of c refers to itself: pool → loop → pool",
            "typo of c refers to `${missin}`, which has no value",
        ]
    );
    assert!(found[4].starts_with("sum of c: at column 4 of `1 +`: "), "{found:?}");
}

#[test]
fn secrets_are_masked_when_shown_and_serialised_and_taint_what_they_go_into() {
    let mut declaration = declare("password", json!("hunter2"));
    declaration.secret = true;
    let set = Fixture::default().resolve(&[declaration, declare("dsn", json!("db:${password}"))]).unwrap();
    assert_eq!(set.iter().next().unwrap().shown(), MASK);
    assert!(!serde_json::to_string(&set).unwrap().contains("hunter2"));
    assert_eq!(set.secrets(), ["hunter2", "db:hunter2"]);
}

#[test]
fn rules_are_checked_all_at_once_and_wait_for_outputs() {
    let fixture = Fixture::flags(&["kind=sqlite"]).output("db", "host", None);
    let mut enabled = declare("catalog.enabled", json!("true"));
    enabled.parameter_type = Some(ParameterType::Boolean);
    let declarations = [declare("kind", json!("mysql")), enabled, declare("at", json!("${db:host}"))];
    let problems = fixture
        .resolve_with(
            &declarations,
            &[
                ("kind == 'mysql' || !catalog.enabled", "the catalog needs a server"),
                ("at != ''", "not yet"),
                ("kind + 1 == 2", "no sum"),
                ("kind", "no truth"),
                ("catalog.enabled", "holds"),
            ],
        )
        .unwrap_err();
    let found = messages(&problems);
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[0], "c: the catalog needs a server");
    let help = problems.0[0].help.as_deref().unwrap();
    assert_eq!(help, "kind is `sqlite` (--param), catalog.enabled is `true` (component default)");
    assert!(found[1].contains("at column 6"), "{found:?}");
    assert!(found[2].contains("is neither true nor false"), "{found:?}");
}

#[test]
fn outputs_are_found_by_full_name_by_dependency_and_by_plain_name() {
    let fixture = Fixture { depends: vec!["near".into()], ..Fixture::default() }
        .output("near", "host", Some(json!("n")))
        .output("far", "host", Some(json!("f")))
        .output("far", "port", Some(json!(1)));
    let declarations = [
        declare("host", json!("own")),
        declare("port", json!("own")),
        declare("full", json!("${far:host}/${near:host}")),
    ];
    let set = fixture.resolve(&declarations).unwrap();
    assert_eq!(set.text("host").unwrap(), "n");
    assert_eq!(set.get("port"), Some(&json!(1)));
    assert_eq!(set.text("full").unwrap(), "f/n");
    assert_eq!(set.parameter("port").unwrap().provenance.to_string(), "output far:port");
}

#[test]
fn what_waits_for_an_output_says_so() {
    let fixture = Fixture::default().output("db", "host", None);
    let declarations = [declare("url", json!("x://${db:host}")), declare("more", json!("${url}/y"))];
    let set = fixture.resolve(&declarations).unwrap();
    assert_eq!(set.pending().collect::<Vec<_>>(), ["db:host", "db:host"]);
    assert_eq!(set.text("more").unwrap(), "known-after-db");
}

#[test]
fn a_generated_value_yields_to_any_other() {
    let generate = crate::manifest::GenerateDeclaration {
        secret: "s-${kind}".into(),
        key: "token".into(),
        namespace: None,
        length: 32,
    };
    let declaration = ParameterDeclaration {
        generate: Some(generate),
        secret: true,
        ..ParameterDeclaration::named("token")
    };
    let declarations = [declaration, declare("kind", json!("x"))];
    let bare = Fixture::default().resolve(&declarations).unwrap();
    let wanted = bare.parameter("token").unwrap();
    assert_eq!(wanted.generate.as_ref().unwrap().secret, "s-x");
    let generated = GeneratedValue { value: "abc".into(), live: true };
    let found = Fixture { generated: [("token".to_owned(), generated)].into(), ..Fixture::default() };
    let set = found.resolve(&declarations).unwrap();
    assert_eq!(set.text("token").unwrap(), "abc");
    assert_eq!(set.parameter("token").unwrap().provenance.to_string(), "the live Secret s-${kind}");
    let given = Fixture::flags(&["token=mine"]).resolve(&declarations).unwrap();
    assert_eq!(given.text("token").unwrap(), "mine");
}

#[test]
fn a_reference_alone_keeps_its_type_only_where_one_is_declared() {
    let mut list = declare("typed", json!("${hosts}"));
    list.parameter_type = Some(ParameterType::List);
    let declarations = [declare("hosts", json!(["a", "b"])), list, declare("plain", json!("${hosts}"))];
    let set = Fixture::default().resolve(&declarations).unwrap();
    assert_eq!(set.get("typed"), Some(&json!(["a", "b"])));
    assert_eq!(set.get("plain"), Some(&json!("[a b]")));
}
