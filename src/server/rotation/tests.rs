//! One thing of each kind that is stored encrypted, the secret changed, and then every value of every table tried with both secrets.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::*;
use crate::model::provider::ProviderKey;
use crate::model::ticket::Purpose;
use crate::server::clock::Clock;
use crate::server::crypto::{Context, SecretError};
use crate::server::db::testing::{TestDb, databases};
use crate::server::db::{Session, SessionData, StoredKey, on};
use crate::server::service::erasure::tests::{dump, person, plant, tables};
use crate::server::service::ticket;
use crate::server::testing;

const OLD: &str = "the old secret, long enough for the rule";
const NEW: &str = "the new secret, long enough for the rule";

fn keys(secret: &str) -> Keys {
    Keys::from_secret(secret.as_bytes())
}

/// A data folder with the old secret in its file, or in the environment.
fn place(test: &TestDb, values: &[(&'static str, &str)]) -> (tempfile::TempDir, Config) {
    let folder = tempfile::tempdir().unwrap();
    let values: Vec<_> = values.iter().copied().chain([("LIAO_DATABASE_URL", test.url.as_str())]).collect();
    let config = Config::with(folder.path(), &values).unwrap();
    if config.secret.is_none() {
        std::fs::write(folder.path().join("secret"), format!("{OLD}\n")).unwrap();
    }
    (folder, config)
}

fn wish<'a>(test: &'a TestDb, config: &'a Config) -> Wish<'a> {
    Wish { config, db: &test.db, new: None, leave_unreadable: false }
}

/// Puts a text of its own into each place, encrypted with the old secret. A new place does not compile before it is planted here.
async fn plant_sealed(test: &TestDb) -> BTreeMap<String, (Context, String)> {
    let server = testing::server(test.db.clone(), Clock::default()).await;
    let ada = person(&server, "ada").await.user.id;
    plant(test, ada).await;
    let now = server.clock.now();
    let mut planted = BTreeMap::new();
    for place in Place::ALL.iter().copied() {
        let one = async |sql: &'static str| -> Uuid { on!(test.db.read(), c => sqlx::query_scalar(sql).fetch_one(c).await).unwrap() };
        let id = match place {
            Place::ProviderKey => Some(one("SELECT id FROM providers").await),
            Place::Totp => Some(ada),
            Place::Mail => Some(one("SELECT id FROM mails").await),
            Place::IdentityProvider => Some(one("SELECT id FROM identity_providers").await),
            Place::Share => Some(one("SELECT id FROM shares").await),
            Place::PushDevice => Some(one("SELECT id FROM push_devices").await),
            Place::Export | Place::AlertChannel => Some(Uuid::now_v7()),
            Place::MailServer | Place::Invitation | Place::RecoveryCodes | Place::Vapid => None,
        };
        let context = id.map_or_else(|| place.alone(), |id| place.of(id));
        let plain = format!("plain {place:?}");
        let sealed = keys(OLD).encrypt(plain.as_bytes(), &context).unwrap();
        let text = URL_SAFE_NO_PAD.encode(&sealed);
        let bytes = async |sql: &'static str| {
            on!(test.db.write(), c => sqlx::query(sql).bind(sealed.as_slice()).execute(c).await.map(drop)).unwrap()
        };
        let value = async |sql: &'static str, value: serde_json::Value| {
            on!(test.db.write(), c => sqlx::query(sql).bind(Json(value)).bind(now).bind(id).execute(c).await.map(drop)).unwrap();
        };
        match place {
            Place::ProviderKey => {
                let key = ProviderKey { id: Uuid::now_v7(), label: "k".into(), created_at: now, standing: Default::default() };
                test.db.providers().put_key(id.unwrap(), &StoredKey { key, cipher: sealed.clone() }).await.unwrap();
            }
            Place::Totp => bytes("UPDATE factors SET secret = $1").await,
            Place::Mail => bytes("UPDATE mails SET body = $1").await,
            Place::IdentityProvider => bytes("UPDATE identity_providers SET secret_cipher = $1").await,
            Place::Share => bytes("UPDATE shares SET token = $1").await,
            Place::AlertChannel => {
                let sql = "INSERT INTO alert_channels (id, kind, name, target, cipher, secret, private, language, enabled, created_at)
                    VALUES ($1, 'slack', 'n', 't', $2, FALSE, FALSE, 'en', TRUE, $3)";
                on!(test.db.write(), c => sqlx::query(sql).bind(id).bind(sealed.as_slice()).bind(now).execute(c).await.map(drop)).unwrap();
            }
            Place::PushDevice => bytes("UPDATE push_devices SET cipher = $1").await,
            Place::Vapid => {
                let row = json!({"key": text});
                value("INSERT INTO settings (name, value, updated_at) SELECT 'push', $1, $2 WHERE $3 IS NULL", row).await;
            }
            Place::MailServer => {
                let row = json!({"host": "smtp.example.org", "password": text});
                value("INSERT INTO settings (name, value, updated_at) SELECT 'mail', $1, $2 WHERE $3 IS NULL", row).await;
            }
            Place::Export => {
                let sql = "INSERT INTO jobs (id, kind, payload, state, result, run_at, created_at)
                    VALUES ($3, 'export', '{}', 'done', $1, $2, $2)";
                value(sql, json!({"key": "k", "token": text})).await;
            }
            Place::Invitation => {
                let data = json!({"next": "/", "invitation": text});
                ticket::issue(&server, Purpose::Identity, None, data, chrono::Duration::minutes(10)).await.unwrap();
            }
            Place::RecoveryCodes => {
                let data = SessionData::from([("codes".to_owned(), json!([sealed, "2027-01-15T08:00:00Z"]))]);
                let session =
                    Session { id_hash: b"session", user_id: None, data: &data, user_agent: None, ip: None, used_at: now, expires_at: now };
                assert!(test.db.sessions().insert(&session).await.unwrap());
            }
        }
        planted.insert(context.to_string(), (context, plain));
    }
    planted
}

