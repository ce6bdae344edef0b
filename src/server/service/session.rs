//! Cookie sessions of browsers. (Replaced by the accounts slice.)

use crate::model::user::Registration;
use crate::server::Server;
use crate::server::error::{Error, Result};

pub async fn register(_server: &Server, _registration: Registration) -> Result<()> {
    Err(Error::internal("not built"))
}

pub async fn login(_server: &Server, _email: &str, _password: String) -> Result<()> {
    Err(Error::internal("not built"))
}

pub async fn logout() -> Result<()> {
    Err(Error::internal("not built"))
}

pub fn safe_next(_next: Option<&str>) -> String {
    "/".into()
}
