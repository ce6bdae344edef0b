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

/// Leads to the sign-in page when the session is over, and says whether it did.
pub fn leave_if_signed_out(error: &ApiError) -> bool {
    let over = error.code == Code::Unauthenticated;
    if over {
        browser::leave_for(&login_path(&browser::here()));
    }
    over
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
