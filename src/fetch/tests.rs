//! Downloads from a server on loopback that misbehaves on purpose, and archives made to do harm.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// Answers the n-th connection with the n-th text, the last one from then on; counts connections.
async fn serve(answers: Vec<String>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let seen = count.clone();
    tokio::spawn(async move {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else {
                return;
            };
            let n = seen.fetch_add(1, Ordering::SeqCst);
            let answer = answers[n.min(answers.len() - 1)].clone();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                if answer == "hang" {
                    std::future::pending::<()>().await;
                }
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    (base, count)
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn status(line: &str) -> String {
    format!("HTTP/1.1 {line}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

struct Fixture {
    dir: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn options(&self) -> FetchOptions {
        FetchOptions {
            lock_file: Some(self.dir.path().join("hub.lock")),
            timeout: Duration::from_millis(300),
            backoff: Duration::from_millis(1),
            ..FetchOptions::new(self.dir.path().join("cache"))
        }
    }

    async fn fetch(&self, options: FetchOptions, url: &str, content: Content) -> Result<Fetched, FetchError> {
        let fetcher = Fetcher::new(options, CancellationToken::new())?;
        fetcher.fetch(&Source::parse(url)?, self.dir.path(), content, &|_| {}).await
    }
}

#[tokio::test]
async fn what_was_fetched_once_is_pinned_and_needs_no_network() {
    let (base, count) = serve(vec![ok("a: 1\n")]).await;
    let fixture = Fixture::new();
    let url = format!("{base}/x/a.yaml");
    let first = fixture.fetch(fixture.options(), &url, Content::Any).await.unwrap();
    assert!(!first.cached);
    assert_eq!(first.file_name, "a.yaml");
    assert_eq!(std::fs::read_to_string(&first.path).unwrap(), "a: 1\n");
    let offline = FetchOptions { offline: true, ..fixture.options() };
    assert!(fixture.fetch(offline.clone(), &url, Content::Any).await.unwrap().cached);
    assert_eq!(count.load(Ordering::SeqCst), 1);
    let lock = std::fs::read_to_string(fixture.dir.path().join("hub.lock")).unwrap();
    assert!(lock.contains(&url) && lock.contains("sha256: "), "{lock}");
    let never = fixture.fetch(offline, &format!("{base}/other"), Content::Any).await.unwrap_err();
    assert!(matches!(never, FetchError::Offline { .. }));
}

#[tokio::test]
async fn other_bytes_than_pinned_are_refused_with_both_digests() {
    let (base, _) = serve(vec![ok("one"), ok("other")]).await;
    let fixture = Fixture::new();
    let first = fixture.fetch(fixture.options(), &base, Content::Any).await.unwrap();
    std::fs::remove_file(first.path).unwrap();
    let error = fixture.fetch(fixture.options(), &base, Content::Any).await.unwrap_err();
    let FetchError::Digest { expected, found, .. } = &error else { panic!("{error}") };
    assert_ne!(expected, found);
    let text = error.to_string();
    assert!(text.contains(expected) && text.contains(found), "{text}");
    let update = FetchOptions { update: true, ..fixture.options() };
    fixture.fetch(update, &base, Content::Any).await.unwrap();
}

#[tokio::test]
async fn passing_faults_are_tried_again_and_others_are_not() {
    let fixture = Fixture::new();
    let failing = status("500 Internal Server Error");
    let (base, count) = serve(vec![failing.clone(), failing.clone(), ok("fine")]).await;
    fixture.fetch(fixture.options(), &base, Content::Any).await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 3);

    let (base, count) = serve(vec![status("404 Not Found")]).await;
    let error = fixture.fetch(fixture.options(), &base, Content::Any).await.unwrap_err();
    assert_eq!(count.load(Ordering::SeqCst), 1);
    assert!(error.to_string().contains("the server answers 404 Not Found (1 try)"), "{error}");

    let (base, count) = serve(vec![failing]).await;
    let error = fixture.fetch(fixture.options(), &base, Content::Any).await.unwrap_err();
    assert_eq!(count.load(Ordering::SeqCst), 4);
    assert!(error.to_string().contains("(4 tries)"), "{error}");
}

#[tokio::test]
async fn refused_silent_and_broken_servers_are_told_apart() {
    let fixture = Fixture::new();
    let options = FetchOptions { retries: 1, ..fixture.options() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}/a", listener.local_addr().unwrap());
    drop(listener);
    let error = fixture.fetch(options.clone(), &closed, Content::Any).await.unwrap_err();
    assert!(error.to_string().contains("Connection refused"), "{error}");

    let (base, _) = serve(vec!["hang".into()]).await;
    let error = fixture.fetch(options.clone(), &base, Content::Any).await.unwrap_err();
    assert!(matches!(error, FetchError::Timeout { .. }), "{error}");

    let (base, _) =
        serve(vec!["HTTP/1.1 200 OK\r\ncontent-length: 100\r\nconnection: close\r\n\r\nhalf".into()]).await;
    let error = fixture.fetch(options, &base, Content::Any).await.unwrap_err();
    assert!(matches!(error, FetchError::Network { .. }), "{error}");
    assert!(!fixture.dir.path().join("hub.lock").exists());
}

#[tokio::test]
async fn what_is_no_manifest_is_neither_kept_nor_pinned() {
    let fixture = Fixture::new();
    for (body, reason) in [
        ("<html>login</html>", "web page"),
        ("a: [1", "line "),
        ("just words", "mapping"),
        ("kind: A\napiVersion: v1\n---\nkind: B\n", "no apiVersion"),
    ] {
        let (base, _) = serve(vec![ok(body)]).await;
        let error = fixture.fetch(fixture.options(), &base, Content::Manifests).await.unwrap_err();
        assert!(error.to_string().contains(reason), "{body}: {error}");
    }
    assert!(!fixture.dir.path().join("hub.lock").exists());
    let kept: Vec<_> = std::fs::read_dir(fixture.dir.path().join("cache/sha256")).unwrap().collect();
    assert!(kept.is_empty(), "{kept:?}");
}

#[tokio::test]
async fn a_cancelled_download_says_so() {
    let (base, _) = serve(vec!["hang".into()]).await;
    let fixture = Fixture::new();
    let cancel = CancellationToken::new();
    cancel.cancel();
    let fetcher = Fetcher::new(fixture.options(), cancel).unwrap();
    let error = fetcher
        .fetch(&Source::parse(&base).unwrap(), fixture.dir.path(), Content::Any, &|_| {})
        .await
        .unwrap_err();
    assert!(matches!(error, FetchError::Interrupted { .. }));
}

fn tarball(
    dir: &Path,
    build: impl FnOnce(&mut tar::Builder<flate2::write::GzEncoder<std::fs::File>>),
) -> PathBuf {
    let path = dir.join("a.tar.gz");
    let file = std::fs::File::create(&path).unwrap();
    let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(file, flate2::Compression::best()));
    build(&mut builder);
    builder.into_inner().unwrap().finish().unwrap().flush().unwrap();
    path
}

/// A header whose path the tar crate itself would refuse to write.
fn header(path: &str, kind: tar::EntryType, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header
}

#[test]
fn the_one_root_folder_is_stripped() {
    let dir = tempfile::tempdir().unwrap();
    let archive = tarball(dir.path(), |tar| {
        let mut h = header("root-1.0/config/a.yaml", tar::EntryType::Regular, 3);
        h.set_cksum();
        tar.append(&h, &b"a:1"[..]).unwrap();
    });
    let target = dir.path().join("out");
    unpack(&archive, "a", &target, Limits::default()).unwrap();
    assert_eq!(std::fs::read_to_string(target.join("config/a.yaml")).unwrap(), "a:1");
}

#[test]
fn harmful_archives_are_refused_and_leave_nothing() {
    let cases: [(&str, tar::EntryType, Option<&str>, &str); 4] = [
        ("../evil", tar::EntryType::Regular, None, "would land outside"),
        ("/etc/evil", tar::EntryType::Regular, None, "would land outside"),
        ("r/link", tar::EntryType::Symlink, Some("../../etc/passwd"), "leads out of it"),
        ("r/dev", tar::EntryType::Char, None, "neither a file"),
    ];
    for (path, kind, link, reason) in cases {
        let dir = tempfile::tempdir().unwrap();
        let archive = tarball(dir.path(), |tar| {
            let mut h = header(path, kind, 0);
            if let Some(link) = link {
                h.set_link_name_literal(link).unwrap();
            }
            h.set_cksum();
            tar.append(&h, std::io::empty()).unwrap();
        });
        let target = dir.path().join("out");
        let error = unpack(&archive, "a.tar.gz", &target, Limits::default()).unwrap_err();
        assert!(error.to_string().contains(reason), "{path}: {error}");
        assert!(!target.exists());
    }
}

#[test]
fn an_archive_that_grows_out_of_proportion_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let archive = tarball(dir.path(), |tar| {
        let zeros = vec![0; 4 << 20];
        let mut h = header("r/zeros", tar::EntryType::Regular, zeros.len() as u64);
        h.set_cksum();
        tar.append(&h, zeros.as_slice()).unwrap();
    });
    let size = std::fs::metadata(&archive).unwrap().len();
    assert!((4 << 20) / size > 100);
    let error = unpack(&archive, "bomb", &dir.path().join("out"), Limits::default()).unwrap_err();
    assert!(error.to_string().contains("times its own size"), "{error}");
}
