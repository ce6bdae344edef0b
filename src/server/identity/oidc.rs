//! OpenID Connect by discovery (authorization code, PKCE S256, nonce): Google, and any other issuer.

use chrono::{DateTime, Utc};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreErrorResponseType, CoreJwsSigningAlgorithm, CoreProviderMetadata,
    CoreUserInfoClaims,
};
use openidconnect::{
    AccessTokenHash, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, DiscoveryError,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, SignatureVerificationError, StandardErrorResponse, TokenResponse, UserInfoError,
};
use secrecy::ExposeSecret;

use super::http::send;
use super::{Claims, Client, NO_CODE, Result, Secrets, Trouble, TroubleKind};

/// Google's issuer.
const GOOGLE: &str = "https://accounts.google.com";
/// Asked for where the administrator names nothing else; `openid` is always asked for.
const SCOPES: &str = "email profile";

/// A client of a discovered issuer.
type Discovered = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// The issuer's address.
pub(super) fn issuer(client: &Client) -> &str {
    client.issuer.as_deref().unwrap_or(GOOGLE)
}

/// The address to send the browser to.
pub(super) async fn begin(client: &Client, secrets: &Secrets) -> Result<String> {
    let oidc = build(client, discover(client).await?)?;
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(secrets.verifier.clone()));
    let (state, nonce) = (secrets.state.clone(), secrets.nonce.clone());
    let asked = if client.scopes.is_empty() { SCOPES } else { &client.scopes };
    let scopes = asked.split(' ').filter(|scope| *scope != "openid").map(|scope| Scope::new(scope.to_owned()));
    let request = oidc.authorize_url(CoreAuthenticationFlow::AuthorizationCode, || CsrfToken::new(state), || Nonce::new(nonce));
    let (url, ..) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
    Ok(url.into())
}

/// Who came back with this code.
pub(super) async fn finish(client: &Client, secrets: &Secrets, code: &str, now: DateTime<Utc>) -> Result<Claims> {
    let metadata = discover(client).await?;
    let signed_with = algorithms(&metadata);
    let oidc = build(client, metadata)?;
    let exchange = oidc.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(|_| no_endpoint("token"))?;
    let exchange = exchange.set_pkce_verifier(PkceCodeVerifier::new(secrets.verifier.clone()));
    let tokens = exchange.request_async(&send).await.map_err(refused)?;
    let id_token = tokens.id_token().ok_or_else(|| Trouble::unverifiable("The issuer sent no id token."))?;
    let verifier = oidc.id_token_verifier().set_allowed_algs(signed_with).set_time_fn(move || now);
    let claims = id_token.claims(&verifier, &Nonce::new(secrets.nonce.clone())).map_err(unsound)?;
    if let Some(expected) = claims.access_token_hash() {
        let algorithm = id_token.signing_alg().map_err(unsigned)?;
        let key = id_token.signing_key(&verifier).map_err(unsigned)?;
        let hash = AccessTokenHash::from_token(tokens.access_token(), algorithm, key).map_err(|e| Trouble::unverifiable(e.to_string()))?;
        if hash != *expected {
            return Err(Trouble::unverifiable("The access token is not the one that the id token was made with."));
        }
    }
    let name = claims.name().and_then(|name| name.get(None)).map(|name| name.to_string());
    let name = name.or_else(|| claims.preferred_username().map(|name| name.to_string()));
    let told = Claims {
        subject: claims.subject().to_string(),
        email: claims.email().map(|email| email.to_string()),
        email_verified: claims.email_verified() == Some(true),
        name,
    };
    if told.email.is_some() || oidc.user_info_url().is_none() {
        return Ok(told);
    }
    let request = oidc.user_info(tokens.access_token().clone(), Some(claims.subject().clone())).map_err(|_| no_endpoint("userinfo"))?;
    let info: CoreUserInfoClaims = request.request_async(&send).await.map_err(uninformed)?;
    Ok(with_info(told, &info))
}

/// What the userinfo endpoint adds: many issuers tell the address only there.
fn with_info(told: Claims, info: &CoreUserInfoClaims) -> Claims {
    let name = info.name().and_then(|name| name.get(None)).map(|name| name.to_string());
    let name = name.or_else(|| info.preferred_username().map(|name| name.to_string()));
    Claims {
        email: info.email().map(|email| email.to_string()),
        email_verified: info.email_verified() == Some(true),
        name: told.name.or(name),
        ..told
    }
}

/// Fetches the discovery document and the keys, and asks about a code that there is not: a refusal of the code, not of us, means
/// that we are known.
pub(super) async fn test(client: &Client) -> Result<String> {
    let metadata = discover(client).await?;
    let keys = metadata.jwks().keys().len();
    let oidc = build(client, metadata)?;
    let found = format!("{} answers; its document and {keys} keys could be read.", issuer(client));
    let exchange = oidc.exchange_code(AuthorizationCode::new(NO_CODE.into())).map_err(|_| no_endpoint("token"))?;
    let exchange = exchange.set_pkce_verifier(PkceCodeVerifier::new(NO_CODE.repeat(3)));
    match exchange.request_async(&send).await.map_err(refused) {
        Err(trouble) if trouble.kind == TroubleKind::Expired => Ok(format!("{found} It knows this client.")),
        Err(trouble) if trouble.kind == TroubleKind::Unverifiable => {
            Ok(format!("{found} Whether it knows this client cannot be told: {trouble}"))
        }
        Err(trouble) => Err(Trouble::new(trouble.kind, format!("{found} But: {trouble}"))),
        Ok(_) => Err(Trouble::unverifiable("It accepts a code that it never gave.")),
    }
}

