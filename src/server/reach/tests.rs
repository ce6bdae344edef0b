//! What may be reached, by address and by name, and a name that changes its mind.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

fn guard(reach: Reach, allowed: &str) -> Guard {
    Guard::new(reach, Arc::new(Allowed::parse(allowed).unwrap()))
}

fn lets(guard: &Guard, url: &str) -> bool {
    guard.check(&Url::parse(url).unwrap()).is_ok()
}

const PUBLIC: [&str; 7] =
    ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "[2606:4700::1111]", "[64:ff9b::808:808]", "[2002:808:808::1]"];
const PRIVATE: [&str; 13] = [
    "127.0.0.1",
    "127.9.9.9",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "[::1]",
    "[fd12::1]",
    "[fc00::1]",
    "[::ffff:10.0.0.1]",
    "[64:ff9b::a00:1]",
    "[2002:7f00:1::]",
];
const SPECIAL: [&str; 20] = [
    "0.0.0.0",
    "169.254.169.254",
    "169.254.0.1",
    "100.100.100.200",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "[::]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[fd00:ec2::254]",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "[2001:db8::1]",
    "[2001::1]",
];

#[test]
fn the_internet_is_reached_private_networks_where_allowed_and_metadata_never() {
    let (public, private, anywhere) = (guard(Reach::Public, ""), guard(Reach::Private, ""), guard(Reach::Anywhere, ""));
    for (hosts, expected) in [(&PUBLIC[..], [true, true, true]), (&PRIVATE[..], [false, true, true]), (&SPECIAL[..], [false, false, true])]
    {
        for host in hosts {
            let url = format!("https://{host}:8443/v1");
            assert_eq!([lets(&public, &url), lets(&private, &url), lets(&anywhere, &url)], expected, "{host}");
        }
    }
}

#[test]
fn however_an_address_is_spelled_it_is_the_same_address() {
    let public = guard(Reach::Public, "");
    for host in ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "[::ffff:7f00:1]", "１２７.0.0.1"] {
        assert!(!lets(&public, &format!("http://{host}/")), "{host}");
    }
}

#[test]
fn what_the_configuration_allows_is_reached() {
    let some = guard(Reach::Public, "10.0.0.0/8, 169.254.169.254, [::1], vllm.lan, *.corp.example");
    assert!(lets(&some, "http://10.9.9.9/") && lets(&some, "http://169.254.169.254/") && lets(&some, "http://[::1]:1/"));
    assert!(!lets(&some, "http://192.168.1.1/") && !lets(&some, "http://127.0.0.1/"));
    assert!(some.allowed.names("VLLM.lan.") && some.allowed.names("a.corp.example"));
    assert!(!some.allowed.names("corp.example") && !some.allowed.names("evilcorp.example") && !some.allowed.names("x.vllm.lan"));
    assert!(Allowed::parse("10.0.0.0/99").is_none() && Allowed::parse("http://x/").is_none());
    let home = Guard::new(Reach::Public, Arc::new(Allowed::default().with_host_of(Some("http://192.168.7.7:3128"))));
    assert!(lets(&home, "http://192.168.7.7/") && !lets(&home, "http://192.168.7.8/"));
}

/// A name with another address every time.
struct Changing {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Changing {
    fn of(answers: &[&[&str]]) -> Arc<Self> {
        let answers = answers.iter().map(|some| some.iter().map(|address| address.parse().unwrap()).collect()).collect();
        Arc::new(Self { answers, asked: AtomicUsize::new(0) })
    }
}

#[async_trait]
impl Lookup for Changing {
    async fn addresses(&self, _name: &str) -> std::io::Result<Vec<IpAddr>> {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.answers[asked.min(self.answers.len() - 1)].clone())
    }
}

/// A server of this machine that counts who comes.
async fn listener() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let came = Arc::new(AtomicUsize::new(0));
    let count = came.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let _ = socket.read(&mut [0; 1024]).await;
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi").await;
        }
    });
    (port, came)
}

#[allow(clippy::disallowed_methods, reason = "the client is what is tested")]
fn client(guard: Guard) -> reqwest::Client {
    reqwest::Client::builder().dns_resolver(Arc::new(guard)).no_proxy().build().unwrap()
}

#[tokio::test]
async fn a_name_that_turns_to_this_machine_after_it_was_checked_is_not_followed() {
    let (port, came) = listener().await;
    let rebinding = guard(Reach::Public, "").with_lookup(Changing::of(&[&["8.8.8.8"], &["127.0.0.1"]]));
    let url = Url::parse(&format!("http://rebind.example:{port}/")).unwrap();
    assert_eq!(rebinding.check_all(&url).await, Ok(()), "it was a public name when it was typed");
    let error = client(rebinding).get(url.clone()).send().await.unwrap_err();
    let why = blocked(&error).expect("it was blocked");
    assert!(why.allowable && why.to_string().contains("rebind.example is in a private network"), "{why}");
    assert_eq!(came.load(Ordering::SeqCst), 0, "somebody connected");
    // The same where it is allowed: the test can fail.
    let allowed = guard(Reach::Private, "").with_lookup(Changing::of(&[&["127.0.0.1"]]));
    assert!(client(allowed).get(url).send().await.unwrap().status().is_success());
    assert_eq!(came.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn of_several_addresses_only_those_that_may_be_reached_are_used() {
    let mixed = guard(Reach::Public, "").with_lookup(Changing::of(&[&["169.254.169.254", "9.9.9.9", "10.0.0.1"]]));
    let found = mixed.resolved("mixed.example").await.ok().unwrap();
    assert_eq!(found, ["9.9.9.9".parse::<IpAddr>().unwrap()]);
    let metadata = guard(Reach::Private, "").with_lookup(Changing::of(&[&["169.254.169.254"]]));
    let url = Url::parse("http://metadata.example/").unwrap();
    assert!(!metadata.check_all(&url).await.unwrap_err().allowable);
    let named = guard(Reach::Public, "metadata.example").with_lookup(Changing::of(&[&["169.254.169.254"]]));
    assert_eq!(named.check_all(&url).await, Ok(()));
}
