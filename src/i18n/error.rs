//! Errors, failures and notices as sentences of a language.

use super::Texts;
use crate::model::error::{ApiError, Code, FieldError, Rule};
use crate::model::generation::{Failure, FailureKind, Notice, NoticeCode};

/// One string of a part of the table: the rest of that part stays out of what is reached from here.
macro_rules! word {
    ($texts:expr, $part:ident.$word:ident) => {
        if $texts.tag == super::zh_cn::TEXTS.tag { const { super::$part::ZH_CN.$word } } else { const { super::$part::EN.$word } }
    };
}

/// Of the banner that asks for a proof of the address, which may stand above every page: the sentence, and what its button says.
pub fn banner_words(texts: &Texts) -> (fn(&str) -> String, &'static str) {
    (word!(texts, credential.banner), word!(texts, credential.resend))
}

/// What the pages about oneself are called.
pub fn settings_word(texts: &Texts) -> &'static str {
    word!(texts, person.settings)
}

/// Of somebody who has a page open.
pub fn online_word(texts: &Texts) -> &'static str {
    word!(texts, person.online)
}

/// Where a conversation is shared and saved.
pub fn share_word(texts: &Texts) -> &'static str {
    word!(texts, share.menu)
}

/// Which keys send, where it is not Enter alone.
pub fn keys_hint(texts: &Texts) -> &'static str {
    word!(texts, person.ctrl_enter_hint)
}

/// What went wrong. Where only the server knows more (a conflict, a provider's own words), it is appended.
pub fn sentence(texts: &Texts, error: &ApiError) -> String {
    let e = &texts.error;
    let plain = match error.code {
        Code::Malformed => e.malformed,
        Code::Unauthenticated => e.unauthenticated,
        Code::BadCredentials => e.bad_credentials,
        Code::Forbidden => e.forbidden,
        Code::Pending => e.pending,
        Code::Unverified => e.unverified,
        Code::StepUp => e.step_up,
        Code::FactorMissing => e.factor_missing,
        Code::NotFound => e.not_found,
        Code::MethodNotAllowed => e.method_not_allowed,
        Code::Conflict => return format!("{} {}", e.conflict, error.message),
        Code::TooLarge => e.too_large,
        Code::UnsupportedMediaType => e.unsupported,
        Code::Invalid => return error.fields.first().map_or_else(|| e.invalid.to_owned(), |field| field_sentence(texts, field)),
        Code::RateLimited => return error.retry_after.map_or_else(|| e.rate_limited.to_owned(), e.rate_limited_for),
        Code::Upstream => return format!("{} {}", e.upstream, error.message),
        Code::Unavailable => e.unavailable,
        Code::Internal => e.internal,
        Code::Offline => e.offline,
    };
    plain.to_owned()
}

/// What is wrong with a field; it stands under the field, so it does not name it.
pub fn field_sentence(texts: &Texts, error: &FieldError) -> String {
    let e = &texts.error;
    match &error.rule {
        Rule::Required => e.required.to_owned(),
        Rule::TooShort(limit) => (e.too_short)(*limit),
        Rule::TooLong(limit) => (e.too_long)(*limit),
        Rule::Format => format_sentence(texts, &error.field).to_owned(),
        Rule::Taken => e.taken.to_owned(),
        Rule::Unknown => e.unknown.to_owned(),
        Rule::Private => word!(texts, provider.private_refused).to_owned(),
        Rule::Forbidden if matches!(error.field.as_str(), "file" | "avatar") => word!(texts, file.infected).to_owned(),
        Rule::Forbidden => word!(texts, provider.address_refused).to_owned(),
        Rule::Circle => word!(texts, provider.circle).to_owned(),
        Rule::Weak(why) => format!("{}{}", e.weak, (word!(texts, credential.weakness))(*why)),
        Rule::Animated => word!(texts, person.animated).to_owned(),
        Rule::Unreadable => word!(texts, person.unreadable).to_owned(),
        Rule::Pixels(side) => (word!(texts, person.pixels))(*side),
        Rule::Domain => e.domain.to_owned(),
        Rule::Expired => match error.field.as_str() {
            "code" => word!(texts, security.wrong_code),
            "ticket" => word!(texts, security.too_late),
            _ => e.expired,
        }
        .to_owned(),
        Rule::Full => e.full.to_owned(),
        Rule::NoVision => e.no_vision.to_owned(),
        Rule::Range(_, most) if matches!(error.field.as_str(), "stop" | "starters") => (word!(texts, setup.at_most))(*most),
        Rule::Range(min, max) => (e.range)(*min, *max),
        Rule::Tokens(has, most) => {
            let what = match error.field.as_str() {
                "pins" => word!(texts, context.pins_too_long),
                "system_prompt" => word!(texts, context.system_too_long),
                _ => word!(texts, context.too_long),
            };
            what(*has, *most)
        }
    }
}

