//! The file: what is written is there again, whatever happens to the process.

use std::io::Write;

use hub_sandbox::{Sandbox, StoreError};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::{ObjectMeta, PostParams};

fn map(name: &str, size: usize) -> ConfigMap {
    ConfigMap {
        metadata: ObjectMeta { name: Some(name.into()), ..ObjectMeta::default() },
        data: Some([("k".to_owned(), "v".repeat(size))].into()),
        ..ConfigMap::default()
    }
}

fn maps(sandbox: &Sandbox) -> Api<ConfigMap> {
    Api::default_namespaced(sandbox.client())
}

#[tokio::test]
async fn objects_survive_and_revisions_go_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep/sandbox.db");
    let uid = |s: &Sandbox| {
        let api: Api<k8s_openapi::api::core::v1::Namespace> = Api::all(s.client());
        async move { api.get("kube-system").await.expect("there").metadata.uid.expect("a uid") }
    };
    let sandbox = Sandbox::open(&path).expect("opened");
    maps(&sandbox).create(&PostParams::default(), &map("a", 3)).await.expect("created");
    let (revision, identity) = (sandbox.revision(), uid(&sandbox).await);
    sandbox.close();
    let sandbox = Sandbox::open(&path).expect("opened again");
    assert_eq!(sandbox.revision(), revision, "opening writes nothing");
    assert_eq!(uid(&sandbox).await, identity);
    assert_eq!(maps(&sandbox).get("a").await.expect("there").data, map("a", 3).data);
    sandbox.reset().expect("emptied");
    assert!(maps(&sandbox).get_opt("a").await.expect("asked").is_none());
    assert_ne!(uid(&sandbox).await, identity, "another cluster");
    assert!(sandbox.revision() > revision);
}

#[tokio::test]
async fn an_unfinished_write_is_all_that_a_killed_process_loses() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sandbox.db");
    let sandbox = Sandbox::open(&path).expect("opened");
    maps(&sandbox).create(&PostParams::default(), &map("whole", 3)).await.expect("created");
    let whole = std::fs::metadata(&path).expect("there").len();
    maps(&sandbox).create(&PostParams::default(), &map("cut", 300)).await.expect("created");
    sandbox.close();
    let bytes = std::fs::read(&path).expect("readable");
    for length in [whole, whole + 1, whole + 7, whole + 8, whole + 50, bytes.len() as u64 - 1] {
        std::fs::write(&path, &bytes[..length as usize]).expect("written");
        let sandbox = Sandbox::open(&path).expect("opened after a cut");
        assert!(maps(&sandbox).get_opt("whole").await.expect("asked").is_some(), "cut at {length}");
        assert!(maps(&sandbox).get_opt("cut").await.expect("asked").is_none(), "cut at {length}");
        maps(&sandbox).create(&PostParams::default(), &map("next", 1)).await.expect("goes on");
        sandbox.close();
        let sandbox = Sandbox::open(&path).expect("opened");
        assert!(maps(&sandbox).get_opt("next").await.expect("asked").is_some(), "cut at {length}");
        sandbox.close();
    }
}

#[tokio::test]
async fn history_is_dropped_at_opening() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sandbox.db");
    let sandbox = Sandbox::open(&path).expect("opened");
    let mut value = maps(&sandbox).create(&PostParams::default(), &map("a", 1)).await.expect("created");
    for round in 0..12_u8 {
        value.data = Some([("k".to_owned(), char::from(b'a' + round).to_string().repeat(500_000))].into());
        value = maps(&sandbox).replace("a", &PostParams::default(), &value).await.expect("replaced");
    }
    let revision = sandbox.revision();
    sandbox.close();
    let long = std::fs::metadata(&path).expect("there").len();
    let sandbox = Sandbox::open(&path).expect("opened");
    assert_eq!(sandbox.revision(), revision);
    assert_eq!(maps(&sandbox).get("a").await.expect("there").data, value.data);
    assert!(std::fs::metadata(&path).expect("there").len() < long / 4);
}

#[tokio::test]
async fn a_second_process_is_told_who_holds_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sandbox.db");
    let sandbox = Sandbox::open(&path).expect("opened");
    let Err(StoreError::Held { holder, .. }) = Sandbox::open(&path) else { panic!("held") };
    assert_eq!((holder.pid, holder.url), (std::process::id(), None));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let serving = sandbox.serve(listener).expect("served");
    let Err(error @ StoreError::Held { .. }) = Sandbox::open(&path) else { panic!("held") };
    assert!(error.to_string().contains(&format!("which serves it at {}", serving.url())), "{error}");
    drop(serving);
    sandbox.close();
    assert!(Sandbox::open(&path).is_ok());
}

#[tokio::test]
async fn another_file_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.txt");
    std::fs::File::create(&path).expect("made").write_all(b"these are my notes\n").expect("written");
    assert!(matches!(Sandbox::open(&path), Err(StoreError::Foreign { .. })));
    assert_eq!(std::fs::read(&path).expect("readable"), b"these are my notes\n");
}
