//! What may be done to whom, and what comes of it.

use super::*;
use crate::model::directory::Bulk;
use crate::model::mail::LetterKind;
use crate::server::job;
use crate::server::service::mail::tests::letters;

#[tokio::test]
async fn nobody_locks_themselves_out_and_the_last_administrator_stays() {
    for place in places().await {
        let (ada, bob) = (&place.admin, person(&place.server, "bob", Role::Admin).await);
        for what in [Act::Disable, Act::MakeUser, Act::Delete] {
            assert_eq!(place.act(ada, ada.user.id, what).await.unwrap_err().code, Code::Conflict, "{what:?} oneself");
        }
        // Both demote the other in the same moment: one of them stays.
        let (a, b) = tokio::join!(place.act(ada, bob.user.id, Act::MakeUser), place.act(&bob, ada.user.id, Act::MakeUser));
        assert!(a.is_ok() != b.is_ok(), "{}: {a:?} {b:?}", place.test.engine);
        let role = async |id| place.server.db.people().find(id).await.unwrap().unwrap().role;
        let admins = [role(ada.user.id).await, role(bob.user.id).await].into_iter().filter(|role| *role == Role::Admin).count();
        assert_eq!(admins, 1);
        // Somebody whose session still says administrator may not take the last one either.
        let (first, last) = if a.is_ok() { (&bob, ada) } else { (ada, &bob) };
        for what in [Act::Disable, Act::MakeUser, Act::Delete] {
            assert_eq!(place.act(first, last.user.id, what).await.unwrap_err().code, Code::Conflict, "{what:?} the last");
        }
        assert_eq!(place.act(last, Uuid::now_v7(), Act::Disable).await.unwrap_err().code, Code::NotFound);
    }
}

#[tokio::test]
async fn what_is_done_to_an_account_holds_at_once_and_is_noted() {
    for place in places().await {
        let bob = person(&place.server, "bob", Role::User).await;
        let enter = async || sign_in(&place.server, "bob@example.org").await;
        let tokens = enter().await.unwrap();
        assert_eq!(find(&place.server, &place.admin, bob.user.id).await.unwrap().programs, 1, "{}", place.test.engine);
        let out = place.act(&place.admin, bob.user.id, Act::SignOut).await.unwrap();
        assert_eq!((out.programs, out.sessions), (0, 0));
        assert!(token::viewer(&place.server, &tokens.access).await.is_err(), "access tokens end with the sign-in");
        assert!(token::refresh(&place.server, &Origin::default(), &tokens.refresh).await.is_err());
        let tokens = enter().await.unwrap();
        let off = place.act(&place.admin, bob.user.id, Act::Disable).await.unwrap();
        assert_eq!((off.member.state, off.programs), (State::Disabled, 0), "{}: locked, and signed out", place.test.engine);
        assert!(enter().await.is_err());
        place.act(&place.admin, bob.user.id, Act::Disable).await.unwrap();
        place.act(&place.admin, bob.user.id, Act::Enable).await.unwrap();
        assert!(enter().await.is_ok());
        assert!(token::viewer(&place.server, &tokens.access).await.is_err(), "what was had before stays ended");
        let up = place.act(&place.admin, bob.user.id, Act::MakeAdmin).await.unwrap();
        assert_eq!(up.member.role, Role::Admin);
        let noted = place.actions(bob.user.id).await;
        for (action, times) in [("disabled", 1), ("enabled", 1), ("role_changed", 1), ("signed_out_by_admin", 1)] {
            assert_eq!(noted.iter().filter(|name| *name == action).count(), times, "{action} in {noted:?}");
        }
    }
}

