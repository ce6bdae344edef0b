//! What people set about themselves: profile, preferences, picture; and who may see who is online.

use std::io::Cursor;

use http::Method;
use image::{DynamicImage, GenericImageView, ImageFormat, Rgb, RgbImage};
use tower::ServiceExt;

use super::*;
use crate::server::http::middleware;

fn png(side: u32, red: u8) -> Vec<u8> {
    let picture = DynamicImage::from(RgbImage::from_pixel(side, side, Rgb([red, 20, 20])));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

impl App {
    async fn put_avatar(&self, access: &str, kind: &str, body: Vec<u8>) -> Answer {
        let request = Request::builder().method(Method::PUT).uri("/api/users/me/avatar/").header(header::HOST, "chat.example");
        let request = request.header(header::AUTHORIZATION, format!("Bearer {access}")).header(header::CONTENT_TYPE, kind);
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    async fn get(&self, path: &str, access: Option<&str>) -> Answer {
        self.call(Method::GET, path, access, None).await
    }

    async fn bytes(&self, path: &str, access: &str) -> Vec<u8> {
        let request = Request::builder().uri(path).header(header::AUTHORIZATION, format!("Bearer {access}"));
        let response = self.router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()
    }
}

#[tokio::test]
async fn a_picture_gets_three_addresses_that_never_change_and_goes_without_a_trace() {
    for app in apps().await {
        // Both databases keep their files in one folder.
        let kept = async || app.server.storage.list("avatar", DateTime::<chrono::Utc>::MAX_UTC).await.unwrap().len();
        let before_all = kept().await;
        let (ada, bob) = (app.register("ada@example.org").await, app.register("bob@example.org").await);
        let (ada, bob) = (text(&ada["access"]), text(&bob["access"]));
        let before = app.me(ada).await.json();
        assert_eq!(before["avatar"], json!(null));
        let initials = text(&before["avatar_urls"]["small"]).to_owned();
        assert_eq!(app.get(&initials, None).await.status, StatusCode::UNAUTHORIZED);
        let svg = app.get(&initials, Some(bob)).await;
        assert!(svg.header(header::CONTENT_TYPE).starts_with("image/svg+xml") && svg.text.contains(">A</text>"), "{}", svg.text);
        assert!(svg.header(header::CONTENT_SECURITY_POLICY).contains("default-src 'none'"));

        let answer = app.put_avatar(ada, "image/png", png(600, 200)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let first = answer.json()["avatar_urls"].clone();
        assert_eq!(app.me(ada).await.json()["avatar_urls"], first);
        for (name, side) in [("small", 48), ("medium", 128), ("large", 512)] {
            let picture = image::load_from_memory(&app.bytes(text(&first[name]), bob).await).unwrap();
            assert_eq!(picture.dimensions(), (side, side));
        }
        let served = app.get(text(&first["small"]), Some(bob)).await;
        assert_eq!((served.header(header::CONTENT_TYPE), served.status), ("image/webp", StatusCode::OK));
        assert!(served.header(header::CACHE_CONTROL).contains("immutable") && served.header(header::CACHE_CONTROL).contains("private"));
        assert_eq!(app.get(text(&first["small"]), None).await.status, StatusCode::UNAUTHORIZED);

        // The same picture of somebody else is another file; another picture of the same person replaces the first.
        let bobs = app.put_avatar(bob, "image/png", png(600, 200)).await.json()["avatar_urls"].clone();
        assert_ne!(bobs, first);
        let second = app.put_avatar(ada, "application/octet-stream", png(300, 90)).await.json()["avatar_urls"].clone();
        assert_ne!(second, first);
        assert_eq!(app.get(text(&first["large"]), Some(ada)).await.status, StatusCode::NOT_FOUND);
        let gone = app.call(Method::DELETE, "/api/users/me/avatar/", Some(ada), None).await;
        assert_eq!((gone.status, &gone.json()["avatar"]), (StatusCode::OK, &json!(null)));
        assert_eq!(kept().await - before_all, 3, "{}: bob's three", app.test.engine);
        assert_eq!(app.call(Method::DELETE, "/api/users/me/avatar/", Some(ada), None).await.status, StatusCode::OK, "again is fine");
    }
}

#[tokio::test]
async fn a_form_with_a_picture_is_as_good_and_what_is_none_is_told() {
    let app = apps().await.remove(0);
    let ada = app.register("ada@example.org").await;
    let ada = text(&ada["access"]);
    let form = |field: &str, content: &[u8]| {
        let head =
            format!("--b\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n");
        [head.as_bytes(), content, b"\r\n--b--\r\n"].concat()
    };
    let kind = "multipart/form-data; boundary=b";
    assert_eq!(app.put_avatar(ada, kind, form("avatar", &png(64, 1))).await.status, StatusCode::OK);
    let missing = app.put_avatar(ada, kind, form("other", &png(64, 1))).await;
    assert_eq!((missing.problem(), &missing.json()["errors"][0]["rule"]), ((422, "invalid".into()), &json!("required")));
    assert_eq!(app.put_avatar(ada, kind, form("avatar", b"")).await.problem().0, 422);
    assert_eq!(app.put_avatar(ada, kind, b"--b\r\nnonsense".to_vec()).await.problem().0, 400);
    assert_eq!(app.put_avatar(ada, "application/json", b"{}".to_vec()).await.problem(), (415, "unsupported_media_type".into()));
    assert_eq!(app.put_avatar(ada, "image/png", b"<svg/>".to_vec()).await.problem(), (415, "unsupported_media_type".into()));
    let cut = app.put_avatar(ada, "image/png", png(64, 1)[..60].to_vec()).await;
    assert_eq!((cut.problem().0, &cut.json()["errors"][0]["rule"]), (422, &json!("unreadable")));
    for path in
        ["/avatar/../../liao.db-48.webp", "/avatar/x-48.webp", "/avatar/00000000000000000000000000000000-49.webp", "/avatar/initials/x.svg"]
    {
        assert_eq!(app.get(path, Some(ada)).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn twenty_megabytes_are_refused_with_a_sentence_and_five_are_not_too_many() {
    let app = apps().await.remove(0);
    let ada = app.register("ada@example.org").await;
    let send = async |path: &str, method: Method, length: Option<usize>, bytes: usize| {
        let request = Request::builder().method(method).uri(path).header(header::HOST, "chat.example");
        let mut request = request.header(header::AUTHORIZATION, format!("Bearer {}", text(&ada["access"])));
        if let Some(length) = length {
            request = request.header(header::CONTENT_LENGTH, length);
        }
        let pieces = (0..bytes.div_ceil(65_536)).map(|_| Ok::<_, std::io::Error>(vec![0u8; 65_536]));
        let body = Body::from_stream(futures::stream::iter(pieces));
        let mut request = request.header(header::CONTENT_TYPE, "image/png").body(body).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 4000))));
        let response = middleware::around(app.router(), &app.server).oneshot(request).await.unwrap();
        let status = response.status();
        let text = String::from_utf8_lossy(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).into_owned();
        (status.as_u16(), text)
    };
    let mib = 1024 * 1024;
    for length in [Some(20 * mib), None] {
        let (status, text) = send("/api/users/me/avatar/", Method::PUT, length, 20 * mib).await;
        assert_eq!(status, 413, "{text}");
        assert!(text.contains("at most 5 MiB"), "{text}");
    }
    let (status, text) = send("/api/users/me/avatar/", Method::PUT, None, 5 * mib - 65_536).await;
    assert_eq!(status, 415, "zeros are no picture, but they were read: {text}");
    // Other doors are as narrow as before, also for what does not say how long it is.
    for length in [Some(3 * mib), None] {
        let (status, _) = send("/api/users/me/", Method::PATCH, length, 3 * mib).await;
        assert!(matches!(status, 413 | 415), "{status}");
    }
}

#[tokio::test]
async fn the_profile_holds_bio_and_time_zone_and_the_log_says_what_changed() {
    for app in apps().await {
        let ada = app.register("ada@example.org").await;
        let ada = text(&ada["access"]);
        let patch = async |body| app.call(Method::PATCH, "/api/users/me/", Some(ada), Some(body)).await;
        let changed = patch(json!({"bio": " Engines.\r\nMostly. ", "time_zone": "Asia/Shanghai"})).await.json();
        assert_eq!((&changed["bio"], &changed["time_zone"]), (&json!("Engines.\nMostly."), &json!("Asia/Shanghai")));
        let again = patch(json!({"time_zone": null, "bio": ""})).await.json();
        assert_eq!((&again["bio"], &again["time_zone"]), (&json!(""), &json!(null)));
        for (body, field) in [
            (json!({"bio": "x".repeat(501)}), "bio"),
            (json!({"bio": "a\u{7}b"}), "bio"),
            (json!({"time_zone": "Mars/Olympus"}), "time_zone"),
            (json!({"time_zone": ""}), "time_zone"),
        ] {
            let answer = patch(body).await;
            assert_eq!((answer.problem().0, &answer.json()["errors"][0]["field"]), (422, &json!(field)));
        }
        let log = app.dump("activity").await;
        assert_eq!(log.iter().filter(|row| row.contains("profile_changed")).count(), 2, "{}: {log:?}", app.test.engine);
        assert!(!log.iter().any(|row| row.contains("Engines")), "the log says that it changed, not to what");
    }
}

#[tokio::test]
async fn preferences_change_where_they_are_sent_and_stay() {
    for app in apps().await {
        let (ada, bob) = (app.register("ada@example.org").await, app.register("bob@example.org").await);
        let (ada, bob) = (text(&ada["access"]), text(&bob["access"]));
        let path = "/api/users/me/preferences/";
        let default = app.get(path, Some(ada)).await.json();
        assert_eq!((&default["theme"], &default["send_key"], &default["show_presence"]), (&json!(null), &json!("enter"), &json!(true)));
        let patch = async |body| app.call(Method::PATCH, path, Some(ada), Some(body)).await;
        let changed = patch(json!({"theme": "dark", "send_key": "ctrl_enter", "notifications": {"new_device": false}})).await.json();
        assert_eq!((&changed["theme"], &changed["notifications"]["new_device"]), (&json!("dark"), &json!(false)));
        assert_eq!(changed["notifications"]["export_ready"], json!(true));
        assert_eq!(app.get(path, Some(ada)).await.json(), changed);
        assert_eq!(app.me(ada).await.json()["preferences"], changed, "{}", app.test.engine);
        assert_eq!(app.get(path, Some(bob)).await.json(), default, "somebody else's are theirs");
        assert_eq!(patch(json!({"theme": "pink"})).await.problem().0, 400);
        assert_eq!(patch(json!({"colour": "pink"})).await.problem().0, 400);
        assert_eq!(patch(json!({"model": "m".repeat(201)})).await.problem().0, 422);
        assert_eq!(patch(json!({"theme": null})).await.json()["theme"], json!(null));
    }
}

#[tokio::test]
async fn who_is_online_is_for_administrators() {
    let app = apps().await.remove(0);
    let (admin, user) = (app.register("ada@example.org").await, app.register("bob@example.org").await);
    let online = app.get("/api/users/online/", Some(text(&admin["access"]))).await;
    assert_eq!(online.json(), json!({"items": [], "hidden": 0}));
    assert_eq!(app.get("/api/users/online/", Some(text(&user["access"]))).await.problem(), (403, "forbidden".into()));
    assert_eq!(app.get("/api/users/online/", None).await.status, StatusCode::UNAUTHORIZED);
}
