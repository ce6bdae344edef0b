//! The list of people, as administrators see, search and change it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{ApiError, Code, Fields};
use super::user::{EMAIL_MAX, NAME_MAX, PASSWORD_MAX, PASSWORD_MIN, Role, User, check_email, check_text, normal_email};

/// Most people that one bulk action may be about.
pub const BULK_MAX: usize = 500;
/// Longest text that is searched for, in characters.
pub const SEARCH_MAX: usize = 100;

/// Whether an account can be used, and why not. Of several reasons the last one here counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Active,
    /// Waits for an administrator's approval.
    Pending,
    /// Locked out.
    Disabled,
    /// Will be erased.
    Deleting,
}

impl State {
    /// Every state, in the order in which filters offer them.
    pub const ALL: [Self; 4] = [Self::Active, Self::Pending, Self::Disabled, Self::Deleting];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Disabled => "disabled",
            Self::Deleting => "deleting",
        }
    }
}

/// The order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The last account that was made first.
    #[default]
    Newest,
    Oldest,
    Name,
    Email,
    /// Who was here last first; who never was stands where the account was made.
    Seen,
}

impl Sort {
    /// Every order, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::Newest, Self::Oldest, Self::Name, Self::Email, Self::Seen];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Name => "name",
            Self::Email => "email",
            Self::Seen => "seen",
        }
    }
}

/// Which people are asked for, and in which order. Absent: any.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Query {
    /// Words, each of which is part of the name or of the address.
    pub search: Option<String>,
    pub role: Option<Role>,
    pub state: Option<State>,
    pub verified: Option<bool>,
    pub online: Option<bool>,
    pub second_factor: Option<bool>,
    pub sort: Sort,
}

impl Query {
    /// Trims the search; an empty one is none. Errors: `Invalid`.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        let mut fields = Fields::default();
        self.search = self.search.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        check_text(&mut fields, "search", self.search.as_deref().unwrap_or_default(), 0, SEARCH_MAX);
        fields.check()?;
        Ok(self)
    }
}

/// Somebody with an account, as administrators see them in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Member {
    pub id: Uuid,
    #[schema(example = "ada@example.org")]
    pub email: String,
    #[schema(example = "Ada Lovelace")]
    pub name: String,
    pub role: Role,
    pub state: State,
    pub email_verified: bool,
    /// Whether they have an authenticator app or a passkey.
    pub second_factor: bool,
    /// BCP 47 tag of the chosen language; null: the browser's.
    #[schema(example = "en")]
    pub language: Option<String>,
    /// Address of the picture.
    #[schema(example = "/avatar/0c8f1b0e6a7d4c2f9b3e5d1a7c6f8e90-48.webp")]
    pub avatar: String,
    /// Has a page open, and shows it.
    pub online: bool,
    /// When they were here last; null: never, or they do not show it.
    pub last_seen_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// Everything of an account that an administrator may know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Dossier {
    #[serde(flatten)]
    pub member: Member,
    /// Whether a password was ever set.
    pub has_password: bool,
    /// Browsers that are signed in.
    #[schema(example = 2)]
    pub sessions: i64,
    /// Programs that are signed in.
    #[schema(example = 1)]
    pub programs: i64,
    /// Conversations; what is said in them, administrators do not see.
    #[schema(example = 17)]
    pub chats: i64,
    pub disabled_at: Option<DateTime<Utc>>,
    pub pending_since: Option<DateTime<Utc>>,
    /// Erased from then on.
    pub delete_after: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
}

/// An account that an administrator makes.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    #[schema(example = "grace@example.org", max_length = 254)]
    pub email: String,
    /// Display name; empty or absent: the part of the address before the `@`.
    #[serde(default)]
    #[schema(example = "Grace Hopper", max_length = 80)]
    pub name: String,
    /// `user` if absent.
    pub role: Option<Role>,
    /// Absent: a letter with a link to set one is sent.
    #[schema(example = "a sentence nobody guesses", min_length = 8, max_length = 256)]
    pub password: Option<String>,
    /// Whether the address is known to be theirs.
    #[serde(default)]
    pub email_verified: bool,
}

impl NewMember {
    /// Trims the address and the name, lowers the address, and checks every field.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        self.email = normal_email(&self.email);
        self.name = self.name.trim().to_owned();
        if self.name.is_empty() {
            self.name = self.email.split('@').next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
        }
        let mut fields = Fields::default();
        check_email(&mut fields, &self.email);
        check_text(&mut fields, "name", &self.name, 1, NAME_MAX);
        if let Some(password) = &self.password {
            fields.length("password", password, PASSWORD_MIN, PASSWORD_MAX);
        }
        fields.check()?;
        Ok(self)
    }
}

/// What an administrator changes about somebody: absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberChange {
    #[serde(default)]
    #[schema(example = "Grace", min_length = 1, max_length = 80)]
    pub name: Option<String>,
    /// Holds at once; it counts as not verified unless that is said, too.
    #[serde(default)]
    #[schema(example = "grace@example.org", max_length = 254)]
    pub email: Option<String>,
    #[serde(default)]
    pub role: Option<Role>,
    #[serde(default)]
    pub email_verified: Option<bool>,
}

impl MemberChange {
    /// Trims the texts, lowers the address, and checks every field.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        let mut fields = Fields::default();
        if let Some(name) = &mut self.name {
            *name = name.trim().to_owned();
            check_text(&mut fields, "name", name, 1, NAME_MAX);
        }
        if let Some(email) = &mut self.email {
            *email = normal_email(email);
            check_text(&mut fields, "email", email, 0, EMAIL_MAX);
            check_email(&mut fields, email);
        }
        fields.check()?;
        Ok(self)
    }
}

