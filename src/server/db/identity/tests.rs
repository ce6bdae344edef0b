//! Links and services in both databases.

use super::*;
use crate::model::identity::IdentityProvider;
use crate::model::user::{Role, User};
use crate::server::db::testing::{TestDb, databases};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

/// A service of this name.
fn service(slug: &str, position: u32) -> Stored {
    let provider = IdentityProvider {
        id: Uuid::now_v7(),
        slug: slug.into(),
        kind: IdentityKind::Oidc,
        name: slug.to_uppercase(),
        issuer: Some("https://id.example".into()),
        client_id: "liao".into(),
        has_secret: true,
        scopes: String::new(),
        enabled: true,
        allow_sign_up: true,
        position,
        linked: 0,
        redirect_uri: String::new(),
        created_at: at(0),
    };
    Stored { provider, secret_cipher: Some(vec![1, 2, 3]) }
}

async fn user(test: &TestDb, name: &str, password: Option<&str>) -> Uuid {
    let user = User::new(Uuid::now_v7(), format!("{name}@example.org"), name.into(), Role::User, at(0));
    test.db.users().insert(user, password).await.unwrap().unwrap().id
}

fn link<'a>(provider_id: Uuid, subject: &'a str, user_id: Uuid) -> NewIdentity<'a> {
    NewIdentity { id: Uuid::now_v7(), provider_id, subject, user_id, email: Some("there@example.net"), name: None, at: at(1) }
}

#[tokio::test]
async fn services_are_kept_in_the_order_of_their_buttons_and_their_names_are_unique() {
    for test in databases().await {
        let db = test.db.identities();
        let (late, early) = (service("late", 2), service("early", 1));
        assert!(db.insert_provider(&late).await.unwrap() && db.insert_provider(&early).await.unwrap());
        assert!(!db.insert_provider(&service("late", 3)).await.unwrap(), "{}", test.engine);
        let slugs: Vec<_> = db.providers().await.unwrap().into_iter().map(|row| row.provider.slug).collect();
        assert_eq!(slugs, ["early", "late"]);
        let changed = Stored {
            provider: IdentityProvider { slug: "ignored".into(), name: "Later".into(), enabled: false, ..late.provider.clone() },
            secret_cipher: None,
        };
        assert!(db.update_provider(&changed, at(5)).await.unwrap());
        let row = db.find_provider(late.provider.id).await.unwrap().unwrap();
        assert_eq!(row.provider, IdentityProvider { name: "Later".into(), enabled: false, has_secret: false, ..late.provider.clone() });
        assert!(db.delete_provider(late.provider.id).await.unwrap());
        assert!(!db.update_provider(&changed, at(6)).await.unwrap() && !db.delete_provider(late.provider.id).await.unwrap());
        assert!(db.provider_by_slug("late").await.unwrap().is_none() && db.provider_by_slug("early").await.unwrap().is_some());
    }
}

#[tokio::test]
async fn an_account_there_is_one_account_here_and_the_other_way_round() {
    for test in databases().await {
        let db = test.db.identities();
        let idp = service("idp", 0);
        db.insert_provider(&idp).await.unwrap();
        let (ada, bob, id) = (user(&test, "ada", None).await, user(&test, "bob", None).await, idp.provider.id);
        assert!(db.insert(&link(id, "one", ada)).await.unwrap());
        assert!(!db.insert(&link(id, "one", bob)).await.unwrap(), "{}: somebody else's", test.engine);
        assert!(!db.insert(&link(id, "two", ada)).await.unwrap(), "{}: a second one", test.engine);
        assert_eq!((db.owner(id, "one").await.unwrap(), db.owner(id, "two").await.unwrap()), (Some(ada), None));
        db.touch(&NewIdentity { email: None, name: Some("Ada"), at: at(9), ..link(id, "one", ada) }).await.unwrap();
        let listed = db.list_for(ada).await.unwrap();
        assert_eq!((listed.len(), listed[0].email.as_deref(), listed[0].name.as_deref()), (1, Some("there@example.net"), Some("Ada")));
        assert_eq!((listed[0].linked_at, listed[0].last_used_at), (at(1), Some(at(9))));
        assert_eq!(db.find_provider(id).await.unwrap().unwrap().provider.linked, 1);
        db.delete_provider(id).await.unwrap();
        assert!(db.list_for(ada).await.unwrap().is_empty(), "{}: links go with the service", test.engine);
    }
}

#[tokio::test]
async fn the_last_way_in_is_not_unlinked() {
    for test in databases().await {
        let db = test.db.identities();
        let (one, two) = (service("one", 0), service("two", 1));
        db.insert_provider(&one).await.unwrap();
        db.insert_provider(&two).await.unwrap();
        let (first, second) = (one.provider.id, two.provider.id);
        let (ada, bob) = (user(&test, "ada", None).await, user(&test, "bob", Some("hash")).await);
        for provider in [first, second] {
            db.insert(&link(provider, "ada", ada)).await.unwrap();
            db.insert(&link(provider, "bob", bob)).await.unwrap();
        }
        let (a, b) = tokio::join!(db.unlink(ada, first, 0), db.unlink(ada, second, 0));
        let mut ends = [a.unwrap(), b.unwrap()];
        ends.sort_by_key(|end| *end as u8);
        assert_eq!(ends, [Unlinked::Done, Unlinked::LastWay], "{}: of two at once, one stays", test.engine);
        let left = if db.owner(first, "ada").await.unwrap().is_some() { first } else { second };
        assert_eq!(db.unlink(ada, left, 1).await.unwrap(), Unlinked::Done, "{}: a passkey is another way", test.engine);
        assert_eq!(db.unlink(ada, left, 1).await.unwrap(), Unlinked::Absent);
        assert_eq!(db.unlink(bob, first, 0).await.unwrap(), Unlinked::Done);
        assert_eq!(db.unlink(bob, second, 0).await.unwrap(), Unlinked::Done, "{}: a password is another way", test.engine);
    }
}

#[tokio::test]
async fn a_way_that_is_switched_off_is_none() {
    for test in databases().await {
        let db = test.db.identities();
        let mut off = service("off", 1);
        off.provider.enabled = false;
        let on = service("on", 0);
        db.insert_provider(&on).await.unwrap();
        db.insert_provider(&off).await.unwrap();
        let ada = user(&test, "ada", None).await;
        db.insert(&link(on.provider.id, "ada", ada)).await.unwrap();
        db.insert(&link(off.provider.id, "ada", ada)).await.unwrap();
        assert_eq!(db.unlink(ada, on.provider.id, 0).await.unwrap(), Unlinked::LastWay, "{}", test.engine);
    }
}