/// The bytes that a text may stand for: hexadecimal, base64url, a list of numbers.
fn candidates(text: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').filter(|word| word.len() >= 28) {
        let hex = word.trim_start_matches('x');
        if hex.len() % 2 == 0 && hex.chars().all(|c| c.is_ascii_hexdigit()) {
            found.push((0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect());
        }
        found.extend(URL_SAFE_NO_PAD.decode(word).ok());
    }
    let lists = text.split('[').filter_map(|rest| rest.split(']').next());
    found.extend(lists.filter_map(|list| list.split(',').map(|n| n.trim().parse::<u8>().ok()).collect::<Option<Vec<u8>>>()));
    found
}

/// Everything in the database that these keys can read, by what it is bound to.
async fn readable(test: &TestDb, keys: &Keys, planted: &BTreeMap<String, (Context, String)>) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for table in tables(test).await {
        for sealed in candidates(&dump(test, &table).await) {
            for (name, (context, _)) in planted {
                if let Ok(plain) = keys.decrypt(&sealed, context) {
                    found.entry(name.clone()).or_default().push(String::from_utf8(plain).unwrap());
                }
            }
        }
    }
    found
}

#[tokio::test]
async fn everything_that_is_encrypted_is_under_the_new_secret_and_nothing_under_the_old_one() {
    for test in databases().await {
        let (folder, config) = place(&test, &[]);
        let planted = plant_sealed(&test).await;
        let expected: BTreeMap<_, _> = planted.iter().map(|(name, (_, plain))| (name.clone(), vec![plain.clone()])).collect();
        assert_eq!((planted.len(), readable(&test, &keys(OLD), &planted).await), (Place::ALL.len(), expected.clone()), "{}", test.engine);

        let done = rotate(&wish(&test, &config)).await.unwrap();
        assert_eq!(done.places, Place::ALL.iter().map(|place| (*place, 1)).collect::<Vec<_>>(), "{}", test.engine);
        assert!(done.left.is_empty() && !done.resumed);
        let file = folder.path().join("secret");
        let new = std::fs::read_to_string(&file).unwrap();
        assert!(new != OLD && new.len() >= 43, "it was generated");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!folder.path().join("secret.new").exists());
        assert_eq!(readable(&test, &keys(OLD), &planted).await, BTreeMap::new(), "{}: under the old secret still", test.engine);
        assert_eq!(readable(&test, &keys(&new), &planted).await, expected, "{}", test.engine);
        assert!(Keys::load_or_create(None, folder.path()).is_ok());
    }
}

