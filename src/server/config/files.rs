//! Where files are kept: a folder, or a bucket.

use std::path::PathBuf;

use secrecy::SecretString;

use super::{ConfigError, Settings, web_address};

/// Where pictures and exports are kept.
#[derive(Clone, Debug)]
pub struct Files {
    /// `LIAO_FILES_DIR`, used where there is no bucket.
    pub dir: PathBuf,
    pub s3: Option<Bucket>,
}

/// A bucket of an S3-compatible store.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// `LIAO_S3_BUCKET`
    pub name: String,
    /// `LIAO_S3_REGION`
    pub region: String,
    /// `LIAO_S3_ENDPOINT`; absent: Amazon's.
    pub endpoint: Option<String>,
    /// `LIAO_S3_ACCESS_KEY`
    pub access_key: Option<SecretString>,
    /// `LIAO_S3_SECRET_KEY`
    pub secret_key: Option<SecretString>,
}

pub(super) fn files(s: &Settings) -> Result<Files, ConfigError> {
    let dir = s.parse("LIAO_FILES_DIR", "the path of a folder")?;
    let Some(name) = s.optional("LIAO_S3_BUCKET") else { return Ok(Files { dir, s3: None }) };
    if s.optional("LIAO_S3_ACCESS_KEY").is_some() != s.optional("LIAO_S3_SECRET_KEY").is_some() {
        return Err(s.wrong("LIAO_S3_SECRET_KEY", "given together with LIAO_S3_ACCESS_KEY, or neither"));
    }
    let bucket = Bucket {
        name: name.to_owned(),
        region: s.text("LIAO_S3_REGION").to_owned(),
        endpoint: web_address(s, "LIAO_S3_ENDPOINT")?,
        access_key: s.optional("LIAO_S3_ACCESS_KEY").map(Into::into),
        secret_key: s.optional("LIAO_S3_SECRET_KEY").map(Into::into),
    };
    Ok(Files { dir, s3: Some(bucket) })
}
