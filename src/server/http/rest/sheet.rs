//! Tables as files: their head, and the pieces as they are made.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

use crate::server::service::sheet::Sheet;

impl IntoResponse for Sheet {
    fn into_response(self) -> Response {
        let Self { format, name, pieces } = self;
        let disposition = format!("attachment; filename=\"{name}.{}\"", format.name());
        ([(CONTENT_TYPE, format.media_type().to_owned()), (CONTENT_DISPOSITION, disposition)], Body::from_stream(pieces)).into_response()
    }
}
