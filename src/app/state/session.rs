//! Who is signed in, and errors that forms and calls came back with.

use leptos::prelude::*;
use leptos::server_fn::error::ServerFnUrlError;
use leptos_router::hooks::use_query_map;

use crate::app::browser;
use crate::model::error::{ApiError, Code};
use crate::model::preference::SendKey;
use crate::model::provider::Model;
use crate::model::user::User;
use crate::rpc::Rpc;

/// The signed-in user.
#[derive(Clone, Copy)]
pub struct Me(pub Resource<Rpc<Option<User>>>);

/// The key with which this reader sends messages.
pub fn send_key(Me(me): Me) -> SendKey {
    me.get_untracked().and_then(Result::ok).flatten().map(|user| user.preferences.send_key).unwrap_or_default()
}

/// The models to choose from.
#[derive(Clone, Copy)]
pub struct Models(pub Resource<Rpc<Vec<Model>>>);

/// Where a second factor is set up.
const SECURITY: &str = "/settings/security";

/// Leads to the page that helps where an error is about who asks: the session is over, it has to be proved again who it is, or a
/// second factor has to be set up first. Says whether it did.
pub fn leave_if_signed_out(error: &ApiError) -> bool {
    let here = browser::here();
    let path = here.split(['?', '#']).next().unwrap_or("/");
    let to = match error.code {
        Code::Unauthenticated => login_path(path),
        Code::StepUp => format!("/confirm?next={path}"),
        Code::FactorMissing if path != SECURITY => SECURITY.to_owned(),
        _ => return false,
    };
    browser::leave_for(&to);
    true
}

/// The sign-in page that leads back to this path afterwards.
pub fn login_path(back: &str) -> String {
    let path = back.split(['?', '#']).next().unwrap_or("/");
    if path == "/" { "/login".to_owned() } else { format!("/login?next={path}") }
}

/// The error that a plain form came back with, and the server function that it had called.
pub fn form_error() -> Option<(String, ApiError)> {
    let query = use_query_map().get_untracked();
    let (path, error) = (query.get("__path")?, query.get("__err")?);
    Some((path, ServerFnUrlError::<ApiError>::decode_err(&error)))
}
