//! What a password has to be (NIST SP 800-63B: long rather than complicated, not a common one, never changed by the calendar),
//! and changing one's own.

mod known;

use zxcvbn::feedback::Warning;
use zxcvbn::zxcvbn;

use super::activity::{self, Event};
use super::letter::{self, Letter, Recipient};
use super::step_up;
use super::viewer::{Origin, Via, Viewer};
use crate::model::activity::Action;
use crate::model::error::{Code, Fields, Rule};
use crate::model::password::{SCORE_MIN, Strength, Weakness};
use crate::model::ticket::Purpose;
use crate::model::user::{EMAIL_MAX, NAME_MAX, PASSWORD_MAX, PASSWORD_MIN, User};
use crate::server::Server;
use crate::server::crypto::password::normal;
use crate::server::db::Kept;
use crate::server::error::{Error, Result};

/// An error about this field unless the password is long enough and hard to guess for who knows these words about its owner.
pub fn check(field: &str, password: &str, about: &[&str]) -> Result<()> {
    // As it will be hashed: an accent that is written as a character of its own makes nothing longer.
    let password = &normal(password);
    let mut fields = Fields::default();
    fields.length(field, password, PASSWORD_MIN, PASSWORD_MAX);
    fields.check()?;
    let strength = strength(password, about);
    if strength.is_enough() {
        return Ok(());
    }
    let sentence = format!("{field} is too easy to guess; make it longer, of words that do not belong together.");
    Err(Error::invalid(field, Rule::Weak(strength.weakness.unwrap_or(Weakness::Short)), sentence))
}

/// How good this password would be for the viewer. Errors: `Invalid` (`password`) for one that is too long to be one.
pub fn rate(viewer: &Viewer, password: &str) -> Result<Strength> {
    let mut fields = Fields::default();
    fields.length("password", password, 0, PASSWORD_MAX);
    fields.check()?;
    Ok(strength(password, &[&viewer.user.name, &viewer.user.email]))
}

/// How good it would be for somebody who is not signed in, with this name and address. Errors: `Invalid` (`password`), `RateLimited`.
pub async fn rate_anonymous(server: &Server, origin: &Origin, password: &str, about: &[String; 2]) -> Result<Strength> {
    server.limits.ceremony(origin).await?;
    let mut fields = Fields::default();
    fields.length("password", password, 0, PASSWORD_MAX);
    fields.length("email", &about[0], 0, EMAIL_MAX);
    fields.length("name", &about[1], 0, NAME_MAX);
    fields.check()?;
    Ok(strength(password, &[&about[0], &about[1]]))
}

/// How hard the password is to guess for somebody who knows these words about its owner.
pub fn strength(password: &str, about: &[&str]) -> Strength {
    let words = words(about);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // Of long ones the beginning is looked at: its cost grows with the square.
    let beginning: String = password.chars().take(64).collect();
    let found = zxcvbn(&beginning, &words);
    let lowered = normal(&beginning).to_lowercase();
    let known = known::is_known(&lowered, &words);
    let score = if known { u8::from(found.score()).min(SCORE_MIN - 1) } else { found.score().into() };
    let personal = words.iter().any(|word| word.chars().count() > 3 && lowered.contains(*word));
    let warning = found.feedback().and_then(|feedback| feedback.warning());
    let weakness = (score < 3).then_some(match warning {
        _ if personal => Weakness::Personal,
        _ if known => Weakness::Common,
        Some(warning) => weakness(warning),
        None => Weakness::Short,
    });
    Strength { score, weakness }
}

/// The words in these texts, lowered: names, the parts of addresses, and this server's own name.
fn words(about: &[&str]) -> Vec<String> {
    let own = ["liao", "聊"].map(str::to_owned);
    let parts = about.iter().flat_map(|text| std::iter::once(*text).chain(text.split(|c: char| !c.is_alphanumeric())));
    let parts = parts.filter(|part| part.chars().count() > 1).map(str::to_lowercase);
    parts.chain(own).collect()
}

fn weakness(warning: Warning) -> Weakness {
    match warning {
        Warning::ThisIsATop10Password
        | Warning::ThisIsATop100Password
        | Warning::ThisIsACommonPassword
        | Warning::ThisIsSimilarToACommonlyUsedPassword => Weakness::Common,
        Warning::AWordByItselfIsEasyToGuess
        | Warning::NamesAndSurnamesByThemselvesAreEasyToGuess
        | Warning::CommonNamesAndSurnamesAreEasyToGuess => Weakness::Word,
        Warning::DatesAreOftenEasyToGuess | Warning::RecentYearsAreEasyToGuess => Weakness::Date,
        _ => Weakness::Pattern,
    }
}

