//! The providers that are enabled now, in memory. (Replaced by the models slice.)

use std::sync::Arc;

use super::Provider;

/// A model name that was looked up.
#[derive(Clone)]
pub struct Resolved {
    pub provider: Arc<dyn Provider>,
    /// `provider/model`.
    pub id: String,
    /// The name at the provider.
    pub model: String,
    /// Context window in tokens, where known.
    pub context: Option<u32>,
}

/// The enabled providers and the models they listed.
#[derive(Default)]
pub struct Registry {}

impl Registry {
    /// STUB
    pub fn resolve(&self, _name: Option<&str>) -> crate::server::error::Result<Resolved> {
        Err(crate::server::error::Error::internal("not built"))
    }
}
