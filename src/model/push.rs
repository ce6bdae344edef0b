//! Devices that are told of finished answers while no page is open (Web Push).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Most devices of a person.
pub const DEVICES_MAX: usize = 20;
/// Longest address of a push service, in characters.
pub const ENDPOINT_MAX: usize = 2000;

/// What a browser needs to be told, and the devices that are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PushDevices {
    /// The server's public key (`applicationServerKey`), base64url.
    #[schema(example = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8")]
    pub key: String,
    pub items: Vec<PushDevice>,
}

/// A device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PushDevice {
    pub id: Uuid,
    #[schema(example = "Firefox")]
    pub browser: Option<String>,
    #[schema(example = "Android")]
    pub system: Option<String>,
    pub created_at: DateTime<Utc>,
    /// When its push service took a message last.
    pub told_at: Option<DateTime<Utc>>,
}

/// A subscription as browsers write it (`PushSubscription.toJSON()`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NewPush {
    /// Where the browser's push service takes messages.
    #[schema(example = "https://push.example.org/send/f1aGx", max_length = 2000)]
    pub endpoint: String,
    pub keys: PushKeys,
}

/// What messages to a device are encrypted with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PushKeys {
    /// A point on P-256, uncompressed, base64url.
    #[schema(example = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4")]
    pub p256dh: String,
    /// 16 bytes, base64url.
    #[schema(example = "BTBZMqHH6r4Tts7J_aSIgg")]
    pub auth: String,
}