#[tokio::test]
async fn a_deleted_account_is_locked_until_it_is_erased_or_restored() {
    for place in places().await {
        let (bob, eve) = (person(&place.server, "bob", Role::User).await, person(&place.server, "eve", Role::User).await);
        for viewer in [&bob, &eve] {
            let gone = place.act(&place.admin, viewer.user.id, Act::Delete).await.unwrap();
            assert_eq!((gone.member.state, gone.delete_after.is_some()), (State::Deleting, true));
            assert_eq!(place.act(&place.admin, viewer.user.id, Act::Enable).await.unwrap_err().code, Code::Conflict);
            let back = sign_in(&place.server, &viewer.user.email).await;
            assert!(back.is_err(), "{}: its owner does not call it off", place.test.engine);
        }
        let (kind, letter) = letters(&place.server, "eve@example.org").await.pop().unwrap();
        assert_eq!(kind, LetterKind::DeletionOrdered, "{}", place.test.engine);
        assert!(letter.text.contains("2027-01-22 08:00 UTC") && letter.html.contains("2027-01-22 08:00 UTC"), "the grace: {}", letter.text);
        let back = place.act(&place.admin, bob.user.id, Act::Restore).await.unwrap();
        assert_eq!((back.member.state, back.delete_after), (State::Active, None));
        let kinds = async |to: &str| letters(&place.server, to).await.into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
        assert_eq!(kinds("bob@example.org").await, [LetterKind::DeletionOrdered, LetterKind::Restored]);
        place.act(&place.admin, bob.user.id, Act::Restore).await.unwrap();
        assert_eq!(kinds("bob@example.org").await.len(), 2, "what is so already is no news");
        place.clock.advance(Duration::days(8));
        while job::run_next(&place.server).await.unwrap() {}
        assert!(find(&place.server, &place.admin, bob.user.id).await.is_ok());
        assert_eq!(find(&place.server, &place.admin, eve.user.id).await.unwrap_err().into_api().code, Code::NotFound);
    }
}

#[tokio::test]
async fn accounts_are_made_and_changed_and_every_wrong_field_is_named() {
    for place in places().await {
        let here = Origin::default();
        let new = |email: &str, password: Option<&str>| NewMember {
            email: email.into(),
            name: String::new(),
            role: None,
            password: password.map(str::to_owned),
            email_verified: password.is_some(),
        };
        let make = async |new| create(&place.server, &place.admin, &here, new).await.map_err(Error::into_api);
        let bob = make(new("Bob@example.org", Some(PASSWORD))).await.unwrap();
        assert_eq!((bob.member.name.as_str(), bob.has_password, bob.member.email_verified), ("bob", true, true), "{}", place.test.engine);
        assert!(sign_in(&place.server, "bob@example.org").await.is_ok());
        assert!(!make(new("eve@example.org", None)).await.unwrap().has_password);
        assert!(make(new("bob@example.org", None)).await.unwrap_err().field("email").is_some(), "taken");
        let change = async |change| update(&place.server, &place.admin, &here, bob.member.id, change).await.map_err(Error::into_api);
        let moved = change(MemberChange { email: Some("b@example.org".into()), ..MemberChange::default() }).await.unwrap();
        assert_eq!((moved.member.email.as_str(), moved.member.email_verified), ("b@example.org", false));
        let both =
            MemberChange { name: Some("Robert".into()), role: Some(Role::Admin), email_verified: Some(true), ..MemberChange::default() };
        let member = change(both).await.unwrap().member;
        assert_eq!((member.name.as_str(), member.role, member.email_verified), ("Robert", Role::Admin, true));
        let taken = change(MemberChange { email: Some("eve@example.org".into()), ..MemberChange::default() }).await.unwrap_err();
        assert!(taken.field("email").is_some());
        let noted = place.actions(bob.member.id).await;
        assert!(["user_created", "user_changed", "role_changed"].iter().all(|name| noted.iter().any(|n| n == name)), "{noted:?}");
    }
}

#[tokio::test]
async fn several_are_changed_at_once_and_each_is_told_apart() {
    for place in places().await {
        let (bob, eve) = (person(&place.server, "bob", Role::User).await, person(&place.server, "eve", Role::User).await);
        let nobody = Uuid::now_v7();
        let run = async |ids: Vec<Uuid>| {
            super::super::bulk(&place.server, &place.admin, &Origin::default(), Bulk { ids, action: Act::Disable }).await
        };
        let results = run(vec![bob.user.id, place.admin.user.id, nobody, eve.user.id, bob.user.id]).await.unwrap();
        let found: Vec<_> = results.results.iter().map(|result| (result.id, result.code)).collect();
        let expected =
            [(bob.user.id, None), (place.admin.user.id, Some(Code::Conflict)), (nobody, Some(Code::NotFound)), (eve.user.id, None)];
        assert_eq!((found.as_slice(), results.counts()), (expected.as_slice(), (2, 2)), "{}", place.test.engine);
        assert!(run(vec![]).await.unwrap_err().into_api().field("ids").is_some());
        assert!(run((0..=500).map(|_| Uuid::now_v7()).collect()).await.is_err());
    }
}