fn format_sentence(texts: &Texts, field: &str) -> &'static str {
    let e = &texts.error;
    match field {
        "email" => e.format_email,
        "base_url" => e.format_url,
        "issuer" => word!(texts, identity.format_issuer),
        "slug" => e.format_slug,
        "temperature" | "top_p" | "max_tokens" => word!(texts, setup.number),
        "command" => word!(texts, kept.format_command),
        "icon" => word!(texts, kept.format_icon),
        "avatar" => word!(texts, person.format_picture),
        _ => e.format,
    }
}

/// Why a model did not answer, and what to do.
pub fn failure_sentence(texts: &Texts, failure: &Failure) -> &'static str {
    match failure.kind {
        FailureKind::Auth => word!(texts, provider.failed_auth),
        FailureKind::RateLimited => word!(texts, provider.failed_rate_limited),
        FailureKind::Quota => word!(texts, provider.failed_quota),
        FailureKind::ContextTooLong => word!(texts, provider.failed_context),
        FailureKind::Refused => word!(texts, provider.failed_refused),
        FailureKind::UnknownModel => word!(texts, provider.failed_unknown),
        FailureKind::Network => word!(texts, provider.failed_network),
        FailureKind::VendorDown => word!(texts, provider.failed_down),
        FailureKind::Timeout => word!(texts, provider.failed_timeout),
        FailureKind::Busy => word!(texts, provider.failed_busy),
        FailureKind::Blocked => word!(texts, provider.failed_blocked),
        FailureKind::ToolCall => word!(texts, provider.failed_tool),
        FailureKind::Protocol => word!(texts, provider.failed_protocol),
        FailureKind::Internal => word!(texts, provider.failed_internal),
    }
}

/// Something to know about a run that goes on; the number in it is the server's.
pub fn notice_sentence(texts: &Texts, notice: &Notice) -> String {
    let e = &texts.error;
    let number: String = notice.message.chars().filter(char::is_ascii_digit).collect();
    match notice.code {
        NoticeCode::ContextTrimmed => e.notice_trimmed.to_owned(),
        NoticeCode::ModelFetching => (e.notice_fetching)(&number),
        NoticeCode::ModelLoading => (e.notice_loading)(&number),
        NoticeCode::Queued => (e.notice_queued)(&number),
        NoticeCode::Retrying => e.notice_retrying.to_owned(),
        NoticeCode::LengthLimit => e.notice_length.to_owned(),
        NoticeCode::FileCut => (e.notice_file_cut)(&notice.message),
        NoticeCode::Summarizing => word!(texts, context.summarizing).to_owned(),
        NoticeCode::Summarized => (word!(texts, context.summarized))(&number),
        NoticeCode::SummaryFailed => word!(texts, context.summary_failed).to_owned(),
        NoticeCode::FellBack => (word!(texts, provider.fell_back))(&notice.message),
    }
}
