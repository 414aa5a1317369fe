//! etcd, rendered.

use crate::rendered::Repository;

const SET: &str = "StatefulSet etcd";

fn arguments(objects: &crate::rendered::Objects) -> Vec<String> {
    let command = objects.container(SET, "etcd")["command"].as_array().unwrap();
    command.iter().map(|argument| argument.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_member_has_a_volume_and_asks_for_passwords() {
    let etcd = Repository::new().render("etcd", &[]);
    let claim = etcd.field(SET, "/spec/volumeClaimTemplates/0");
    assert_eq!(claim["metadata"]["name"], "data");
    assert_eq!(claim["spec"]["resources"]["requests"]["storage"], "8Gi");
    assert!(claim["spec"].get("storageClassName").is_none(), "the cluster's default");
    assert_eq!(etcd.field(SET, "/spec/replicas"), 1);
    let connection = etcd.field("Secret model-serving-etcd", "/stringData/etcd_connection").as_str().unwrap();
    let connection: serde_json::Value = serde_json::from_str(connection).unwrap();
    assert_eq!(connection["endpoints"], "http://etcd.model-serving.svc:2379");
    assert_eq!(connection["userid"], "modelmesh");
    assert_eq!(connection["root_prefix"], "modelmesh-serving");
    for id in ["Job etcd-auth", "Secret etcd-auth", "ConfigMap etcd-auth", "NetworkPolicy etcd"] {
        assert!(etcd.has(id), "{id}");
    }
}

#[test]
fn members_know_one_another() {
    let etcd = Repository::new().render("etcd", &["etcd.replicas=3", "persistence.storageClass=fast"]);
    let peers = (0..3).map(|i| format!("etcd-{i}=http://etcd-{i}.etcd-members.$(NAMESPACE).svc:2380"));
    let cluster = format!("--initial-cluster={}", peers.collect::<Vec<_>>().join(","));
    assert!(arguments(&etcd).contains(&cluster), "{:?}", arguments(&etcd));
    assert_eq!(etcd.field(SET, "/spec/volumeClaimTemplates/0/spec/storageClassName"), "fast");
    assert_eq!(etcd.field("Service etcd-members", "/spec/publishNotReadyAddresses"), true);
}

#[test]
fn without_volume_and_passwords_it_is_upstreams_quickstart() {
    let repository = Repository::new();
    let plain = ["persistence.enabled=false", "auth.enabled=false", "etcd.networkPolicy=false"];
    let etcd = repository.render("etcd", &plain);
    let ids: Vec<String> = etcd.ids().into_iter().collect();
    assert_eq!(ids, ["Secret model-serving-etcd", "Service etcd", "Service etcd-members", SET]);
    assert_eq!(etcd.field(SET, "/spec/volumeClaimTemplates"), &serde_json::Value::Null);
    assert_eq!(
        etcd.field(SET, "/spec/template/spec/volumes"),
        &serde_json::json!([{"name": "data", "emptyDir": {}}])
    );
    let connection = etcd.field("Secret model-serving-etcd", "/stringData/etcd_connection").as_str().unwrap();
    assert!(!connection.contains("userid"), "{connection}");
}

#[test]
fn another_version_changes_the_members_only() {
    let repository = Repository::new();
    let (old, new) = (repository.render("etcd", &[]), repository.render("etcd", &["etcd.version=v3.6.4"]));
    assert_eq!(old.changed(&new), [SET.to_owned()].into());
    assert_eq!(old.differing(&new, SET), ["/spec/template/spec/containers/0/image"]);
}

#[test]
fn what_cannot_work_is_refused() {
    let repository = Repository::new();
    repository.refuses(
        "etcd",
        &["etcd.replicas=3", "persistence.enabled=false"],
        &["several members need persistence.enabled"],
    );
    repository.refuses("etcd", &["etcd.replicas=2"], &["etcd.replicas"]);
    repository.refuses("etcd", &["auth.user=root"], &["the administrator root"]);
}
