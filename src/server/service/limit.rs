//! Rate limits (GCRA). The rule is here once; every door goes through it. They are counted in memory, or in Redis where several nodes are
//! one installation; while Redis does not answer, each node counts for itself.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use uuid::Uuid;

use super::viewer::Origin;
use crate::server::bus::Line;
use crate::server::clock::Clock;
use crate::server::crypto::sha256;
use crate::server::error::{Error, Result};

/// How often things may be tried a minute, at once or spread over it. 0 switches a limit off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitConfig {
    /// Sign-ins from one client address.
    pub logins_per_ip: u32,
    /// Sign-ins for one e-mail address, from anywhere.
    pub logins_per_account: u32,
    /// Registrations from one client address.
    pub registrations_per_ip: u32,
    /// Mails that one client address asks for.
    pub mails_per_ip: u32,
    /// Mails to one e-mail address, whoever asks for them.
    pub mails_per_address: u32,
}

impl LimitConfig {
    /// Limits with these rates for one client address. One account may be tried half as often, from all addresses together.
    pub fn per_ip(logins: u32, registrations: u32) -> Self {
        Self {
            logins_per_ip: logins,
            logins_per_account: logins.div_ceil(2),
            registrations_per_ip: registrations,
            mails_per_ip: logins,
            // One a minute: who asks again at once is told how long to wait.
            mails_per_address: logins.min(1),
        }
    }
}

impl Default for LimitConfig {
    fn default() -> Self {
        Self::per_ip(10, 5)
    }
}

/// The limits of this node.
pub struct Limits {
    logins_per_ip: Limit<Address>,
    /// By hash, so that a long made-up address takes no more memory than a short one.
    logins_per_account: Limit<[u8; 32]>,
    registrations_per_ip: Limit<Address>,
    mails_per_ip: Limit<Address>,
    mails_per_address: Limit<[u8; 32]>,
    ceremonies_per_ip: Limit<Address>,
}

/// A sign-in page begins a ceremony when it is opened: so many for each sign-in that is allowed.
const CEREMONIES: u32 = 6;

impl Limits {
    pub fn new(config: &LimitConfig, clock: &Clock) -> Self {
        Self::shared(config, clock, None)
    }

    /// The same, counted for all nodes on this line.
    pub fn shared(config: &LimitConfig, clock: &Clock, line: Option<Arc<Line>>) -> Self {
        let line = || line.clone();
        Self {
            logins_per_ip: Limit::new(("login", config.logins_per_ip), clock, line()),
            logins_per_account: Limit::new(("account", config.logins_per_account), clock, line()),
            registrations_per_ip: Limit::new(("register", config.registrations_per_ip), clock, line()),
            mails_per_ip: Limit::new(("mail", config.mails_per_ip), clock, line()),
            mails_per_address: Limit::new(("address", config.mails_per_address), clock, line()),
            ceremonies_per_ip: Limit::new(("ceremony", config.logins_per_ip.saturating_mul(CEREMONIES)), clock, line()),
        }
    }

    /// Counts a sign-in of this (normalized) address, or answers how long to wait.
    pub async fn login(&self, origin: &Origin, email: &str) -> Result<()> {
        self.logins_per_ip.count(address(origin)).await?;
        self.logins_per_account.count(sha256(email)).await
    }

    /// Counts a second factor of this user, or answers how long to wait.
    pub async fn factor(&self, origin: &Origin, user_id: Uuid) -> Result<()> {
        self.logins_per_ip.count(address(origin)).await?;
        self.logins_per_account.count(sha256(&format!("factor {user_id}"))).await
    }

    /// Counts a step of a passkey's ceremony, or answers how long to wait.
    pub async fn ceremony(&self, origin: &Origin) -> Result<()> {
        self.ceremonies_per_ip.count(address(origin)).await
    }

    /// Counts a way to another service to sign in with, or answers how long to wait.
    pub async fn identity(&self, origin: &Origin) -> Result<()> {
        self.logins_per_ip.count(address(origin)).await
    }

    /// Counts a registration, or answers how long to wait.
    pub async fn registration(&self, origin: &Origin) -> Result<()> {
        self.registrations_per_ip.count(address(origin)).await
    }

    /// Counts a mail that somebody asks for, to this (normalized) address, or answers how long to wait.
    pub async fn mail(&self, origin: &Origin, email: &str) -> Result<()> {
        self.mails_per_ip.count(address(origin)).await?;
        self.mails_per_address.count(sha256(email)).await
    }

    /// Forgets who has not been seen for long enough; called now and then.
    pub fn sweep(&self) {
        self.logins_per_ip.sweep();
        self.logins_per_account.sweep();
        self.registrations_per_ip.sweep();
        self.mails_per_ip.sweep();
        self.mails_per_address.sweep();
        self.ceremonies_per_ip.sweep();
    }
}

/// Who is counted: an IPv4 address, or an IPv6 /64 (what one subscriber is given). Absent: nobody knows.
type Address = Option<IpAddr>;

fn address(origin: &Origin) -> Address {
    origin.ip.map(|ip| match ip.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    })
}

/// Our clock as governor's: nanoseconds since 1970.
#[derive(Clone)]
struct Ticks(Clock);

impl governor::clock::Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let micros = u64::try_from(self.0.now().timestamp_micros()).unwrap_or(0);
        Nanos::from(micros.saturating_mul(1_000))
    }
}

type Limiter<K> = RateLimiter<K, DashMapStateStore<K>, Ticks, NoOpMiddleware<Nanos>>;

