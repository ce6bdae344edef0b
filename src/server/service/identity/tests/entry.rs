//! What somebody who comes from another service still has to pass here, and the password that they may set.

use super::*;
use crate::model::error::ApiError;
use crate::server::service::admission::{self, Admission, Proof};
use crate::server::service::device::Device;
use crate::server::service::{factor, password, token};

async fn admit(stage: &Stage, user: User) -> Result<Admission, ApiError> {
    let proof = Proof::Identity("idp".into());
    admission::admit(&stage.server, &Origin::default(), None, user, &proof).await.map_err(Error::into_api)
}

#[tokio::test]
async fn another_service_is_one_factor_of_two() {
    for kind in [IdentityKind::Oidc, IdentityKind::Github, IdentityKind::Wechat] {
        for stage in stages(kind).await {
            let user = match stage.sign_in(ada()).await.unwrap() {
                Entry::Known { user, .. } => user,
                Entry::AddressNeeded { handle } => {
                    complete(&stage.server, &Origin::default(), &handle, "ada@example.org", None).await.unwrap().0
                }
            };
            assert!(matches!(admit(&stage, user.clone()).await.unwrap(), Admission::In(_)), "{}: {kind:?}", stage.test.engine);
            let viewer = viewer(&stage.server, user.clone()).await;
            let setup = factor::setup(&stage.server, &viewer).await.unwrap();
            let code = |at| factor::code_at(&setup, at);
            factor::enable(&stage.server, &viewer, &Origin::default(), &code(stage.clock.now())).await.unwrap();
            let again = stage.known(ada()).await;
            let Admission::SecondFactor { ticket } = admit(&stage, again).await.unwrap() else { panic!("{kind:?}: let in without a code") };
            stage.clock.advance(Duration::seconds(30));
            let code = code(stage.clock.now());
            let wrong = admission::admit_second(&stage.server, &Origin::default(), None, &ticket, "000000", false).await;
            assert!(wrong.unwrap_err().into_api().field("code").is_some());
            let user_in = admission::admit_second(&stage.server, &Origin::default(), None, &ticket, &code, false).await.unwrap();
            assert_eq!(user_in.id, user.id);
        }
    }
}

#[tokio::test]
async fn who_is_new_waits_for_approval_where_that_is_asked_and_the_attempt_is_noted() {
    for stage in stages(IdentityKind::Oidc).await {
        let asked = RegistrationSettings { approval: true, ..Default::default() };
        setting::update_registration(&stage.server, &stage.admin, &Origin::default(), asked).await.unwrap();
        let user = stage.known(ada()).await;
        assert_eq!(admit(&stage, user).await.unwrap_err().code, Code::Pending, "{}", stage.test.engine);
        let page = activity::list(&stage.server, &stage.admin, &Origin::default(), Default::default(), None).await.unwrap();
        let refused = page.items.iter().find(|entry| entry.activity.action == Action::SignedIn);
        let refused = &refused.expect("the attempt is in the log").activity;
        assert_eq!((refused.result, refused.detail["by"].as_str()), (crate::model::activity::Outcome::Refused, Some("idp")));
    }
}

#[tokio::test]
async fn who_has_no_password_sets_one_with_a_fresh_proof_and_signs_in_with_it() {
    for stage in stages(IdentityKind::Github).await {
        let user = stage.known(ada()).await;
        let viewer = viewer(&stage.server, user).await;
        let set = async |new: &str| password::change(&stage.server, &viewer, &Origin::default(), None, new.into()).await;
        stage.clock.advance(Duration::minutes(11));
        assert_eq!(set("quiet river, seven lanterns").await.unwrap_err().into_api().code, Code::StepUp, "{}", stage.test.engine);
        let viewer = super::viewer(&stage.server, viewer.user).await;
        let set = async |new: &str| password::change(&stage.server, &viewer, &Origin::default(), None, new.into()).await;
        assert!(set("password1").await.unwrap_err().into_api().field("new_password").is_some());
        set("quiet river, seven lanterns").await.unwrap();
        let (origin, device) = (Origin::default(), Device::default());
        let signed = token::login(&stage.server, &origin, &device, "ada@example.org", "quiet river, seven lanterns".into()).await;
        assert!(matches!(signed.unwrap(), token::Entry::In(user, _) if user.id == viewer.user.id));
        assert_eq!(
            set("another river, eight lanterns").await.unwrap_err().into_api().code,
            Code::BadCredentials,
            "from then on it is asked for"
        );
    }
}

#[tokio::test]
async fn what_github_refuses_is_told_by_its_reason() {
    for stage in stages(IdentityKind::Github).await {
        for (error, reason) in [("access_denied", Refusal::Cancelled), ("redirect_uri_mismatch", Refusal::Misconfigured)] {
            stage.fake.play(ada());
            let began = stage.set_out(None).await.unwrap();
            let came = Return { code: None, error: Some(error.into()), ..stage.came(&began) };
            let stop = back(&stage.server, "idp", came).await.err().and_then(|stop| stop.reason());
            assert_eq!(stop, Some(reason), "{}: {error}", stage.test.engine);
        }
        assert_eq!(stage.refused(Play { wrong: "mismatch", ..ada() }).await, Refusal::Misconfigured);
        assert_eq!(stage.refused(Play { wrong: "no_emails", ..ada() }).await, Refusal::Unverifiable, "the scope was not granted");
        assert!(stage.server.db.users().find_by_email("ada@example.org").await.unwrap().is_none(), "nobody came in");
    }
}
