//! Adding and changing a service to sign in with.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::field::Field;
use super::identity_row::LIST;
use super::provider_frame::EntryForm;
use super::sending::sending;
use crate::app::state::toast::Toasts;
use crate::i18n::{Texts, use_texts};
use crate::model::error::ApiError;
use crate::model::identity::{CLIENT_ID_MAX, ISSUER_MAX, IdentityKind, IdentityProvider, NAME_MAX, SCOPES_MAX, SECRET_MAX, SLUG_MAX};
use crate::rpc;
use crate::rpc::identity_provider::Save;

/// What a new service begins with.
pub struct Preset {
    pub slug: &'static str,
    pub kind: IdentityKind,
    /// Empty: any issuer.
    pub name: &'static str,
    pub issuer: &'static str,
}

/// What can be added.
pub const PRESETS: &[Preset] = &[
    Preset { slug: "google", kind: IdentityKind::Google, name: "Google", issuer: "" },
    Preset { slug: "github", kind: IdentityKind::Github, name: "GitHub", issuer: "" },
    Preset { slug: "wechat", kind: IdentityKind::Wechat, name: "WeChat", issuer: "" },
    Preset { slug: "gitlab", kind: IdentityKind::Oidc, name: "GitLab", issuer: "https://gitlab.com" },
    Preset { slug: "oidc", kind: IdentityKind::Oidc, name: "", issuer: "" },
];

impl Preset {
    /// What it is called at first; empty: any issuer.
    pub fn title(&self, texts: &'static Texts) -> &'static str {
        if self.kind == IdentityKind::Wechat { texts.identity().wechat } else { self.name }
    }
}

/// The form; without a service it adds one, from the preset of this short name. `done` is called when it was saved.
#[component]
pub fn IdentityForm(preset: String, service: Option<IdentityProvider>, done: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let toasts = expect_context::<Toasts>();
    let saved = Callback::new(move |()| {
        toasts.say(texts.admin.saved, None);
        done.run(());
    });
    let save = |form: Save| {
        let Save { id, slug, kind, name, issuer, client_id, client_secret, scopes, enabled, allow_sign_up, position } = form;
        rpc::identity_provider::save(id, slug, kind, name, issuer, client_id, client_secret, scopes, enabled, allow_sign_up, position)
    };
    let (error, submit) = sending(save, saved);
    let preset = PRESETS.iter().find(|known| known.slug == preset).or(PRESETS.last());
    let kind = service.as_ref().map(|s| s.kind).or(preset.map(|p| p.kind)).unwrap_or(IdentityKind::Oidc);
    let title = match &service {
        Some(service) => (texts.identity().edit_one)(&service.name),
        None => format!("{}: {}", texts.identity().add, preset.map_or("", |p| p.title(texts))).trim_end_matches([':', ' ']).to_owned(),
    };
    let id = service.as_ref().map(|s| s.id);
    let (enabled, sign_up) = (service.as_ref().is_none_or(|s| s.enabled), service.as_ref().is_none_or(|s| s.allow_sign_up));
    view! {
        <EntryForm list=LIST action=Save::url() title id submit>
            <input type="hidden" name="kind" value=kind.name()/>
            <Inputs kind preset service error=error.into()/>
            <label class="check"><input type="checkbox" name="enabled" value="true" checked=enabled/>{texts.admin.enabled}</label>
            <label class="check"><input type="checkbox" name="allow_sign_up" value="true" checked=sign_up/>{texts.identity().allow_sign_up}</label>
        </EntryForm>
    }
}

#[component]
fn Inputs(
    kind: IdentityKind,
    preset: Option<&'static Preset>,
    service: Option<IdentityProvider>,
    error: Signal<Option<ApiError>>,
) -> impl IntoView {
    let texts = use_texts();
    let t = texts.identity();
    let text = |of: fn(&IdentityProvider) -> String, preset: &str| service.as_ref().map_or_else(|| preset.to_owned(), of);
    let slug = text(|s| s.slug.clone(), preset.map_or("", |p| p.slug));
    let name = text(|s| s.name.clone(), preset.map_or("", |p| p.title(texts)));
    let issuer = text(|s| s.issuer.clone().unwrap_or_default(), preset.map_or("", |p| p.issuer));
    let (client_id, scopes) = (text(|s| s.client_id.clone(), ""), text(|s| s.scopes.clone(), ""));
    let position = text(|s| s.position.to_string(), "0");
    let secret_hint = if service.as_ref().is_some_and(|s| s.has_secret) { t.secret_keep } else { t.secret_hint };
    let is_oidc = kind == IdentityKind::Oidc;
    let (where_label, where_hint) = if is_oidc { (t.issuer, t.issuer_hint) } else { (t.home, t.home_hint) };
    // The short name of one that is there does not change.
    let slug = match service {
        Some(_) => view! { <input type="hidden" name="slug" value=slug/> }.into_any(),
        None => view! {
            <Field name="slug" label=texts.admin.slug value=slug hint=t.slug_hint required=true max=SLUG_MAX autocomplete="off" error/>
        }
        .into_any(),
    };
    view! {
        <Field name="name" label=t.name value=name hint=t.name_hint required=true max=NAME_MAX autocomplete="off" error/>
        {slug}
        <Field
            name="issuer" label=where_label kind="url" value=issuer hint=where_hint required=is_oidc
            max=ISSUER_MAX autocomplete="off" error
        />
        <Field name="client_id" label=t.client_id value=client_id required=true max=CLIENT_ID_MAX autocomplete="off" error/>
        <Field name="client_secret" label=t.client_secret kind="password" hint=secret_hint max=SECRET_MAX autocomplete="off" error/>
        <Field name="scopes" label=t.scopes value=scopes hint=t.scopes_hint max=SCOPES_MAX autocomplete="off" error/>
        <Field name="position" label=t.position kind="number" value=position hint=t.position_hint autocomplete="off" error/>
    }
}
