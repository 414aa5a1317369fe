use super::*;
use crate::diagnostic::SourceText;
use serde_json::{Value, json};

pub(super) fn parameters(pairs: &[(&str, Value)]) -> ParameterSet {
    let mut set = ParameterSet::default();
    for (name, value) in pairs {
        set.insert_own(name, value.clone());
    }
    set
}

fn curly(text: &str, pairs: &[(&str, Value)]) -> Result<String, Problems> {
    curly::render(&SourceText::new("a.template", text), curly::Braces::Dollar, &parameters(pairs))
}

#[test]
fn curly_leaves_alone_what_is_no_reference() {
    let text = "$x ${a b} {{ .Name }} {{name}} #{x} ${a}";
    assert_eq!(curly(text, &[("a", json!("1"))]).unwrap(), "$x ${a b} {{ .Name }} {{name}} #{x} 1");
}

#[test]
fn filters_are_applied_from_left_to_right() {
    let pairs = [
        ("hosts", json!("a.example b.example")),
        ("url", json!("https://h.example/p")),
        ("protocol", json!("https")),
        ("list", json!(["a<b", 1])),
        ("deep", json!({"b": {"d": 1, "c": 2}, "a": 3})),
        ("empty", json!("")),
        ("float", json!(1e7)),
        ("map", json!({"b": [2], "a": 1})),
        ("null", json!(null)),
        ("bare", json!("http://h.example")),
        ("ftp", json!("ftp://h.example")),
    ];
    for (template, expected) in [
        ("${hosts/first}", "a.example"),
        ("${hosts|first|base64}", "YS5leGFtcGxl"),
        ("${url/parseURL}", "https://h.example:443/p"),
        ("${url/port}:${url/hostname}:${url/scheme}", "443:h.example:https"),
        ("${protocol/isSecure} ${protocol/insecure}", "true false"),
        ("${empty/isSecure} ${empty/insecure}", "false true"),
        ("${list/json}", "[\"a\\u003cb\",1]"),
        ("${deep/yaml}", "a: 3\nb:\n  c: 2\n  d: 1"),
        ("${deep/json}", r#"{"a":3,"b":{"c":2,"d":1}}"#),
        ("${list/yaml}", "- a<b\n- 1"),
        ("${list} ${float} ${map} ${null}", "[a<b 1] 1e+07 map[a:1 b:[2]] "),
        ("${bare/parseURL} ${bare/hostname}${bare/port}", "http://h.example:80 h.example80"),
        ("${ftp/parseURL}", "ftp://h.example"),
    ] {
        assert_eq!(curly(template, &pairs).unwrap(), expected, "{template}");
    }
}

#[test]
fn every_unknown_name_has_its_place() {
    let problems =
        curly("a: ${bucket.regio}\nb: ${x/nofilter}\n", &[("bucket.region", json!("r")), ("x", json!(1))]);
    let problems = problems.unwrap_err();
    assert_eq!(problems.0[0].place.as_ref().unwrap().to_string(), "a.template:1:4");
    assert_eq!(problems.0[0].help.as_deref(), Some("did you mean `bucket.region`?"));
    assert_eq!(problems.0[1].message, "there is no filter `nofilter`");
    assert_eq!(problems.0[1].place.as_ref().unwrap().line, 2);
}

#[test]
fn tera_sees_dots_as_branches_and_reports_places() {
    let pairs = [("a.b-c", json!([1, 2])), ("a", json!("own"))];
    let source = SourceText::new("t", "{% for x in a.b_c %}{{ x }};{% endfor %}{{ a.value }}");
    assert_eq!(tera::render(&source, &parameters(&pairs)).unwrap(), "1;2;own");
    let source = SourceText::new("t", "ok\n{{ nothing }}");
    let problems = tera::render(&source, &parameters(&pairs)).unwrap_err();
    assert_eq!(problems.0[0].place.as_ref().unwrap().line, 2);
}

#[test]
fn tera_has_the_filters_of_curly() {
    let pairs = [("word", json!("say \"hi\"")), ("url", json!("https://h.example/x"))];
    for (template, expected) in [
        ("{{ word | json }}", r#""say \"hi\"""#),
        ("{{ word | base64 | unbase64 }}", "say \"hi\""),
        ("{{ url | hostname }}", "h.example"),
    ] {
        let source = SourceText::new("t", template);
        assert_eq!(tera::render(&source, &parameters(&pairs)).unwrap(), expected, "{template}");
    }
    let problems = tera::render(&SourceText::new("t", "\n{{ word | unbase64 }}"), &parameters(&pairs));
    let problem = problems.unwrap_err().0.remove(0);
    assert!(
        problem.message.contains("not base64") && !problem.message.contains("say"),
        "{}",
        problem.message
    );
}

#[test]
fn files_are_found_by_hubctls_rules_and_written_beside_the_template() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("kustomization.yaml.template", "ns: ${ns}");
    write("kustomization.yaml", "stale");
    write("serverless/patch.yaml.template", "x: ${ns}");
    write("in-place.txt", "${ns}");
    let place = SourceText::new("hub-component.yaml", "x").at(0, 1);
    let set = |files: &[&str], directories: &[&str]| TemplateSet {
        engine: TemplateEngine::Curly,
        files: files.iter().map(ToString::to_string).collect(),
        directories: directories.iter().map(ToString::to_string).collect(),
        place: place.clone(),
    };
    let sets = [set(&["kustomization.yaml", "in-place.txt"], &[]), set(&["*.template"], &["serverless"])];
    let parameters = parameters(&[("ns", json!("kserve"))]);
    let rendered = render(dir.path(), &sets, &parameters).unwrap();
    assert_eq!(rendered.files.len(), 3);
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    assert_eq!(read("kustomization.yaml"), "ns: kserve");
    assert_eq!(read("serverless/patch.yaml"), "x: kserve");
    assert_eq!(read("in-place.txt"), "kserve");

    let missing = render(dir.path(), &[set(&["nope.yaml"], &[])], &parameters).unwrap_err();
    assert_eq!(missing.0[0].message, "there is no template nope.yaml");
}

#[test]
fn mustache_has_sections_and_escapes() {
    let pairs = [
        ("a.b", json!("<x>")),
        ("list", json!([{"n": 1}, {"n": 2}])),
        ("words", json!(["p", "q"])),
        ("off", json!(false)),
    ];
    let render = |text: &str| mustache::render(&SourceText::new("t", text), &parameters(&pairs));
    for (template, expected) in [
        ("{{a_b}} {{{a_b}}} {{& a_b }}", "&lt;x&gt; <x> <x>"),
        ("{{#list}}{{n}};{{/list}}{{#words}}{{.}}{{/words}}", "1;2;pq"),
        ("{{^off}}none{{/off}}{{#off}}x{{/off}}", "none"),
        ("a\n  {{! comment }}\nb{{!c}}\n", "a\nb\n"),
        ("a\n{{#words}}\n- {{.}}\n{{/words}}\nz", "a\n- p\n- q\nz"),
        ("{{=<% %>=}}<% a_b %> {{a_b}}", "&lt;x&gt; {{a_b}}"),
    ] {
        assert_eq!(render(template).unwrap(), expected, "{template}");
    }
    for template in ["{{nope}}", "{{#list}}x", "{{/list}}", "{{a_b", "{{>part}}"] {
        assert!(render(template).is_err(), "{template}");
    }
    assert_eq!(render("x\n{{a.b}}").unwrap_err().0[0].place.as_ref().unwrap().line, 2);
}
