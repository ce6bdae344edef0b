//! How each maker wants a message, how it is signed, and how an answer says that it was taken.
//!
//! | Maker | Signed | Taken |
//! |---|---|---|
//! | any (Standard Webhooks) | `webhook-signature: v1,` base64 of HMAC(secret, `id.timestamp.body`) | 2xx |
//! | Slack | not: the address is the secret | 200 |
//! | Feishu | `sign` in the body: base64 of HMAC(`timestamp\nsecret`, nothing), seconds | `code` 0 |
//! | DingTalk | `sign` in the address: base64 of HMAC(secret, `timestamp\nsecret`), milliseconds | `errcode` 0 |
//! | WeCom | not: the address is the secret | `errcode` 0 |

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Message, Request, Target, stamps};
use crate::model::alert::ChannelKind;
use crate::server::crypto::hmac_sha256;

/// Bytes that WeCom takes of a text.
const WECOM_MAX: usize = 2_048;
/// Characters of an answer that are shown.
const WORDS_MAX: usize = 200;

/// The message as this maker wants it, signed for this moment.
pub(super) fn request(kind: ChannelKind, target: &Target, message: &Message, now: DateTime<Utc>) -> Request {
    let Target { mut url, secret } = target.clone();
    let (seconds, millis) = stamps(now);
    let both = format!("{}\n{}", message.title, message.text);
    let mut headers = vec![("content-type", "application/json; charset=utf-8".to_owned())];
    let body = match kind {
        ChannelKind::Webhook | ChannelKind::Mail => {
            let body = json!({ "type": message.event, "timestamp": now, "data": message.data }).to_string();
            let id = format!("msg_{}", message.id.simple());
            headers.extend(secret.map(|secret| ("webhook-signature", standard(&secret, &id, seconds, &body))));
            headers.extend([("webhook-id", id), ("webhook-timestamp", seconds.to_string())]);
            body
        }
        ChannelKind::Slack => json!({ "text": format!("*{}*\n{}", slack(&message.title), slack(&message.text)) }).to_string(),
        ChannelKind::Feishu => {
            let mut body = json!({ "msg_type": "text", "content": { "text": both } });
            if let Some(secret) = secret {
                (body["timestamp"], body["sign"]) = (json!(seconds.to_string()), json!(feishu(&secret, seconds)));
            }
            body.to_string()
        }
        ChannelKind::Dingtalk => {
            if let Some(secret) = secret {
                let sign = dingtalk(&secret, millis);
                url.query_pairs_mut().append_pair("timestamp", &millis.to_string()).append_pair("sign", &sign);
            }
            json!({ "msgtype": "text", "text": { "content": both } }).to_string()
        }
        ChannelKind::Wecom => json!({ "msgtype": "text", "text": { "content": cut(&both, WECOM_MAX) } }).to_string(),
    };
    Request { url, headers, body }
}

fn base64_hmac(key: &[u8], message: &str) -> String {
    STANDARD.encode(hmac_sha256(key, message.as_bytes()))
}

/// A secret of the specification is base64 behind `whsec_`; any other text is taken as it is.
fn standard(secret: &str, id: &str, seconds: i64, body: &str) -> String {
    let decoded = secret.strip_prefix("whsec_").and_then(|encoded| STANDARD.decode(encoded).ok());
    let key = decoded.unwrap_or_else(|| secret.as_bytes().to_vec());
    format!("v1,{}", base64_hmac(&key, &format!("{id}.{seconds}.{body}")))
}

fn feishu(secret: &str, seconds: i64) -> String {
    base64_hmac(format!("{seconds}\n{secret}").as_bytes(), "")
}

fn dingtalk(secret: &str, millis: i64) -> String {
    base64_hmac(secret.as_bytes(), &format!("{millis}\n{secret}"))
}

