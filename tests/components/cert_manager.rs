//! cert-manager, rendered.

use serde_json::Value;

use crate::rendered::Repository;

#[test]
fn everything_is_in_one_namespace() {
    let repository = Repository::new();
    let moved = repository.render("cert-manager", &["cert-manager.namespace=certificates"]);
    for object in &moved.0 {
        let namespace = object["metadata"]["namespace"].as_str();
        assert!(namespace.is_none_or(|n| n == "certificates"), "{object}");
    }
    assert!(moved.has("Namespace certificates"));
    for name in ["cert-manager", "cert-manager-cainjector"] {
        let containers = moved.field(&format!("Deployment {name}"), "/spec/template/spec/containers/0/args");
        let last = containers.as_array().unwrap().last().unwrap();
        assert_eq!(
            last, "--leader-election-namespace=certificates",
            "of a flag given twice the last one counts"
        );
    }
    let webhook = "ValidatingWebhookConfiguration cert-manager-webhook";
    let authority = "/metadata/annotations/cert-manager.io~1inject-ca-from-secret";
    assert_eq!(moved.field(webhook, authority), "certificates/cert-manager-webhook-ca");
    assert_eq!(moved.field(webhook, "/webhooks/0/clientConfig/service/namespace"), "certificates");
}

#[test]
fn each_version_is_downloaded_from_where_it_is() {
    let repository = Repository::new();
    let version = ["-p", "cert-manager.version=v1.21.1", "-o", "json"];
    let explained =
        repository.stack().hub(&[&["explain", "cert-manager", "-e", "development"], &version[..]].concat());
    explained.ends(0, &[]);
    let explained: Value = serde_json::from_str(&explained.stdout).unwrap();
    assert_eq!(
        explained["cert-manager"]["kustomize.resources"]["value"],
        "https://github.com/cert-manager/cert-manager/releases/download/v1.21.1/cert-manager.yaml"
    );
    repository.refuses("cert-manager", &["cert-manager.version=1.21"], &["does not match the pattern"]);
    repository.refuses("cert-manager", &["cert-manager.namespace=Not_One"], &["does not match the pattern"]);
}
