//! People: who they are, what they may do, and what a valid registration is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{ApiError, Fields, Rule};

/// Longest e-mail address (RFC 5321 §4.5.3.1.3 allows a path of 256 octets with its brackets).
pub const EMAIL_MAX: usize = 254;
/// Shortest password, in characters (NIST SP 800-63B-4 §3.1.1.2 for a password that is the only factor asks 15; 8 is its floor).
pub const PASSWORD_MIN: usize = 8;
/// Longest password, in characters.
pub const PASSWORD_MAX: usize = 256;
/// Longest display name, in characters.
pub const NAME_MAX: usize = 80;

/// What a user may do on this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    User,
    Admin,
}

/// A person with an account, as the person and the browser may see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct User {
    pub id: Uuid,
    pub email: String,
    pub name: String,
    pub role: Role,
    /// BCP 47 tag of the chosen language, `en` or `zh-CN`; absent means the browser's.
    pub language: Option<String>,
    pub created_at: DateTime<Utc>,
}

impl User {
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }
}

/// What a new user types.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Registration {
    pub email: String,
    pub name: String,
    pub password: String,
}

impl Registration {
    /// Trims the address and the name, lowers the address, and checks every field.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        self.email = normal_email(&self.email);
        self.name = self.name.trim().to_owned();
        if self.name.is_empty() {
            self.name = self.email.split('@').next().unwrap_or_default().chars().take(NAME_MAX).collect();
        }
        let mut fields = Fields::default();
        check_email(&mut fields, &self.email);
        fields.length("name", &self.name, 1, NAME_MAX);
        fields.length("password", &self.password, PASSWORD_MIN, PASSWORD_MAX);
        fields.check()?;
        Ok(self)
    }
}

/// The form in which addresses are stored and compared.
pub fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Notes an error unless the text has the shape of an address that mail could reach.
pub fn check_email(fields: &mut Fields, email: &str) {
    fields.length("email", email, 1, EMAIL_MAX);
    let shaped = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.contains('@') && !domain.starts_with('.') && !domain.ends_with('.') && !domain.is_empty()
    });
    if !email.is_empty() && (!shaped || email.chars().any(|c| c.is_whitespace() || c.is_control())) {
        fields.add("email", Rule::Format, "email must look like name@example.org.");
    }
}
