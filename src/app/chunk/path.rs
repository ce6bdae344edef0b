//! Which files of WASM the page at a path needs.

use std::collections::HashMap;

use leptos::prelude::*;

/// What splitting made of each chunk: the names of its files, without their ending. The server provides it.
#[derive(Clone, Copy)]
pub struct Files(pub &'static HashMap<String, Vec<String>>);

/// The script that loads chunks. The main script imports it, so it is part of every page that has scripts.
pub const LOADER: &str = "__wasm_split.______________________.js";

/// The WASM files that the page at `path` needs besides the main one.
pub fn files_of(path: &str) -> Vec<&'static str> {
    let Some(Files(files)) = use_context() else { return Vec::new() };
    files.get(chunk_of(path)).into_iter().flatten().map(String::as_str).collect()
}

/// The name of the chunk that the page at `path` is in.
fn chunk_of(path: &str) -> &str {
    let mut parts = path.split('/').skip(1);
    match (parts.next(), parts.next()) {
        // `/` names none.
        (None | Some(""), _) => "home",
        (Some("admin"), Some(second)) if super::oversee::PAGES.contains(&second) => "oversee",
        (Some(first), _) => first,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_its_chunk() {
        let pairs = ["/", "/admin/users", "/admin/messages/1", "/admin/alerts", "/settings/report", "/admin"].map(chunk_of);
        assert_eq!(pairs, ["home", "admin", "oversee", "oversee", "settings", "admin"]);
    }
}
