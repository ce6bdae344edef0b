//! Accounts: registration, credentials, profile. (Replaced by the accounts slice.)

use crate::model::user::{Registration, Role, User};
use crate::server::Server;
use crate::server::error::{Error, Result};

pub async fn create(_server: &Server, _registration: Registration, _role: Role) -> Result<User> {
    Err(Error::internal("not built"))
}

pub async fn set_role(_server: &Server, _email: &str, _role: Role) -> Result<User> {
    Err(Error::internal("not built"))
}

pub async fn set_password(_server: &Server, _email: &str, _password: String) -> Result<User> {
    Err(Error::internal("not built"))
}
