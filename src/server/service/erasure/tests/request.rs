//! Who may ask for it, and what calls it off.

use super::*;

/// Both ask in the same moment: what each of them found a moment before is not what is decided by.
#[tokio::test]
async fn of_two_administrators_who_both_ask_one_stays() {
    for test in databases().await {
        let server = server(test.db.clone(), Clock::default()).await;
        let (ada, bob) = (person(&server, "ada").await, person(&server, "bob").await);
        server.db.users().set_role(bob.user.id, Role::Admin, server.clock.now()).await.unwrap();
        person(&server, "cy").await;
        let asked = |viewer: Viewer| {
            let server = server.clone();
            tokio::spawn(async move {
                server.db.people().request_deletion(viewer.user.id, server.clock.now(), server.clock.now()).await.unwrap()
            })
        };
        let (one, other) = tokio::join!(asked(ada.clone()), asked(bob.clone()));
        assert!(one.unwrap() != other.unwrap(), "{}", test.engine);
        let due = async |viewer: &Viewer| server.db.people().deletion(viewer.user.id).await.unwrap().is_some();
        assert!(due(&ada).await != due(&bob).await, "{}", test.engine);
    }
}

#[tokio::test]
async fn who_is_alone_may_go() {
    for test in databases().await {
        let server = server(test.db.clone(), Clock::default()).await;
        let ada = person(&server, "ada").await;
        let ask = async |viewer: &Viewer| request(&server, viewer, &Origin::default(), Some("correct horse battery".into())).await;
        assert!(ask(&ada).await.is_ok(), "{}: the first of all administers, and there is nobody else", test.engine);
        call_off(&server, &Origin::default(), &ada.user).await.unwrap();
        person(&server, "bob").await;
        assert_eq!(ask(&ada).await.unwrap_err().into_api().code, Code::Conflict, "{}", test.engine);
    }
}

#[tokio::test]
async fn a_deletion_that_was_called_off_or_is_not_due_erases_nothing() {
    for test in databases().await {
        let clock = Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let server = server(test.db.clone(), clock.clone()).await;
        let ada = person(&server, "ada").await;
        let there = async || server.db.people().find(ada.user.id).await.unwrap().is_some();
        request(&server, &ada, &Origin::default(), Some("correct horse battery".into())).await.unwrap();
        clock.advance(Duration::days(3));
        call_off(&server, &Origin::default(), &ada.user).await.unwrap();
        request(&server, &ada, &Origin::default(), Some("correct horse battery".into())).await.unwrap();
        clock.advance(Duration::days(5));
        assert!(job::run_next(&server).await.unwrap(), "the first request's job");
        assert!(there().await, "{}: the second request has two days left", test.engine);
        clock.advance(Duration::days(2));
        assert!(job::run_next(&server).await.unwrap(), "the second's");
        assert!(!there().await, "{}", test.engine);
    }
}
