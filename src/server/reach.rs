//! Which addresses the server itself may connect to. What administrators and users type must not lead it into its own network,
//! unless that is allowed; so every address is looked at when it is connected to, whatever its name said before (DNS rebinding).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::config::Network;

/// How far a connection may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// The internet.
    Public,
    /// Private networks and this machine too: an administrator has allowed it for this address.
    Private,
    /// Anywhere: the address is from the configuration.
    Anywhere,
}

/// What an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Public,
    /// This machine, or a private network: RFC 1918, RFC 4193, and RFC 6598, where overlay networks live.
    Private,
    /// Never a provider's: link-local, the metadata services of clouds, multicast, reserved.
    Special,
}

/// The metadata services of clouds that are not link-local.
const METADATA: [IpAddr; 3] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

fn place(address: IpAddr) -> Place {
    let address = address.to_canonical();
    if METADATA.contains(&address) {
        return Place::Special;
    }
    match address {
        IpAddr::V4(v4) => place_v4(v4),
        IpAddr::V6(v6) => place_v6(v6),
    }
}

fn place_v4(v4: Ipv4Addr) -> Place {
    let [a, b, c, _] = v4.octets();
    match (a, b, c) {
        (127, ..) | (10, ..) | (192, 168, _) => Place::Private,
        (172, 16..=31, _) | (100, 64..=127, _) => Place::Private,
        // This network, link-local, IETF protocols, documentation, benchmarks, multicast, reserved.
        (0, ..) | (169, 254, _) | (192, 0, 0) | (192, 0, 2) | (192, 88, 99) => Place::Special,
        (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113) | (224.., ..) => Place::Special,
        _ => Place::Public,
    }
}

fn place_v6(v6: Ipv6Addr) -> Place {
    let segments = v6.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        place_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        _ if v6.is_loopback() => Place::Private,
        [0xfc00..=0xfdff, ..] => Place::Private,
        // What carries an IPv4 address is where that is: NAT64 and 6to4.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        // Global unicast, but for Teredo, ORCHID and documentation.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Place::Special,
        [0x2000..=0x3fff, ..] => Place::Public,
        _ => Place::Special,
    }
}

/// `LIAO_ALLOW_HOSTS`: names and networks that may be reached whatever they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    names: Vec<String>,
    networks: Vec<Network>,
}

impl Allowed {
    /// Reads names (`vllm.lan`, `*.lan`), addresses and networks (`10.0.0.0/8`), separated by commas.
    pub fn parse(text: &str) -> Option<Self> {
        let mut allowed = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            if let Ok(network) = part.trim_matches(['[', ']']).parse() {
                allowed.networks.push(network);
                continue;
            }
            let name = part.strip_prefix("*.").unwrap_or(part);
            let host = Url::parse(&format!("http://{name}/")).ok()?.host_str()?.to_owned();
            (host.eq_ignore_ascii_case(name)).then_some(())?;
            allowed.names.push(part.to_ascii_lowercase());
        }
        Some(allowed)
    }

    /// Allows the host of this address too: it is from the configuration.
    pub fn with_host_of(mut self, url: Option<&str>) -> Self {
        let Some(url) = url.and_then(|url| Url::parse(url).ok()) else { return self };
        match (address(&url), url.host_str()) {
            (Some(address), _) => self.networks.extend(address.to_string().parse::<Network>()),
            (None, Some(name)) => self.names.push(name.to_owned()),
            (None, None) => {}
        }
        self
    }

    fn names(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        self.names.iter().any(|name| match name.strip_prefix('*') {
            Some(ending) => host.len() > ending.len() && host.to_ascii_lowercase().ends_with(ending),
            None => name.eq_ignore_ascii_case(host),
        })
    }

    fn holds(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }
}

/// The address that is a URL's host; none where it is a name.
fn address(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_matches(['[', ']']).parse().ok()
}

/// An address that may not be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    host: String,
    /// An administrator may allow it for one provider.
    pub allowable: bool,
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.allowable { "in a private network" } else { "of a kind that is never asked (link-local, metadata, reserved)" };
        write!(f, "{} is {what}, which is not allowed for it (LIAO_ALLOW_HOSTS allows a host)", self.host)
    }
}

impl std::error::Error for Blocked {}

/// Looks names up.
#[async_trait]
pub trait Lookup: Send + Sync {
    async fn addresses(&self, name: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// As the system does.
struct System;

#[async_trait]
impl Lookup for System {
    async fn addresses(&self, name: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// Lets connections through or not. A cheap handle.
#[derive(Clone)]
pub struct Guard {
    reach: Reach,
    allowed: Arc<Allowed>,
    lookup: Arc<dyn Lookup>,
}

impl Guard {
    pub fn new(reach: Reach, allowed: Arc<Allowed>) -> Self {
        Self { reach, allowed, lookup: Arc::new(System) }
    }

    /// The same with names looked up elsewhere, for tests.
    pub fn with_lookup(mut self, lookup: Arc<dyn Lookup>) -> Self {
        self.lookup = lookup;
        self
    }

    fn lets(&self, address: IpAddr) -> bool {
        let reached = match self.reach {
            Reach::Public => Place::Public,
            Reach::Private => Place::Private,
            Reach::Anywhere => Place::Special,
        };
        place(address) <= reached || self.allowed.holds(address)
    }

    fn blocked(host: impl fmt::Display, addresses: &[IpAddr]) -> Blocked {
        Blocked { host: host.to_string(), allowable: addresses.iter().all(|address| place(*address) < Place::Special) }
    }

    /// Whether a URL whose host is an address may be asked. Names are looked at when they are looked up, which an address never is.
    pub fn check(&self, url: &Url) -> Result<(), Blocked> {
        let Some(address) = address(url) else { return Ok(()) };
        if self.lets(address) { Ok(()) } else { Err(Self::blocked(address, &[address])) }
    }

    /// The same for names too, which are looked up for it. A name that is not known now is let through: it is looked at again.
    pub async fn check_all(&self, url: &Url) -> Result<(), Blocked> {
        self.check(url)?;
        let Some(name) = url.host_str().filter(|_| address(url).is_none()) else { return Ok(()) };
        match self.resolved(name).await {
            Err(Refused::Blocked(blocked)) => Err(blocked),
            _ => Ok(()),
        }
    }

    /// The addresses of a name that may be connected to; at least one.
    async fn resolved(&self, name: &str) -> Result<Vec<IpAddr>, Refused> {
        let found = self.lookup.addresses(name).await.map_err(Refused::Unknown)?;
        if self.allowed.names(name) || found.is_empty() {
            return Ok(found);
        }
        let let_through: Vec<IpAddr> = found.iter().copied().filter(|address| self.lets(*address)).collect();
        if let_through.is_empty() { Err(Refused::Blocked(Self::blocked(name, &found))) } else { Ok(let_through) }
    }
}

/// Why a name has no address for us.
enum Refused {
    Blocked(Blocked),
    Unknown(std::io::Error),
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            match guard.resolved(name.as_str()).await {
                Ok(found) => Ok(Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs),
                Err(Refused::Blocked(blocked)) => Err(blocked.into()),
                Err(Refused::Unknown(cause)) => Err(cause.into()),
            }
        })
    }
}

/// The block that made a request fail, if one did.
pub fn blocked<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Blocked> {
    std::iter::successors(Some(error), |error| error.source()).find_map(|error| error.downcast_ref())
}

#[cfg(test)]
mod tests;