/// Slack reads three characters as its own.
fn slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The beginning of a text, whole characters only.
fn cut(text: &str, max: usize) -> &str {
    let end = (0..=max.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    &text[..end]
}

/// Whether the maker took it; else its words.
pub(super) fn judge(kind: ChannelKind, status: u16, body: &[u8]) -> Result<(), String> {
    let said: String = String::from_utf8_lossy(body).split_whitespace().collect::<Vec<_>>().join(" ").chars().take(WORDS_MAX).collect();
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let code = match kind {
        ChannelKind::Feishu => Some(answer["code"].as_i64().or_else(|| answer["StatusCode"].as_i64())),
        ChannelKind::Dingtalk | ChannelKind::Wecom => Some(answer["errcode"].as_i64()),
        ChannelKind::Webhook | ChannelKind::Slack | ChannelKind::Mail => None,
    };
    match code {
        _ if !(200..300).contains(&status) => Err(format!("It answered {status}: {said}")),
        // These answer 200 to everything.
        Some(code) if code != Some(0) => Err(format!("It answered: {said}")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::Url;
    use uuid::Uuid;

    use super::*;

    const FEISHU: &str = "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=";
    const DINGTALK: &str = "ijHEivi6YiCNPZOq4hZstmvZ3sPfbioAiMhP30ae7W0=";

    fn made(kind: ChannelKind, url: &str, secret: Option<&str>) -> (Url, Value, Vec<(&'static str, String)>) {
        let message = Message {
            id: Uuid::from_u128(7),
            event: "alert.firing".into(),
            title: "Disk <full>".into(),
            text: "1 & 2".into(),
            data: json!({ "value": 1 }),
        };
        let target = Target { url: url.parse().unwrap(), secret: secret.map(str::to_owned) };
        let Request { url, headers, body } = request(kind, &target, &message, DateTime::from_timestamp(1_599_360_473, 0).unwrap());
        (url, serde_json::from_str(&body).unwrap(), headers)
    }

    #[test]
    fn a_standard_webhook_has_the_signature_of_the_specification() {
        // The specification's own example.
        let signature =
            standard("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let (_, body, headers) = made(ChannelKind::Webhook, "https://example.org/hook", Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
        let of = |name: &str| headers.iter().find(|(of, _)| *of == name).map(|(_, value)| value.clone()).unwrap();
        assert_eq!(of("webhook-id"), "msg_00000000000000000000000000000007");
        assert_eq!(
            (of("webhook-timestamp").as_str(), &body["type"], &body["data"]["value"]),
            ("1599360473", &json!("alert.firing"), &json!(1))
        );
        assert!(of("webhook-signature").starts_with("v1,"));
    }

    #[test]
    fn feishu_and_dingtalk_have_the_signatures_of_their_documents_code() {
        // Computed with the Python of each maker's document, for these secrets and moments.
        assert_eq!(feishu("demo", 1_599_360_473), FEISHU);
        assert_eq!(dingtalk("this is secret", 1_577_808_000_000), DINGTALK);
        let (_, body, _) = made(ChannelKind::Feishu, "https://open.feishu.cn/open-apis/bot/v2/hook/x", Some("demo"));
        assert_eq!((&body["sign"], &body["timestamp"]), (&json!(FEISHU), &json!("1599360473")));
        let (url, ..) = made(ChannelKind::Dingtalk, "https://oapi.dingtalk.com/robot/send?access_token=T", Some("this is secret"));
        let query = url.query().unwrap();
        assert!(query.starts_with("access_token=T&timestamp=1599360473000&sign=") && !query.ends_with('='), "escaped: {query}");
        let (url, body, _) = made(ChannelKind::Dingtalk, "https://oapi.dingtalk.com/robot/send?access_token=T", None);
        assert_eq!((url.query(), &body["text"]["content"]), (Some("access_token=T"), &json!("Disk <full>\n1 & 2")));
    }

    #[test]
    fn slack_and_wecom_get_text_of_their_form() {
        let (_, body, _) = made(ChannelKind::Slack, "https://hooks.slack.com/services/T/B/X", None);
        assert_eq!(body, json!({ "text": "*Disk &lt;full&gt;*\n1 &amp; 2" }));
        let (_, body, _) = made(ChannelKind::Wecom, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=K", None);
        assert_eq!(body, json!({ "msgtype": "text", "text": { "content": "Disk <full>\n1 & 2" } }));
        assert_eq!(cut("聊聊", 4), "聊");
    }

    #[test]
    fn who_answers_200_to_everything_is_read() {
        let ok = |kind, status, body: &str| judge(kind, status, body.as_bytes()).is_ok();
        assert!(ok(ChannelKind::Slack, 200, "ok") && !ok(ChannelKind::Slack, 404, "no_service"));
        assert!(ok(ChannelKind::Webhook, 204, "") && !ok(ChannelKind::Webhook, 302, ""));
        assert!(ok(ChannelKind::Feishu, 200, r#"{"code":0,"msg":"success"}"#) && ok(ChannelKind::Feishu, 200, r#"{"StatusCode":0}"#));
        assert!(!ok(ChannelKind::Feishu, 200, r#"{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}"#));
        assert!(
            ok(ChannelKind::Dingtalk, 200, r#"{"errcode":0,"errmsg":"ok"}"#) && !ok(ChannelKind::Dingtalk, 200, r#"{"errcode":310000}"#)
        );
        assert!(!ok(ChannelKind::Wecom, 200, r#"{"errcode":93000}"#) && !ok(ChannelKind::Wecom, 200, "<html>"));
    }
}
