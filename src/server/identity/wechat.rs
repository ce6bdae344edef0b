//! WeChat's open platform, by its documentation of website sign-in: a QR code, then two calls of its own kind. Errors come with
//! status 200 and an `errcode`, the media type is `text/plain`, the secret travels in the query, and there is neither PKCE nor an
//! e-mail address.

use secrecy::ExposeSecret;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::http::{get, json, url};
use super::{Claims, Client, NO_CODE, Result, Secrets, Trouble, TroubleKind};

/// Where people go, and where programs ask.
const WEB: &str = "https://open.weixin.qq.com";
const API: &str = "https://api.weixin.qq.com";
const SCOPES: &str = "snsapi_login";

#[derive(Deserialize)]
struct Exchanged {
    access_token: String,
    /// Of the person, for this application only.
    openid: String,
}

#[derive(Deserialize)]
struct Person {
    openid: String,
    nickname: Option<String>,
    /// Of the person, for all applications of one owner.
    unionid: Option<String>,
}

/// The address to send the browser to.
pub(super) fn begin(client: &Client, secrets: &Secrets) -> Result<String> {
    let query = [
        // In the order of the documentation: WeChat is known to care.
        ("appid", client.id.as_str()),
        ("redirect_uri", &client.redirect_uri),
        ("response_type", "code"),
        ("scope", if client.scopes.is_empty() { SCOPES } else { &client.scopes }),
        ("state", &secrets.state),
    ];
    let mut url = url(client.issuer.as_deref().unwrap_or(WEB), "/connect/qrconnect", &query)?;
    url.set_fragment(Some("wechat_redirect"));
    Ok(url.into())
}

/// Who came back with this code.
pub(super) async fn finish(client: &Client, code: &str) -> Result<Claims> {
    let Exchanged { access_token, openid } = exchange(client, code).await?;
    let query = [("access_token", access_token.as_str()), ("openid", &openid), ("lang", "zh_CN")];
    let person: Person = ask(client, "/sns/userinfo", &query).await?;
    if person.openid != openid {
        return Err(Trouble::unverifiable("WeChat tells about somebody else than who signed in."));
    }
    let unionid = person.unionid.filter(|id| !id.is_empty());
    Ok(Claims { subject: unionid.unwrap_or(openid), email: None, email_verified: false, name: person.nickname })
}

/// Asks about a code that there is not: what is wrong then tells whether we are known.
pub(super) async fn test(client: &Client) -> Result<String> {
    match exchange(client, NO_CODE).await {
        Err(trouble) if trouble.kind == TroubleKind::Expired => Ok("WeChat answers, and it knows this client.".into()),
        Err(trouble) => Err(trouble),
        Ok(_) => Err(Trouble::unverifiable("It accepts a code that it never gave.")),
    }
}

async fn exchange(client: &Client, code: &str) -> Result<Exchanged> {
    let secret = client.secret.as_ref().map(|secret| secret.expose_secret()).unwrap_or_default();
    let query = [("appid", client.id.as_str()), ("secret", secret), ("code", code), ("grant_type", "authorization_code")];
    ask(client, "/sns/oauth2/access_token", &query).await
}

async fn ask<T: DeserializeOwned>(client: &Client, path: &str, query: &[(&str, &str)]) -> Result<T> {
    let request = get(&url(client.issuer.as_deref().unwrap_or(API), path, query)?)?;
    let answer: Value = json(request).await?;
    match answer["errcode"].as_i64() {
        None | Some(0) => {
            serde_json::from_value(answer).map_err(|error| Trouble::unverifiable(format!("WeChat's answer lacks something: {error}.")))
        }
        Some(number) => {
            let kind = match number {
                -1 => TroubleKind::Unreachable,
                40029 | 40163 | 41008 => TroubleKind::Expired,
                40001 | 40013 | 40125 | 41002 | 41004 | 48001 => TroubleKind::Misconfigured,
                _ => TroubleKind::Unverifiable,
            };
            let said: String = answer["errmsg"].as_str().unwrap_or_default().chars().take(200).collect();
            Err(Trouble::new(kind, format!("WeChat refused: {number} {said}")))
        }
    }
}
