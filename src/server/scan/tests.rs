//! A clamd made after its documentation, and what is said to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpListener;

use super::*;
use crate::server::Server;
use crate::server::clock::Clock;
use crate::server::config::Scan;
use crate::server::db::Db;
use crate::server::service::limit::LimitConfig;
use crate::server::testing;

/// What the real one finds in its own test file.
pub const EICAR: &str = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";

/// How the scanner behaves.
#[derive(Clone, Copy)]
pub enum Mood {
    /// As documented.
    Well,
    /// Its limit of a stream is so many bytes: it says so and hangs up.
    Narrow(usize),
    /// Hangs up at once.
    Gone,
}

/// A server whose uploads such a scanner sees, and how often that was asked.
pub async fn screened(db: &Db, mood: Mood, fail_open: bool) -> (Server, Arc<AtomicUsize>) {
    let (address, asked) = clamd(mood).await;
    let mut config = testing::config();
    config.scan = Some(Scan { address: Address::parse(&address).unwrap(), fail_open });
    (testing::server_with(db.clone(), Clock::default(), config, LimitConfig::default()).await, asked)
}

/// Listens and answers as clamd does; its address, and how often it was asked.
async fn clamd(mood: Mood) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, asked) = (listener.local_addr().unwrap().to_string(), Arc::new(AtomicUsize::new(0)));
    let count = asked.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(answer(socket, mood));
        }
    });
    (address, asked)
}

async fn answer(mut socket: TcpStream, mood: Mood) -> Result<()> {
    if matches!(mood, Mood::Gone) {
        return Ok(());
    }
    let mut command = [0; 10];
    socket.read_exact(&mut command).await?;
    assert_eq!(&command, b"zINSTREAM\0");
    let mut all = Vec::new();
    loop {
        let length = socket.read_u32().await? as usize;
        if length == 0 {
            break;
        }
        if matches!(mood, Mood::Narrow(most) if all.len() + length > most) {
            return socket.write_all(b"INSTREAM size limit exceeded. ERROR\0").await;
        }
        let start = all.len();
        all.resize(start + length, 0);
        socket.read_exact(&mut all[start..]).await?;
    }
    let found = String::from_utf8_lossy(&all).contains(EICAR);
    socket.write_all(if found { b"stream: Eicar-Test-Signature FOUND\0" } else { b"stream: OK\0" }).await
}

async fn scanned(mood: Mood, content: &[u8]) -> Result<Verdict> {
    let (address, _) = clamd(mood).await;
    scan(&Address::parse(&address).expect("an address"), content).await
}

#[tokio::test]
async fn a_file_is_sent_whole_and_the_verdict_is_read() {
    assert_eq!(scanned(Mood::Well, b"tea").await.unwrap(), Verdict::Clean);
    assert_eq!(scanned(Mood::Well, b"").await.unwrap(), Verdict::Clean);
    // At the end of many pieces.
    let long = [vec![b'a'; 300_000], EICAR.into()].concat();
    assert_eq!(scanned(Mood::Well, &long).await.unwrap(), Verdict::Infected("Eicar-Test-Signature".into()));
}

#[tokio::test]
async fn what_is_no_verdict_is_an_error() {
    let narrow = scanned(Mood::Narrow(100_000), &vec![b'a'; 200_000]).await.unwrap_err();
    assert!(narrow.to_string().contains("size limit"), "{narrow}");
    assert!(scanned(Mood::Gone, b"tea").await.is_err());
    let nobody = Address::parse("127.0.0.1:1").unwrap();
    assert!(scan(&nobody, tokio::io::empty()).await.is_err());
}

#[tokio::test]
async fn it_may_listen_at_a_socket_of_the_machine() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("clamd.sock");
    let listener = tokio::net::UnixListener::bind(&socket).unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut all = [0; 10 + 4 + 3 + 4];
        stream.read_exact(&mut all).await.unwrap();
        assert_eq!(&all[10..], b"\0\0\0\x03tea\0\0\0\0");
        stream.write_all(b"stream: OK\0").await.unwrap();
    });
    let address = Address::parse(&format!("unix:{}", socket.display())).unwrap();
    assert_eq!(scan(&address, b"tea".as_slice()).await.unwrap(), Verdict::Clean);
}

#[test]
fn addresses_are_those_that_operators_write() {
    for (text, expected) in [
        ("127.0.0.1:3310", Some(Address::Tcp("127.0.0.1:3310".into()))),
        ("clamav:3310", Some(Address::Tcp("clamav:3310".into()))),
        ("tcp://clamav:3310", Some(Address::Tcp("clamav:3310".into()))),
        ("[::1]:3310", Some(Address::Tcp("[::1]:3310".into()))),
        ("unix:/run/clamav/clamd.ctl", Some(Address::Unix("/run/clamav/clamd.ctl".into()))),
        ("clamav", None),
        ("::1:3310", None),
        ("clamav:0", None),
        ("unix:clamd.ctl", None),
        ("http://clamav:3310", None),
    ] {
        assert_eq!(Address::parse(text), expected, "{text}");
    }
}
