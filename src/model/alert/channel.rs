//! Where alerts are told: mail addresses, and webhooks of several makers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::model::error::{ApiError, Fields, Rule};
use crate::model::user::{check_email, normal_email};

/// Longest name, address, secret, in characters.
pub const NAME_MAX: usize = 80;
pub const TARGET_MAX: usize = 2_000;
pub const SECRET_MAX: usize = 200;
/// Most mail addresses of a channel.
const ADDRESSES_MAX: usize = 20;

/// Who is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    Mail,
    /// JSON, signed as Standard Webhooks says.
    Webhook,
    Slack,
    Feishu,
    Dingtalk,
    Wecom,
}

impl ChannelKind {
    /// Every one, in the order in which they are offered.
    pub const ALL: [Self; 6] = [Self::Mail, Self::Webhook, Self::Slack, Self::Feishu, Self::Dingtalk, Self::Wecom];

    /// Whether it can have a secret to sign with. The others' address is the secret.
    pub fn signs(self) -> bool {
        matches!(self, Self::Webhook | Self::Feishu | Self::Dingtalk)
    }
}

/// Where alerts are told. Addresses of webhooks and their secrets are never shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertChannel {
    pub id: Uuid,
    pub kind: ChannelKind,
    #[schema(example = "Operations")]
    pub name: String,
    /// Mail addresses, or a webhook's host.
    #[schema(example = "hooks.slack.com")]
    pub target: String,
    /// Whether it has a secret to sign with.
    pub has_secret: bool,
    /// Its address may be in a private network.
    pub private: bool,
    /// BCP 47 tag of the language that it is told in.
    #[schema(example = "en")]
    pub language: String,
    pub enabled: bool,
    pub created_at: DateTime<Utc>,
}

/// What is said of a channel.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelForm {
    pub kind: ChannelKind,
    #[schema(example = "Operations", max_length = 80)]
    pub name: String,
    /// Mail addresses, separated by commas, or the webhook's `https://` address; absent or empty: as it was.
    #[serde(default)]
    #[schema(example = "https://hooks.slack.com/services/T000/B000/XXXX", max_length = 2000)]
    pub target: Option<String>,
    /// What it signs with (webhook, Feishu, DingTalk); absent or empty: as it was.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub secret: Option<String>,
    /// Allow an address in a private network.
    #[serde(default)]
    pub private: bool,
    /// BCP 47 tag of the language that it is told in; absent: English.
    #[serde(default)]
    #[schema(example = "en")]
    pub language: Option<String>,
    #[serde(default = "super::yes")]
    pub enabled: bool,
}

impl std::fmt::Debug for ChannelForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChannelForm").field("kind", &self.kind).field("name", &self.name).finish_non_exhaustive()
    }
}

impl ChannelForm {
    /// Trims and checks every field; `new` ones need an address. Where a webhook leads is the service's to check.
    pub fn checked(mut self, new: bool) -> Result<Self, ApiError> {
        let given = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let mut fields = Fields::default();
        self.name = self.name.replace(|c: char| c.is_control(), " ").trim().to_owned();
        fields.length("name", &self.name, 1, NAME_MAX);
        (self.target, self.secret) = (given(self.target), given(self.secret).filter(|_| self.kind.signs()));
        match &mut self.target {
            None if new => fields.add("target", Rule::Required, "target is required."),
            Some(target) if self.kind == ChannelKind::Mail => check_addresses(&mut fields, target),
            Some(target) => fields.length("target", target, 1, TARGET_MAX),
            None => {}
        }
        fields.length("secret", self.secret.as_deref().unwrap_or_default(), 0, SECRET_MAX);
        fields.check()?;
        Ok(self)
    }
}

fn check_addresses(fields: &mut Fields, target: &mut String) {
    let all: Vec<String> = target.split([',', ';', '\n']).map(normal_email).filter(|email| !email.is_empty()).collect();
    let mut wrong = Fields::default();
    all.iter().for_each(|email| check_email(&mut wrong, email));
    if all.is_empty() || all.len() > ADDRESSES_MAX || wrong.check().is_err() {
        fields.add("target", Rule::Format, "target must be mail addresses, separated by commas; at most 20.");
    }
    *target = all.join(", ");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(kind: ChannelKind, target: &str) -> ChannelForm {
        let (target, secret) = (Some(target.to_owned()), Some(" s ".to_owned()));
        ChannelForm { kind, name: " Ops\n".into(), target, secret, private: false, language: None, enabled: true }
    }

    #[test]
    fn addresses_are_checked_one_by_one_and_secrets_are_kept_where_they_sign() {
        let mail = form(ChannelKind::Mail, "Ada@Example.org, bob@example.org;").checked(true).unwrap();
        assert_eq!((mail.target.as_deref(), mail.name.as_str(), mail.secret), (Some("ada@example.org, bob@example.org"), "Ops", None));
        assert!(form(ChannelKind::Mail, "ada@example.org, bob").checked(true).unwrap_err().field("target").is_some());
        assert!(form(ChannelKind::Slack, "").checked(true).unwrap_err().field("target").is_some());
        assert!(form(ChannelKind::Slack, "").checked(false).is_ok());
        assert_eq!(form(ChannelKind::Feishu, "https://open.feishu.cn/x").checked(true).unwrap().secret.as_deref(), Some("s"));
    }
}
