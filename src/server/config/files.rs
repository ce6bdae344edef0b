//! Where files are kept: a folder, or a bucket.

use std::path::PathBuf;

use secrecy::SecretString;

use super::{ConfigError, Settings, boolean, web_address};
use crate::server::scan::Address;

/// Where pictures and exports are kept.
#[derive(Clone, Debug)]
pub struct Files {
    /// `LIAO_FILES_DIR`, used where there is no bucket.
    pub dir: PathBuf,
    /// `LIAO_UPLOADS_DIR`: what has come of uploads that are not whole yet.
    pub uploads: PathBuf,
    pub s3: Option<Bucket>,
}

/// The virus scanner that every upload goes through.
#[derive(Clone, Debug)]
pub struct Scan {
    /// `LIAO_CLAMD`
    pub address: Address,
    /// `LIAO_CLAMD_FAIL_OPEN`: files are taken unscanned while it does not answer.
    pub fail_open: bool,
}

pub(super) fn scan(s: &Settings) -> Result<Option<Scan>, ConfigError> {
    let fail_open = boolean(s, "LIAO_CLAMD_FAIL_OPEN")?;
    let Some(text) = s.optional("LIAO_CLAMD") else { return Ok(None) };
    let address = Address::parse(text).ok_or_else(|| s.wrong("LIAO_CLAMD", "host:port, or unix: and the path of a socket"))?;
    Ok(Some(Scan { address, fail_open }))
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
    let uploads = s.parse("LIAO_UPLOADS_DIR", "the path of a folder")?;
    let Some(name) = s.optional("LIAO_S3_BUCKET") else { return Ok(Files { dir, uploads, s3: None }) };
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
    Ok(Files { dir, uploads, s3: Some(bucket) })
}