/// Something that is done to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Lock out.
    Disable,
    /// Let in again.
    Enable,
    /// End every sign-in: browsers and programs.
    SignOut,
    /// Take the address for theirs.
    VerifyEmail,
    MakeAdmin,
    MakeUser,
    /// Let in who waits for it.
    Approve,
    /// Remove every second factor and passkey of somebody who has lost them.
    ResetFactor,
    /// Lock out, and erase after the days of grace.
    Delete,
    /// Call the deletion off, and let in again.
    Restore,
}

impl Act {
    /// Every act, in the order in which they are offered.
    pub const ALL: [Self; 10] = [
        Self::Approve,
        Self::Disable,
        Self::Enable,
        Self::SignOut,
        Self::VerifyEmail,
        Self::ResetFactor,
        Self::MakeAdmin,
        Self::MakeUser,
        Self::Delete,
        Self::Restore,
    ];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::SignOut => "sign_out",
            Self::VerifyEmail => "verify_email",
            Self::MakeAdmin => "make_admin",
            Self::MakeUser => "make_user",
            Self::Approve => "approve",
            Self::ResetFactor => "reset_factor",
            Self::Delete => "delete",
            Self::Restore => "restore",
        }
    }

    /// Whether it is asked about first, and needs a fresh proof of who asks.
    pub fn is_grave(self) -> bool {
        matches!(self, Self::Disable | Self::MakeAdmin | Self::MakeUser | Self::ResetFactor | Self::VerifyEmail | Self::Delete)
    }

    /// Whether it would do something to an account like this.
    pub fn fits(self, member: &Member) -> bool {
        match self {
            Self::Disable => matches!(member.state, State::Active | State::Pending),
            Self::Enable => member.state == State::Disabled,
            Self::SignOut => true,
            Self::VerifyEmail => !member.email_verified,
            Self::MakeAdmin => member.role == Role::User,
            Self::MakeUser => member.role == Role::Admin,
            Self::Approve => member.state == State::Pending,
            Self::ResetFactor => member.second_factor,
            Self::Delete => member.state != State::Deleting,
            Self::Restore => member.state == State::Deleting,
        }
    }
}

/// The same done to several accounts.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Bulk {
    /// At most 500.
    #[schema(max_items = 500)]
    pub ids: Vec<Uuid>,
    pub action: Act,
}

/// What came of it for one of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BulkResult {
    pub id: Uuid,
    pub done: bool,
    /// Why not.
    pub code: Option<Code>,
    /// The same in an English sentence.
    pub message: Option<String>,
}

/// What came of it for each, in the order in which they were named.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BulkResults {
    pub results: Vec<BulkResult>,
}

impl BulkResults {
    /// For how many it was done, and for how many not.
    pub fn counts(&self) -> (usize, usize) {
        let done = self.results.iter().filter(|result| result.done).count();
        (done, self.results.len() - done)
    }
}

/// Whether an account can be used, by what its row says.
pub fn state(disabled: bool, pending: bool, deleting: bool) -> State {
    match (deleting, disabled, pending) {
        (true, ..) => State::Deleting,
        (_, true, _) => State::Disabled,
        (.., true) => State::Pending,
        _ => State::Active,
    }
}

/// The account in the list that belongs to this user, by what else its row says.
pub fn member(user: User, state: State, second_factor: bool, last_seen_at: Option<DateTime<Utc>>, online: bool) -> Member {
    let avatar = super::avatar::Avatar::of(&user).small;
    let shown = user.preferences.show_presence;
    let User { id, email, name, role, email_verified, language, created_at, .. } = user;
    let (online, last_seen_at) = (online && shown, last_seen_at.filter(|_| shown));
    Member { id, email, name, role, state, email_verified, second_factor, language, avatar, online, last_seen_at, created_at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_the_one_on_the_wire() {
        let wire = |value: serde_json::Value| value.as_str().unwrap().to_owned();
        State::ALL.iter().for_each(|each| assert_eq!(wire(serde_json::to_value(each).unwrap()), each.name()));
        Sort::ALL.iter().for_each(|each| assert_eq!(wire(serde_json::to_value(each).unwrap()), each.name()));
        Act::ALL.iter().for_each(|each| assert_eq!(wire(serde_json::to_value(each).unwrap()), each.name()));
    }

    #[test]
    fn the_gravest_reason_counts() {
        assert_eq!(state(true, true, true), State::Deleting);
        assert_eq!(state(true, true, false), State::Disabled);
        assert_eq!(state(false, true, false), State::Pending);
        assert_eq!(state(false, false, false), State::Active);
    }

    #[test]
    fn what_is_typed_is_normalized_and_every_wrong_field_is_named() {
        let new = |email: &str, password: Option<&str>| {
            let password = password.map(str::to_owned);
            NewMember { email: email.into(), name: " ".into(), role: None, password, email_verified: false }.checked()
        };
        let made = new(" Grace@Example.org ", None).map_err(|_| ()).unwrap();
        assert_eq!((made.email.as_str(), made.name.as_str()), ("grace@example.org", "grace"));
        let Err(error) = new("nothing", Some("short")) else { panic!("accepted") };
        assert!(error.field("email").is_some() && error.field("password").is_some());
        let change = MemberChange { name: Some("\u{7}".into()), ..MemberChange::default() };
        assert!(change.checked().unwrap_err().field("name").is_some());
        let query = Query { search: Some("x".repeat(SEARCH_MAX + 1)), ..Query::default() };
        assert!(query.checked().unwrap_err().field("search").is_some());
        assert_eq!(Query { search: Some("  ".into()), ..Query::default() }.checked().unwrap().search, None);
    }
}
