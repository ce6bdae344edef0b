//! Files in a bucket: Amazon S3, or anything that speaks its protocol.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use secrecy::ExposeSecret;

use crate::server::config::Bucket;

/// Opens the bucket. Nothing is asked of it yet.
pub fn open(bucket: &Bucket) -> Result<Arc<dyn ObjectStore>, String> {
    let mut builder = AmazonS3Builder::new().with_bucket_name(&bucket.name).with_region(&bucket.region);
    if let Some(endpoint) = &bucket.endpoint {
        // Stores other than Amazon's are rarely found under the bucket's own host name.
        builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://")).with_virtual_hosted_style_request(false);
    }
    if let (Some(key), Some(secret)) = (&bucket.access_key, &bucket.secret_key) {
        builder = builder.with_access_key_id(key.expose_secret()).with_secret_access_key(secret.expose_secret());
    }
    let store = builder.build().map_err(|error| format!("LIAO_S3_BUCKET: the store cannot be used: {error}"))?;
    Ok(Arc::new(store))
}
