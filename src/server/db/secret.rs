//! Everything that is stored encrypted, read and written anew in one transaction.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sqlx::types::Json;
use uuid::Uuid;

use super::{Db, tx};
use crate::server::crypto::{Context, Place};

/// Of a column of bytes; the second column is the row that they are bound to.
macro_rules! column {
    ($tx:ident, $anew:ident, $place:expr, $select:literal, $update:literal) => {{
        let rows: Vec<(Uuid, Uuid, Vec<u8>)> = sqlx::query_as($select).fetch_all(&mut *$tx).await?;
        for (id, of, sealed) in &rows {
            if let Some(sealed) = $anew(&$place.of(*of), sealed)? {
                sqlx::query($update).bind(id).bind(sealed).execute(&mut *$tx).await?;
            }
        }
        rows.len() as u64
    }};
}

/// Of a place in a column of JSON: base64url, or a list of bytes.
macro_rules! member {
    ($tx:ident, $anew:ident, $context:expr, $key:ty, $at:literal, $select:literal, $update:literal) => {{
        let rows: Vec<($key, Json<Value>)> = sqlx::query_as($select).fetch_all(&mut *$tx).await?;
        let mut count = 0_u64;
        for (key, Json(mut value)) in rows {
            let Some(sealed) = sealed(&value, $at) else { continue };
            count += 1;
            let context: Context = $context(&key);
            if let Some(sealed) = $anew(&context, &sealed)? {
                put(&mut value, $at, &sealed);
                sqlx::query($update).bind(key).bind(Json(value)).execute(&mut *$tx).await?;
            }
        }
        count
    }};
}

/// What stands there, if something does; what is no ciphertext at all is one that nobody can read.
fn sealed(value: &Value, at: &str) -> Option<Vec<u8>> {
    match value.pointer(at)? {
        Value::Null => None,
        Value::String(text) => Some(URL_SAFE_NO_PAD.decode(text).unwrap_or_default()),
        bytes => Some(serde_json::from_value(bytes.clone()).unwrap_or_default()),
    }
}

/// Puts it there, in the form in which the other was.
fn put(value: &mut Value, at: &str, sealed: &[u8]) {
    if let Some(there) = value.pointer_mut(at) {
        *there = if there.is_string() { URL_SAFE_NO_PAD.encode(sealed).into() } else { json!(sealed) };
    }
}

impl Db {
    /// Hands everything that is stored encrypted to `anew` and stores what that answers; nothing: it stays as it is. The first error
    /// ends it, and then everything is as it was. Answers how many there are of each kind.
    pub async fn reseal<E: From<sqlx::Error>>(
        &self,
        anew: impl Fn(&Context, &[u8]) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Vec<(Place, u64)>, E> {
        let mut done = Vec::new();
        tx!(self, tx => {
            for place in Place::ALL.iter().copied() {
                let alone = |_: &_| place.alone();
                let count = match place {
                    Place::ProviderKey => column!(tx, anew, place,
                        "SELECT id, provider_id, cipher FROM provider_keys", "UPDATE provider_keys SET cipher = $2 WHERE id = $1"),
                    Place::Totp => column!(tx, anew, place,
                        "SELECT user_id, user_id, secret FROM factors", "UPDATE factors SET secret = $2 WHERE user_id = $1"),
                    Place::Mail => column!(tx, anew, place,
                        "SELECT id, id, body FROM mails WHERE body IS NOT NULL", "UPDATE mails SET body = $2 WHERE id = $1"),
                    Place::IdentityProvider => column!(tx, anew, place,
                        "SELECT id, id, secret_cipher FROM identity_providers WHERE secret_cipher IS NOT NULL",
                        "UPDATE identity_providers SET secret_cipher = $2 WHERE id = $1"),
                    Place::Share => column!(tx, anew, place,
                        "SELECT id, id, token FROM shares", "UPDATE shares SET token = $2 WHERE id = $1"),
                    Place::AlertChannel => column!(tx, anew, place,
                        "SELECT id, id, cipher FROM alert_channels WHERE cipher IS NOT NULL",
                        "UPDATE alert_channels SET cipher = $2 WHERE id = $1"),
                    Place::PushDevice => column!(tx, anew, place,
                        "SELECT id, id, cipher FROM push_devices", "UPDATE push_devices SET cipher = $2 WHERE id = $1"),
                    Place::Vapid => member!(tx, anew, |_: &String| place.alone(), String, "/key",
                        "SELECT name, value FROM settings WHERE name = 'push'", "UPDATE settings SET value = $2 WHERE name = $1"),
                    Place::MailServer => member!(tx, anew, |_: &String| place.alone(), String, "/password",
                        "SELECT name, value FROM settings WHERE name = 'mail'", "UPDATE settings SET value = $2 WHERE name = $1"),
                    Place::Export => member!(tx, anew, |id: &Uuid| place.of(*id), Uuid, "/token",
                        "SELECT id, result FROM jobs WHERE kind = 'export' AND result IS NOT NULL",
                        "UPDATE jobs SET result = $2 WHERE id = $1"),
                    Place::Invitation => member!(tx, anew, alone, Vec<u8>, "/invitation",
                        "SELECT token_hash, data FROM tickets WHERE purpose = 'identity'",
                        "UPDATE tickets SET data = $2 WHERE token_hash = $1"),
                    Place::RecoveryCodes => member!(tx, anew, alone, Vec<u8>, "/codes/0",
                        "SELECT id_hash, data FROM sessions WHERE CAST(data AS TEXT) LIKE '%\"codes\"%'",
                        "UPDATE sessions SET data = $2 WHERE id_hash = $1"),
                };
                done.push((place, count));
            }
        });
        Ok(done)
    }
}
