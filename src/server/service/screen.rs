//! The virus scanner before what people send: files and pictures of people.

use serde_json::json;
use tokio::io::AsyncRead;

use super::activity::{self, Event};
use super::viewer::{Origin, Viewer};
use crate::model::activity::Action;
use crate::model::error::{Code, Rule};
use crate::server::Server;
use crate::server::config::Scan;
use crate::server::error::{Error, Result};
use crate::server::scan::{self, Verdict};

/// Lets what was sent through if the scanner, where there is one, finds nothing in it. `field` is where it was sent, `name` what the
/// security log calls it. Errors: `Invalid` (that field), `Unavailable`.
pub(super) async fn pass(server: &Server, viewer: &Viewer, (field, name): (&str, &str), content: impl AsyncRead + Unpin) -> Result<()> {
    let Some(Scan { address, fail_open }) = &server.config.scan else { return Ok(()) };
    match scan::scan(address, content).await {
        Ok(Verdict::Clean) => Ok(()),
        Ok(Verdict::Infected(found)) => {
            tracing::warn!(user = %viewer.user.id, found, field, "an upload was refused: it holds malware");
            let detail = json!({ "name": name, "found": found });
            activity::record(server, Event::new(Action::FileRefused, &Origin::default()).of(viewer.user.id).refused().detail(detail)).await;
            Err(Error::invalid(field, Rule::Forbidden, format!("The virus scanner found {found} in this file.")))
        }
        Err(cause) if *fail_open => {
            tracing::error!(%cause, "the virus scanner does not answer; a file is taken unscanned");
            Ok(())
        }
        Err(cause) => {
            tracing::error!(%cause, "the virus scanner does not answer; a file is refused");
            Err(Error::new(Code::Unavailable, "The virus scanner does not answer, and no file is taken without it. Try again later."))
        }
    }
}
