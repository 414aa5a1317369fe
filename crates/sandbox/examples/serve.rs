//! Serves a sandbox on loopback: `cargo run -p hub-sandbox --example serve -- [FILE] [ADDRESS]`.

use std::io::Write;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let sandbox = match arguments.next().filter(|file| file != "-") {
        Some(file) => hub_sandbox::Sandbox::open(file)?,
        None => hub_sandbox::Sandbox::in_memory(),
    };
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:0".into());
    let serving = sandbox.serve(tokio::net::TcpListener::bind(address).await?)?;
    write!(std::io::stdout(), "{}", hub_sandbox::kubeconfig(&serving.url()))?;
    std::io::stdout().flush()?;
    std::future::pending::<()>().await;
    Ok(())
}