/// Whether the viewer has a password: who came by another service may not.
pub async fn exists(server: &Server, viewer: &Viewer) -> Result<bool> {
    Ok(server.db.credentials().password_hash(viewer.user.id).await?.is_some())
}

/// Replaces the viewer's password, or sets the first one. Every other sign-in of theirs ends, and a letter says so.
/// Errors: `BadCredentials` (the current one is not right), `Invalid` (`new_password`), `StepUp` (there is none yet), `RateLimited`.
pub async fn change(server: &Server, viewer: &Viewer, origin: &Origin, current: Option<String>, new: String) -> Result<()> {
    let user = &viewer.user;
    match server.db.credentials().password_hash(user.id).await? {
        Some(hash) => confirm(server, origin, user, current.unwrap_or_default(), hash).await?,
        None => step_up::require(server, viewer).await?,
    }
    check("new_password", &new, &[&user.name, &user.email])?;
    let kept = match viewer.via {
        Via::Session { id_hash } => Kept::Session(id_hash),
        Via::Token { family } => Kept::Family(family),
    };
    replace(server, user, origin, new, Some(kept)).await
}

/// The right password, or an error.
async fn confirm(server: &Server, origin: &Origin, user: &User, password: String, hash: String) -> Result<()> {
    server.limits.login(origin, &user.email).await?;
    let wrong = || Error::new(Code::BadCredentials, "The current password is not right.");
    if password.chars().count() <= PASSWORD_MAX && server.passwords.verify(password, Some(hash)).await? {
        return Ok(());
    }
    activity::record(server, Event::new(Action::PasswordSet, origin).of(user.id).refused()).await;
    Err(wrong())
}

/// Sets a checked password: links that would set another end, and so does every sign-in but the kept one.
pub(super) async fn replace(server: &Server, user: &User, origin: &Origin, new: String, kept: Option<Kept>) -> Result<()> {
    let hash = server.passwords.hash(new).await?;
    server.db.credentials().replace_password(user.id, &hash, kept, server.clock.now()).await?;
    server.db.tickets().delete_of(user.id, Purpose::ResetPassword).await?;
    activity::record(server, Event::new(Action::PasswordSet, origin).of(user.id)).await;
    letter::post(server, &Recipient::from(user), Letter::PasswordChanged { origin: origin.clone() }).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(password: &str, about: &[&str]) -> Option<Rule> {
        let Err(Error::Client(error)) = check("password", password, about) else { return None };
        error.field("password").map(|field| field.rule.clone())
    }

    #[test]
    fn long_is_enough_and_common_short_or_personal_is_not() {
        let about = ["Ada Lovelace", "ada.lovelace@example.org"];
        for good in ["correct horse battery", "one calm river 42", "tell nobody of this", "牛奶和面包还有三只猫咪睡觉"] {
            assert_eq!(refused(good, &about), None, "{good}");
        }
        assert_eq!(refused("short", &about), Some(Rule::TooShort(PASSWORD_MIN)));
        assert_eq!(refused(&"e\u{301}".repeat(PASSWORD_MIN - 1), &about), Some(Rule::TooShort(PASSWORD_MIN)), "seven letters in fourteen");
        assert_eq!(refused(&"x y".repeat(100), &about), Some(Rule::TooLong(PASSWORD_MAX)));
        for known in ["Summer2024!", "Welcome2024!", "P@ssw0rd2024!", "admin@123456", "CorrectHorseBatteryStaple", "woaini1314520"] {
            assert_eq!(refused(known, &about), Some(Rule::Weak(Weakness::Common)), "{known}");
        }
        for weak in ["Lovelace2024!", "ada.lovelace@example.org", "Liao2024!!"] {
            assert_eq!(refused(weak, &about), Some(Rule::Weak(Weakness::Personal)), "{weak}");
        }
        for weak in ["12345678", "password", "Passw0rd", "qwertyuiop", "aaaaaaaaaaaa", "lovelace", "adalovelace", "iloveyou1", "liaoliao"] {
            assert!(matches!(refused(weak, &about), Some(Rule::Weak(_))), "{weak}");
        }
    }

    #[test]
    fn what_makes_it_weak_is_said() {
        let why = |password: &str| strength(password, &["Ada", "lovelace@example.org"]).weakness;
        assert_eq!(why("password1"), Some(Weakness::Common));
        assert_eq!(why("lovelace1"), Some(Weakness::Personal));
        assert_eq!(why("aaaaaaaaaaa"), Some(Weakness::Pattern));
        assert_eq!(why("Correct horse battery staple!"), Some(Weakness::Common));
        assert_eq!(why("correct horse battery stapler 7"), None);
    }
}
