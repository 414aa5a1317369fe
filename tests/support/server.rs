//! An HTTP server on loopback that answers as a test wants, also badly.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

/// What one connection gets.
#[derive(Clone)]
pub(crate) enum Answer {
    /// A body with status 200.
    Body(Vec<u8>),
    /// A status line's code and words.
    Status(&'static str),
    /// Fewer bytes than announced.
    CutOff,
    /// Nothing, ever.
    Silence,
}

/// A running server; it ends with the test's process.
pub(crate) struct Server {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    count: Arc<AtomicUsize>,
    arrivals: mpsc::Receiver<()>,
}

impl Server {
    /// Answers the n-th connection with the n-th answer, the last one from then on.
    pub(crate) fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let count = Arc::new(AtomicUsize::new(0));
        let seen = count.clone();
        let (arrived, arrivals) = mpsc::channel();
        std::thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let n = seen.fetch_add(1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 4096]);
                let _ = arrived.send(());
                let head = |length: usize| {
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n")
                };
                let bytes = match &answers[n.min(answers.len() - 1)] {
                    Answer::Body(body) => [head(body.len()).as_bytes(), body].concat(),
                    Answer::Status(line) => {
                        format!("HTTP/1.1 {line}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                            .into_bytes()
                    }
                    Answer::CutOff => [head(1000).as_bytes(), b"apiVersion: v1\n"].concat(),
                    Answer::Silence => {
                        silent.push(stream);
                        continue;
                    }
                };
                let _ = stream.write_all(&bytes);
            }
        });
        Self { url, count, arrivals }
    }

    /// Answers each path with a file, and everything else with 404.
    pub(crate) fn files(files: std::collections::BTreeMap<String, Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (count, (arrived, arrivals)) = (Arc::new(AtomicUsize::new(0)), mpsc::channel());
        let seen = count.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                seen.fetch_add(1, Ordering::SeqCst);
                let _ = arrived.send(());
                let mut request = [0; 4096];
                let length = stream.read(&mut request).unwrap_or_default();
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default();
                let (status, body): (_, &[u8]) = match files.get(path) {
                    Some(body) => ("200 OK", body),
                    None => ("404 Not Found", b""),
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(&[head.as_bytes(), body].concat());
            }
        });
        Self { url, count, arrivals }
    }

    /// How many connections there were.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// Returns once a connection was made.
    pub(crate) fn wait_for_a_connection(&self) {
        self.arrivals.recv_timeout(std::time::Duration::from_secs(60)).unwrap();
    }
}

/// An address where nothing listens.
pub(crate) fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
