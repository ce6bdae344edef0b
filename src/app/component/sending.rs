//! A form that a script sends where there is one. A refused one stays as it was typed, with what is wrong at its fields; what cannot be
//! read here is posted plainly, and the server says why.

use leptos::ev::SubmitEvent;
use leptos::form::FromFormData;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;

use crate::app::state::session::form_error;
use crate::app::state::toast::Toasts;
use crate::model::error::{ApiError, Code};
use crate::rpc::Rpc;

/// What is wrong with a form: at first what it came back with.
pub type Wrong = RwSignal<Option<ApiError>>;

/// What is wrong with the form of a server function, and what its `submit` does: `call` asks the server, `done` gets the answer.
pub fn sending<F, T, R>(call: fn(F) -> R, done: Callback<T>) -> (Wrong, Callback<SubmitEvent>)
where
    F: ServerFn + FromFormData + 'static,
    T: 'static,
    R: Future<Output = Rpc<T>> + 'static,
{
    let toasts = expect_context::<Toasts>();
    let wrong = RwSignal::new(form_error().filter(|(path, _)| path == F::PATH).map(|(_, error)| error));
    let submit = Callback::new(move |event: SubmitEvent| {
        let Ok(form) = F::from_event(&event) else { return };
        event.prevent_default();
        spawn_local(async move {
            match call(form).await {
                Ok(answer) => done.run(answer),
                Err(refused) if refused.code == Code::Invalid => wrong.set(Some(refused)),
                Err(refused) => toasts.fail(&refused),
            }
        });
    });
    (wrong, submit)
}
