//! Origins, as browsers write them: scheme, host and port, without what the scheme says already.

use http::HeaderValue;

use super::{ConfigError, Settings};

/// The origins of other sites whose pages may ask the API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origins {
    #[default]
    None,
    Some(Vec<HeaderValue>),
    Every,
}

impl Origins {
    /// Whether pages of this origin may ask.
    pub fn has(&self, origin: &HeaderValue) -> bool {
        match self {
            Self::None => false,
            Self::Some(origins) => origins.contains(origin),
            Self::Every => true,
        }
    }
}

pub(super) fn public_url(s: &Settings) -> Result<Option<String>, ConfigError> {
    let Some(text) = s.optional("LIAO_PUBLIC_URL") else { return Ok(None) };
    let wrong = || s.wrong("LIAO_PUBLIC_URL", "a scheme and a host without a path, like https://chat.example.org");
    origin(text).ok_or_else(wrong).map(Some)
}

pub(super) fn cors(s: &Settings) -> Result<Origins, ConfigError> {
    let names: Vec<_> = s.text("LIAO_CORS_ORIGINS").split(',').map(str::trim).filter(|text| !text.is_empty()).collect();
    if names.contains(&"*") {
        return Ok(Origins::Every);
    }
    let wrong = || s.wrong("LIAO_CORS_ORIGINS", "origins separated by commas, like https://app.example.org,http://localhost:5173, or *");
    let header = |name: &str| origin(name).and_then(|origin| HeaderValue::try_from(origin).ok());
    let origins = names.into_iter().map(|name| header(name).ok_or_else(wrong)).collect::<Result<Vec<_>, _>>()?;
    Ok(if origins.is_empty() { Origins::None } else { Origins::Some(origins) })
}

/// The form in which browsers write an Origin: lower case, without the scheme's own port.
fn origin(text: &str) -> Option<String> {
    let url: http::Uri = text.parse().ok()?;
    let (scheme, authority) = (url.scheme_str()?, url.authority()?);
    let bare = url.path() == "/" && url.query().is_none() && !authority.as_str().contains('@');
    if !bare || !matches!(scheme, "http" | "https") {
        return None;
    }
    let host = authority.as_str().to_ascii_lowercase();
    let own_port = if scheme == "https" { ":443" } else { ":80" };
    Some(format!("{scheme}://{}", host.strip_suffix(own_port).unwrap_or(&host)))
}