#[tokio::test]
async fn what_cannot_be_read_stops_all_of_it_or_is_left_as_it_is() {
    for test in databases().await {
        let (folder, config) = place(&test, &[]);
        let planted = plant_sealed(&test).await;
        // The last place but two, so that some would have been written before.
        on!(test.db.write(), c => sqlx::query("UPDATE shares SET token = 'nonsense'").execute(c).await.map(drop)).unwrap();
        let refused = rotate(&wish(&test, &config)).await.unwrap_err();
        assert!(matches!(&refused, RotationError::Unreadable(of) if of.starts_with("share/")), "{}: {refused}", test.engine);
        assert_eq!(readable(&test, &keys(OLD), &planted).await.len(), Place::ALL.len() - 1, "{}: half of it was done", test.engine);
        assert_eq!(std::fs::read_to_string(folder.path().join("secret")).unwrap().trim(), OLD);
        assert!(!folder.path().join("secret.new").exists());

        let wish = Wish { leave_unreadable: true, new: Some(NEW.into()), ..wish(&test, &config) };
        let done = rotate(&wish).await.unwrap();
        assert!(done.left.len() == 1 && done.left[0].starts_with("share/"), "{done:?}");
        assert_eq!(readable(&test, &keys(NEW), &planted).await.len(), Place::ALL.len() - 1, "{}", test.engine);
        assert_eq!(std::fs::read_to_string(folder.path().join("secret")).unwrap(), NEW);
    }
}

#[tokio::test]
async fn a_change_that_was_cut_off_is_ended_or_begun_again() {
    for test in databases().await {
        let (folder, config) = place(&test, &[]);
        let planted = plant_sealed(&test).await;
        let file = SecretFile::of(folder.path());
        // Before the commit: the one that lies there counts for nothing.
        file.put_next("one that never came to be the secret of this").unwrap();
        assert!(matches!(Keys::load_or_create(None, folder.path()), Err(SecretError::Rotating(_))));
        let done = rotate(&wish(&test, &config)).await.unwrap();
        assert!(!done.resumed && !file.next.exists(), "{}", test.engine);
        // After it: the database is under the next one already.
        let before = std::fs::read_to_string(&file.path).unwrap();
        file.put_next(NEW).unwrap();
        anew(&wish(&test, &config), &before, NEW).await.unwrap();
        let done = rotate(&wish(&test, &config)).await.unwrap();
        assert!(done.resumed && done.left.is_empty() && !file.next.exists(), "{}: {done:?}", test.engine);
        assert_eq!(std::fs::read_to_string(&file.path).unwrap(), NEW);
        assert_eq!(readable(&test, &keys(NEW), &planted).await.len(), Place::ALL.len(), "{}", test.engine);
    }
}

#[tokio::test]
async fn a_secret_of_the_environment_is_changed_to_one_that_is_given() {
    for test in databases().await {
        let (folder, config) = place(&test, &[("LIAO_SECRET", OLD)]);
        let planted = plant_sealed(&test).await;
        let given = async |new: &str| rotate(&Wish { new: Some(new.into()), ..wish(&test, &config) }).await;
        assert!(matches!(rotate(&wish(&test, &config)).await, Err(RotationError::NotGiven)));
        assert!(matches!(given("short").await, Err(RotationError::TooShort)));
        assert!(matches!(given(OLD).await, Err(RotationError::Same)));
        assert_eq!(readable(&test, &keys(OLD), &planted).await.len(), Place::ALL.len(), "{}", test.engine);
        assert!(!given(NEW).await.unwrap().resumed);
        assert_eq!(readable(&test, &keys(NEW), &planted).await.len(), Place::ALL.len(), "{}", test.engine);
        assert!(given(NEW).await.unwrap().resumed, "{}: twice is once", test.engine);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().filter(|entry| entry.as_ref().unwrap().file_name() == "secret").count(), 0);
    }
}

#[tokio::test]
async fn without_a_secret_there_is_nothing_to_change() {
    for test in databases().await {
        let (folder, config) = place(&test, &[]);
        std::fs::remove_file(folder.path().join("secret")).unwrap();
        assert!(matches!(rotate(&wish(&test, &config)).await, Err(RotationError::NoSecret(_))), "{}", test.engine);
        assert!(!folder.path().join("secret.new").exists());
    }
}