/// The issuer's document and its keys, fetched anew each time: keys rotate.
async fn discover(client: &Client) -> Result<CoreProviderMetadata> {
    let issuer = IssuerUrl::new(issuer(client).to_owned());
    let issuer = issuer.map_err(|error| Trouble::new(TroubleKind::Misconfigured, format!("The issuer is no address: {error}")))?;
    CoreProviderMetadata::discover_async(issuer, &send).await.map_err(undiscovered)
}

fn build(client: &Client, metadata: CoreProviderMetadata) -> Result<Discovered> {
    let methods = metadata.token_endpoint_auth_methods_supported();
    let by_body = methods.is_some_and(|methods| {
        !methods.contains(&CoreClientAuthMethod::ClientSecretBasic) && methods.contains(&CoreClientAuthMethod::ClientSecretPost)
    });
    let secret = client.secret.as_ref().map(|secret| ClientSecret::new(secret.expose_secret().to_owned()));
    let redirect = RedirectUrl::new(client.redirect_uri.clone());
    let redirect =
        redirect.map_err(|error| Trouble::new(TroubleKind::Misconfigured, format!("The redirect URI is no address: {error}")))?;
    let oidc = CoreClient::from_provider_metadata(metadata, ClientId::new(client.id.clone()), secret).set_redirect_uri(redirect);
    Ok(if by_body { oidc.set_auth_type(AuthType::RequestBody) } else { oidc })
}

/// How the issuer says it signs; never "not at all".
fn algorithms(metadata: &CoreProviderMetadata) -> Vec<CoreJwsSigningAlgorithm> {
    let all = metadata.id_token_signing_alg_values_supported().iter();
    all.filter(|algorithm| **algorithm != CoreJwsSigningAlgorithm::None).cloned().collect()
}

fn no_endpoint(which: &str) -> Trouble {
    Trouble::unverifiable(format!("The issuer's document names no {which} endpoint."))
}

fn undiscovered(error: DiscoveryError<Trouble>) -> Trouble {
    match error {
        DiscoveryError::Request(trouble) => trouble,
        DiscoveryError::Response(status, _, _) if status.is_server_error() => {
            Trouble::new(TroubleKind::Unreachable, format!("The issuer answered {status}."))
        }
        DiscoveryError::Response(status, body, _) => {
            let words = super::http::words(&body);
            let words = if words.is_empty() { ".".to_owned() } else { format!(": {words}") };
            Trouble::unverifiable(format!("There is no discovery document: the issuer answered {status}{words}"))
        }
        DiscoveryError::Parse(error) => Trouble::unverifiable(format!("The issuer's document cannot be read: {error}.")),
        other => Trouble::unverifiable(format!("The issuer's document is not sound: {other}.")),
    }
}

fn refused(error: RequestTokenError<Trouble, StandardErrorResponse<CoreErrorResponseType>>) -> Trouble {
    match error {
        RequestTokenError::Request(trouble) => trouble,
        RequestTokenError::ServerResponse(answer) => {
            let kind = match answer.error() {
                CoreErrorResponseType::InvalidGrant => TroubleKind::Expired,
                CoreErrorResponseType::InvalidClient | CoreErrorResponseType::UnauthorizedClient => TroubleKind::Misconfigured,
                _ => TroubleKind::Unverifiable,
            };
            let description = answer.error_description().map(|text| format!(" ({text})")).unwrap_or_default();
            Trouble::new(kind, format!("The issuer refused: {}{description}.", answer.error().as_ref()))
        }
        // The words may hold tokens.
        RequestTokenError::Parse(error, _) => Trouble::unverifiable(format!("The issuer's answer cannot be read: {error}.")),
        RequestTokenError::Other(message) => Trouble::unverifiable(format!("The issuer's answer is not sound: {message}.")),
    }
}

fn unsound(error: ClaimsVerificationError) -> Trouble {
    match error {
        ClaimsVerificationError::SignatureVerification(error) => unsigned(error),
        other => Trouble::unverifiable(format!("The id token is not sound: {other}.")),
    }
}

fn unsigned(error: SignatureVerificationError) -> Trouble {
    Trouble::unverifiable(format!("The id token's signature does not hold: {error}."))
}

fn uninformed(error: UserInfoError<Trouble>) -> Trouble {
    match error {
        UserInfoError::Request(trouble) => trouble,
        UserInfoError::ClaimsVerification(error) => unsound(error),
        UserInfoError::Parse(error) => Trouble::unverifiable(format!("What the issuer tells about people cannot be read: {error}.")),
        other => Trouble::unverifiable(format!("What the issuer tells about people is not sound: {other}.")),
    }
}
