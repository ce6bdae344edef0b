//! What administrators can switch off: one table of switches, asked where the thing is done.

use super::viewer::Viewer;
use crate::model::error::Code;
use crate::model::operation::Feature;
use crate::server::Server;
use crate::server::error::{Error, Result};

/// That this is on. It is off for administrators, too. Errors: `Forbidden`.
pub fn require(server: &Server, feature: Feature) -> Result<()> {
    if server.settings.get().features.has(feature) {
        return Ok(());
    }
    let what = match feature {
        Feature::Sharing => "Sharing by links",
        Feature::Imports => "Taking conversations from files",
        Feature::Exports => "Saving conversations and data as files",
        Feature::Uploads => "Sending files",
        Feature::Avatars => "Changing one's picture",
        Feature::Voice => "Dictation and reading aloud",
        Feature::Api => "Signing in with programs",
        Feature::Deletion => "Erasing one's own account",
    };
    Err(Error::new(Code::Forbidden, format!("{what} is switched off on this server.")))
}

/// The names of what is off, apart by spaces, for the pages: what is hidden there is said by the style (`feature.css`).
pub fn off(server: &Server) -> String {
    let settings = server.settings.get();
    settings.features.off.iter().map(|feature| feature.name()).collect::<Vec<_>>().join(" ")
}

/// The table of switches. Administrators only.
pub fn read(server: &Server, viewer: &Viewer) -> Result<crate::model::operation::FeatureSettings> {
    viewer.require_admin()?;
    Ok(server.settings.get().features.clone())
}

#[cfg(test)]
mod tests;
