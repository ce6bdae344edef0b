//! The OpenAPI document and Swagger UI.

use http::Method;

use super::*;

#[tokio::test]
async fn the_document_describes_every_operation_with_examples() {
    let app = apps().await.remove(0);
    let document = app.call(Method::GET, "/api/schema", None, None).await.json();
    assert_eq!(document, serde_json::to_value(super::super::openapi()).unwrap());
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    let (mut operations, mut names) = (0, std::collections::BTreeSet::new());
    for (path, methods) in document["paths"].as_object().unwrap() {
        assert!(path.starts_with("/api/") && path.ends_with('/'), "{path}");
        for (method, operation) in methods.as_object().unwrap() {
            operations += 1;
            assert!(names.insert(operation["operationId"].to_string()), "two operations are called {}", operation["operationId"]);
            assert!(operation["summary"].is_string() && operation["operationId"].is_string(), "{method} {path}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert!(response["description"].as_str().is_some_and(|d| !d.is_empty()), "{method} {path} {status}");
                let problem = &response["content"]["application/problem+json"];
                let failed = status.starts_with(['4', '5']);
                assert_eq!(failed, problem["example"]["status"].as_u64() == status.parse().ok(), "{method} {path} {status}");
            }
        }
    }
    assert!(operations >= 100, "{operations}");
    assert_eq!(bare(&document), [""; 0], "say what it looks like: `#[schema(example = …)]`");
}

/// Bodies of requests and of good answers that nobody can picture: with no example in them and no value that explains itself.
fn bare(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let answers = operation["responses"].as_object().unwrap().iter().filter(|(status, _)| status.starts_with('2'));
            let bodies = std::iter::once(&operation["requestBody"]).chain(answers.map(|(_, answer)| answer));
            let json = bodies.filter_map(|body| body["content"].get("application/json"));
            let without = json.filter(|body| body.get("example").is_none() && !pictured(document, &body["schema"], 0));
            found.extend(without.map(|_| format!("{method} {path}")));
        }
    }
    found
}

fn pictured(document: &Value, schema: &Value, depth: u8) -> bool {
    let target = schema["$ref"].as_str().and_then(|pointer| document.pointer(pointer.trim_start_matches('#')));
    let schema = target.unwrap_or(schema);
    let says = ["example", "examples", "enum", "const", "default"].iter().any(|name| schema.get(name).is_some());
    let plain = schema["type"] == "boolean" || matches!(schema["format"].as_str(), Some("uuid" | "date-time" | "date"));
    let parts = ["oneOf", "anyOf", "allOf"].iter().filter_map(|name| schema[name].as_array()).flatten();
    let parts = parts.chain(schema.get("items")).chain(schema["properties"].as_object().into_iter().flat_map(|all| all.values()));
    says || plain || depth > 6 || parts.into_iter().any(|part| pictured(document, part, depth + 1))
}

/// Every `$ref` leads somewhere.
#[test]
fn the_document_is_whole() {
    let document = serde_json::to_value(super::super::openapi()).unwrap();
    let text = document.to_string();
    let mut refs = 0;
    for part in text.split(r##""$ref":"#"##).skip(1) {
        let pointer = part.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
        refs += 1;
    }
    assert!(refs > 10, "{refs}");
}

#[tokio::test]
async fn swagger_ui_needs_nothing_from_elsewhere() {
    let app = apps().await.remove(0);
    let page = app.call(Method::GET, "/api/docs/", None, None).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("swagger-ui"));
    assert!(!page.text.contains("http://") && !page.text.contains("https://"), "{}", page.text);
    for file in ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-initializer.js"] {
        let answer = app.call(Method::GET, &format!("/api/docs/{file}"), None, None).await;
        assert_eq!(answer.status, StatusCode::OK, "{file}");
        assert!(!answer.text.is_empty());
    }
    let short = app.call(Method::GET, "/api/docs", None, None).await;
    assert_eq!(short.header(header::LOCATION), "/api/docs/", "the page names its files relative to itself");
}

/// Every change of the API is seen in a review: `INSTA_UPDATE=always cargo test` writes it anew.
#[test]
fn the_document_is_the_one_that_was_reviewed() {
    insta::assert_json_snapshot!("openapi", super::super::openapi());
}