/// `n` at once, coming back evenly over a minute.
struct Limit<K: Key> {
    name: &'static str,
    n: u32,
    /// Absent: no limit.
    here: Option<(Limiter<K>, Ticks)>,
    /// Where all nodes count together.
    line: Option<Arc<Line>>,
}

/// Who or what is counted.
trait Key: Hash + Eq + Clone {
    /// A text that stands for it.
    fn text(&self) -> String;
}

impl Key for Address {
    fn text(&self) -> String {
        self.map_or_else(|| "?".to_owned(), |ip| ip.to_string())
    }
}

impl Key for [u8; 32] {
    fn text(&self) -> String {
        self.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The time in which all come back.
const PERIOD: Duration = Duration::from_secs(60);

impl<K: Key> Limit<K> {
    fn new((name, n): (&'static str, u32), clock: &Clock, line: Option<Arc<Line>>) -> Self {
        let quota = NonZeroU32::new(n).and_then(|n| Some(Quota::with_period(PERIOD / n.get())?.allow_burst(n)));
        let ticks = Ticks(clock.clone());
        Self { name, n, here: quota.map(|quota| (RateLimiter::dashmap_with_clock(quota, ticks.clone()), ticks)), line }
    }

    async fn count(&self, key: K) -> Result<()> {
        let Some((limiter, ticks)) = &self.here else { return Ok(()) };
        let wait = match self.together(&key).await {
            Some(wait) => wait,
            None => limiter.check_key(&key).err().map(|refused| refused.wait_time_from(ticks.now())).unwrap_or_default(),
        };
        if wait.is_zero() {
            return Ok(());
        }
        Err(Error::rate_limited(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)))
    }

    /// How long to wait, as all nodes together count. Absent: nobody knows, or there is but one.
    async fn together(&self, key: &K) -> Option<Duration> {
        let line = self.line.as_ref()?;
        line.count(&format!("{}:{}", self.name, key.text()), PERIOD / self.n.max(1), self.n).await
    }

    fn sweep(&self) {
        let Some((limiter, _)) = &self.here else { return };
        limiter.retain_recent();
        limiter.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn from(ip: &str) -> Origin {
        Origin { ip: Some(ip.parse().unwrap()), user_agent: None }
    }

    fn limits() -> (Limits, Clock) {
        let clock = Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        (Limits::new(&LimitConfig::default(), &clock), clock)
    }

    fn wait(result: Result<()>) -> Option<u64> {
        result.err().and_then(|error| error.into_api().retry_after)
    }

    #[tokio::test]
    async fn the_eleventh_login_from_one_address_waits_as_long_as_it_is_told() {
        let (limits, clock) = limits();
        for i in 0..10 {
            assert_eq!(wait(limits.login(&from("192.0.2.1"), &format!("{i}@x")).await), None);
        }
        assert_eq!(wait(limits.login(&from("192.0.2.1"), "other@x").await), Some(6));
        assert_eq!(wait(limits.login(&from("::ffff:192.0.2.1"), "other@x").await), Some(6), "the same address, mapped");
        assert_eq!(wait(limits.login(&from("192.0.2.2"), "other@x").await), None, "another address");
        clock.advance(chrono::Duration::seconds(6));
        assert_eq!(wait(limits.login(&from("192.0.2.1"), "other@x").await), None);
    }

    #[tokio::test]
    async fn one_account_is_limited_from_everywhere() {
        let (limits, _) = limits();
        for i in 0..5 {
            assert_eq!(wait(limits.login(&from(&format!("192.0.2.{i}")), "ada@x").await), None);
        }
        assert_eq!(wait(limits.login(&from("192.0.2.99"), "ada@x").await), Some(12));
    }

    #[tokio::test]
    async fn a_mail_to_one_address_is_sent_once_a_minute() {
        let (limits, clock) = limits();
        assert_eq!(wait(limits.mail(&from("192.0.2.1"), "ada@x").await), None);
        assert_eq!(wait(limits.mail(&from("192.0.2.2"), "ada@x").await), Some(60), "from elsewhere");
        assert_eq!(wait(limits.mail(&from("192.0.2.1"), "bob@x").await), None);
        clock.advance(chrono::Duration::seconds(60));
        assert_eq!(wait(limits.mail(&from("192.0.2.2"), "ada@x").await), None);
    }

    #[tokio::test]
    async fn a_whole_ipv6_subscriber_is_one_address() {
        let (limits, _) = limits();
        for i in 0..5 {
            assert_eq!(wait(limits.registration(&from(&format!("2001:db8::{i}"))).await), None);
        }
        assert_eq!(wait(limits.registration(&from("2001:db8::ffff")).await), Some(12));
        assert_eq!(wait(limits.registration(&from("2001:db8:0:1::1")).await), None);
    }

    #[tokio::test]
    async fn sweeping_forgets_the_idle_and_not_the_refused() {
        let (limits, clock) = limits();
        for _ in 0..5 {
            let _ = limits.registration(&from("192.0.2.1")).await;
        }
        limits.sweep();
        assert_eq!(wait(limits.registration(&from("192.0.2.1")).await), Some(12));
        clock.advance(chrono::Duration::hours(2));
        limits.sweep();
        assert!(limits.registrations_per_ip.here.as_ref().unwrap().0.is_empty());
    }

    #[tokio::test]
    async fn zero_switches_a_limit_off() {
        let config = LimitConfig { registrations_per_ip: 0, ..LimitConfig::default() };
        let limits = Limits::new(&config, &Clock::default());
        for _ in 0..100 {
            assert!(limits.registration(&from("192.0.2.1")).await.is_ok());
        }
    }
}
