//! GitHub, by its documentation of OAuth apps: an authorization code, then `/user` and `/user/emails`.

use http::{Method, Request, header};
use openidconnect::{PkceCodeChallenge, PkceCodeVerifier};
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::http::{form, get, json, url};
use super::{Claims, Client, NO_CODE, Result, Secrets, Trouble, TroubleKind};

/// Where people go, and where programs ask.
const WEB: &str = "https://github.com";
const API: &str = "https://api.github.com";
/// What `/user` and `/user/emails` need.
const SCOPES: &str = "read:user user:email";

/// What the token endpoint answers: always with 200, also when it refuses.
#[derive(Deserialize)]
struct Exchanged {
    access_token: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

#[derive(Deserialize)]
struct Person {
    id: u64,
    login: String,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Address {
    email: String,
    primary: bool,
    verified: bool,
}

fn web(client: &Client) -> &str {
    client.issuer.as_deref().unwrap_or(WEB)
}

/// An enterprise server has its API below its own address.
fn api(client: &Client) -> String {
    client.issuer.as_ref().map_or_else(|| API.to_owned(), |home| format!("{home}/api/v3"))
}

/// The address to send the browser to.
pub(super) fn begin(client: &Client, secrets: &Secrets) -> Result<String> {
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(secrets.verifier.clone()));
    let query = [
        ("client_id", client.id.as_str()),
        ("redirect_uri", &client.redirect_uri),
        ("scope", if client.scopes.is_empty() { SCOPES } else { &client.scopes }),
        ("state", &secrets.state),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    Ok(url(web(client), "/login/oauth/authorize", &query)?.into())
}

/// Who came back with this code.
pub(super) async fn finish(client: &Client, secrets: &Secrets, code: &str) -> Result<Claims> {
    let token = exchange(client, &secrets.verifier, code).await?;
    let person: Person = ask(client, "/user", &token).await?;
    let addresses: Vec<Address> = ask(client, "/user/emails", &token).await?;
    let address = addresses.into_iter().find(|address| address.primary && address.verified);
    Ok(Claims {
        // The number stays when the account is renamed; the login may then be somebody else's.
        subject: person.id.to_string(),
        email_verified: address.is_some(),
        email: address.map(|address| address.email),
        name: person.name.filter(|name| !name.trim().is_empty()).or(Some(person.login)),
    })
}

/// Asks about a code that there is not: what is wrong then tells whether we are known.
pub(super) async fn test(client: &Client) -> Result<String> {
    match exchange(client, &NO_CODE.repeat(3), NO_CODE).await {
        Err(trouble) if trouble.kind == TroubleKind::Expired => Ok(format!("{} answers, and it knows this client.", web(client))),
        Err(trouble) => Err(trouble),
        Ok(_) => Err(Trouble::unverifiable("It accepts a code that it never gave.")),
    }
}

async fn exchange(client: &Client, verifier: &str, code: &str) -> Result<String> {
    let secret = client.secret.as_ref().map(|secret| secret.expose_secret()).unwrap_or_default();
    let body = form(&[
        ("client_id", client.id.as_str()),
        ("client_secret", secret),
        ("code", code),
        ("redirect_uri", &client.redirect_uri),
        ("code_verifier", verifier),
    ])?;
    let request = Request::builder()
        .method(Method::POST)
        .uri(url(web(client), "/login/oauth/access_token", &[])?.as_str())
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body)
        .map_err(|error| Trouble::unverifiable(format!("A request could not be made: {error}")))?;
    let answer: Exchanged = json(request).await?;
    if let Some(token) = answer.access_token.filter(|_| answer.error.is_none()) {
        return Ok(token);
    }
    let error = answer.error.unwrap_or_default();
    let kind = match error.as_str() {
        "bad_verification_code" => TroubleKind::Expired,
        "application_suspended" | "incorrect_client_credentials" | "redirect_uri_mismatch" | "Not Found" | "unverified_user_email" => {
            TroubleKind::Misconfigured
        }
        _ => TroubleKind::Unverifiable,
    };
    let description = answer.error_description.map(|text| format!(" ({text})")).unwrap_or_default();
    Err(Trouble::new(kind, format!("GitHub refused: {error}{description}")))
}

async fn ask<T: serde::de::DeserializeOwned>(client: &Client, path: &str, token: &str) -> Result<T> {
    let mut request = get(&url(&api(client), path, &[])?)?;
    let bearer = http::HeaderValue::from_str(&format!("Bearer {token}"));
    let bearer = bearer.map_err(|_| Trouble::unverifiable("GitHub's access token cannot be sent."))?;
    let headers = request.headers_mut();
    headers.insert(header::AUTHORIZATION, bearer);
    headers.insert(header::ACCEPT, http::HeaderValue::from_static("application/vnd.github+json"));
    headers.insert("x-github-api-version", http::HeaderValue::from_static("2022-11-28"));
    json(request).await
}
