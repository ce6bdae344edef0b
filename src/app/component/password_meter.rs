//! How good a new password is, on a page without WASM: `public/meter.js` asks the server and fills it in.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::i18n::use_texts;
use crate::model::password::Weakness;
use crate::rpc::password::Rate;

/// Where the script is.
pub const SCRIPT: &str = "/meter.js";

/// Belongs into the form of the password. Without a script it is not there.
#[component]
pub fn PasswordMeter() -> impl IntoView {
    let words = use_texts().credential();
    let why = words.weakness;
    view! {
        <div
            class="strength" role="status" hidden data-meter=Rate::url() data-scores=words.scores.join("|") data-common=why(Weakness::Common)
            data-personal=why(Weakness::Personal) data-word=why(Weakness::Word) data-pattern=why(Weakness::Pattern)
            data-date=why(Weakness::Date) data-short=why(Weakness::Short)
        >
            <meter min="0" max="4" low="2" high="3" optimum="4" aria-label=words.strength></meter>
            <span></span>
            <span class="hint"></span>
        </div>
    }
}
