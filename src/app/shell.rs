//! The HTML document around the app. (Replaced by the UI slice.)

use leptos::prelude::*;

/// The document of every page.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let style = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <link rel="stylesheet" href=style/>
                <title>"Liao"</title>
            </head>
            <body>
                <super::App/>
            </body>
        </html>
    }
}
