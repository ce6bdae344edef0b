//! A file out of a request: the body itself, or one field of a form.

use axum::body::Bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request};
use http::{StatusCode, header};

use crate::model::error::{Code, Rule};
use crate::server::error::{Error, Result};

/// The file of the form's field `name`, or the whole body where it is no form. `too_large` is said of one that is cut off by the
/// route's limit. What it is, its content will say.
pub async fn file(request: Request, name: &str, too_large: fn() -> Error) -> Result<Vec<u8>> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("multipart/form-data") {
        let form = Multipart::from_request(request, &()).await.map_err(|error| malformed(&error.body_text()))?;
        return field(form, name, too_large).await;
    }
    if !kind.is_empty() && !kind.starts_with("image/") && kind != "application/octet-stream" {
        return Err(Error::new(Code::UnsupportedMediaType, "Send the file as it is, or as multipart/form-data."));
    }
    match Bytes::from_request(request, &()).await {
        Ok(bytes) => Ok(bytes.into()),
        Err(refused) if refused.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(too_large()),
        Err(refused) => Err(malformed(&refused.body_text())),
    }
}

async fn field(mut form: Multipart, name: &str, too_large: fn() -> Error) -> Result<Vec<u8>> {
    let wrong = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => malformed(&error.body_text()),
    };
    while let Some(field) = form.next_field().await.map_err(wrong)? {
        if field.name() == Some(name) {
            return field.bytes().await.map(Vec::from).map_err(wrong);
        }
    }
    Err(Error::invalid(name, Rule::Required, format!("The form has no field {name}.")))
}

fn malformed(said: &str) -> Error {
    Error::new(Code::Malformed, format!("The request cannot be read: {said}."))
}
