//! `/api/users/…`: people, for administrators.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, Query, page_size, problems};
use crate::model::Page;
use crate::model::directory::{self as model, Act, Bulk, BulkResults, Dossier, Member, MemberChange, NewMember, Sort, State as Condition};
use crate::model::sheet::SheetFormat;
use crate::model::user::Role;
use crate::server::Server;
use crate::server::service::directory;
use crate::server::service::sheet::Sheet;
use crate::server::service::viewer::{Origin, Viewer};

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(export))
        .routes(routes!(bulk))
        .routes(routes!(find, update, delete))
        .routes(routes!(disable))
        .routes(routes!(enable))
        .routes(routes!(sign_out))
        .routes(routes!(verify_email))
        .routes(routes!(set_role))
        .routes(routes!(restore))
        .routes(routes!(approve))
        .routes(routes!(reset_factor))
}

problems!(ListProblems: Malformed, Unauthenticated, Forbidden, Invalid, Internal);
problems!(OneProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(ActProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, Internal);
problems!(CreateProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Invalid, Unavailable, Internal);
problems!(BulkProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Invalid, Internal);
problems!(UpdateProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal);

/// Which people are asked for, and in which order.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListParams {
    /// Words, each of which is part of the name or of the address.
    #[param(example = "ada", max_length = 100)]
    search: Option<String>,
    role: Option<Role>,
    state: Option<Condition>,
    /// Whether the address is verified.
    verified: Option<bool>,
    /// Whether they have a page open, and show it.
    online: Option<bool>,
    /// Whether they have an authenticator app or a passkey.
    second_factor: Option<bool>,
    /// `newest` if absent.
    #[param(inline)]
    sort: Option<Sort>,
    /// The `next` of the page before, in the same order.
    after: Option<String>,
    /// From 1 to 200; 50 if absent.
    #[serde(default, deserialize_with = "page_size")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// Of a file: how it is written.
    #[param(inline)]
    format: Option<SheetFormat>,
}

impl ListParams {
    fn query(&self) -> model::Query {
        let Self { role, state, verified, online, second_factor, sort, .. } = *self;
        model::Query { search: self.search.clone(), role, state, verified, online, second_factor, sort: sort.unwrap_or_default() }
    }
}

/// People
///
/// Everybody who fits, a page at a time.
#[utoipa::path(get, path = "/api/users/", tag = "users", operation_id = "users", params(ListParams), security(("bearer" = ["admin"])),
    responses((status = 200, description = "A page of the list.", body = Page<Member>), ListProblems))]
async fn list(State(server): State<Server>, viewer: Viewer, Query(params): Query<ListParams>) -> Result<Json<Page<Member>>, Problem> {
    let page = directory::list(&server, &viewer, params.query(), params.after.as_deref(), params.limit).await?;
    Ok(Json(page))
}

/// People as a file
///
/// Everybody who fits, streamed; `after` and `limit` are not looked at.
#[utoipa::path(get, path = "/api/users/export/", tag = "users", operation_id = "export_users", params(ListParams), security(("bearer" = ["admin"])),
    responses((status = 200, description = "The file.", content((String = "text/csv"), (Vec<Member> = "application/json"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), ListProblems))]
async fn export(State(server): State<Server>, viewer: Viewer, origin: Origin, Query(params): Query<ListParams>) -> Result<Sheet, Problem> {
    Ok(directory::export(&server, &viewer, &origin, params.query(), params.format.unwrap_or_default()).await?)
}

/// Make an account
///
/// Without a password its owner is sent a letter with a link to set one.
#[utoipa::path(post, path = "/api/users/", tag = "users", operation_id = "create_user", request_body = NewMember, security(("bearer" = ["admin"])),
    responses((status = 201, description = "Made.", body = Dossier), CreateProblems))]
async fn create(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Json(new): Json<NewMember>,
) -> Result<(StatusCode, Json<Dossier>), Problem> {
    Ok((StatusCode::CREATED, Json(directory::create(&server, &viewer, &origin, new).await?)))
}

/// The same for several people
///
/// What is refused for one is done to the others; `results` says of each what came of it.
#[utoipa::path(post, path = "/api/users/bulk/", tag = "users", operation_id = "bulk_users", request_body = Bulk, security(("bearer" = ["admin"])),
    responses((status = 200, description = "What came of it for each.", body = BulkResults), BulkProblems))]
async fn bulk(State(server): State<Server>, viewer: Viewer, origin: Origin, Json(bulk): Json<Bulk>) -> Result<Json<BulkResults>, Problem> {
    Ok(Json(directory::bulk(&server, &viewer, &origin, bulk).await?))
}

/// One account
#[utoipa::path(get, path = "/api/users/{id}/", tag = "users", operation_id = "user", security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The user")),
    responses((status = 200, description = "All that administrators may know of it.", body = Dossier), OneProblems))]
async fn find(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<Json<Dossier>, Problem> {
    Ok(Json(directory::find(&server, &viewer, id).await?))
}

/// Change an account
///
/// Absent fields stay as they are. Another address holds at once and is told to the old one.
#[utoipa::path(patch, path = "/api/users/{id}/", tag = "users", operation_id = "update_user", request_body = MemberChange,
    params(("id" = Uuid, Path, description = "The user")), security(("bearer" = ["admin"])),
    responses((status = 200, description = "The account as changed.", body = Dossier), UpdateProblems))]
async fn update(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(id): Path<Uuid>,
    Json(change): Json<MemberChange>,
) -> Result<Json<Dossier>, Problem> {
    Ok(Json(directory::update(&server, &viewer, &origin, id, change).await?))
}

/// Delete an account
///
/// Locks it and signs it out everywhere. After the days of grace everything of it is erased; `restore` calls that off.
#[utoipa::path(delete, path = "/api/users/{id}/", tag = "users", operation_id = "delete_user", security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The user")),
    responses((status = 202, description = "It will be erased.", body = Dossier), ActProblems))]
async fn delete(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(id): Path<Uuid>,
) -> Result<(StatusCode, Json<Dossier>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(directory::act(&server, &viewer, &origin, id, Act::Delete).await?)))
}

/// A route that does one thing to an account.
macro_rules! act {
    ($(#[$doc:meta])* $name:ident, $path:literal, $id:literal, $act:expr) => {
        $(#[$doc])*
        #[utoipa::path(post, path = $path, tag = "users", operation_id = $id, security(("bearer" = ["admin"])),
            params(("id" = Uuid, Path, description = "The user")),
            responses((status = 200, description = "The account as it is now.", body = Dossier), ActProblems))]
        async fn $name(
            State(server): State<Server>,
            viewer: Viewer,
            origin: Origin,
            Path(id): Path<Uuid>,
        ) -> Result<Json<Dossier>, Problem> {
            Ok(Json(directory::act(&server, &viewer, &origin, id, $act).await?))
        }
    };
}

act!(
    /// Lock an account
    ///
    /// Its sign-ins are refused until it is let in again.
    disable, "/api/users/{id}/disable/", "disable_user", Act::Disable
);
act!(
    /// Let an account in again
    enable, "/api/users/{id}/enable/", "enable_user", Act::Enable
);
act!(
    /// End every sign-in of an account
    ///
    /// Browsers and programs alike have to sign in again.
    sign_out, "/api/users/{id}/sign-out/", "sign_out_user", Act::SignOut
);
act!(
    /// Take an address for verified
    verify_email, "/api/users/{id}/verify-email/", "verify_email_of_user", Act::VerifyEmail
);
act!(
    /// Call a deletion off
    ///
    /// The account can be used again.
    restore, "/api/users/{id}/restore/", "restore_user", Act::Restore
);

act!(
    /// Let somebody in who waits for it
    approve, "/api/users/{id}/approve/", "approve_user", Act::Approve
);
act!(
    /// Remove the second factors of an account
    ///
    /// Authenticator app, recovery codes and passkeys, for somebody who has lost them.
    reset_factor, "/api/users/{id}/reset-2fa/", "reset_2fa_of_user", Act::ResetFactor
);

/// The role that somebody is to have.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRole {
    role: Role,
}

/// Set the role of an account
#[utoipa::path(put, path = "/api/users/{id}/role/", tag = "users", operation_id = "set_role_of_user", request_body = NewRole,
    params(("id" = Uuid, Path, description = "The user")), security(("bearer" = ["admin"])),
    responses((status = 200, description = "The account as it is now.", body = Dossier), UpdateProblems))]
async fn set_role(
    State(server): State<Server>,
    viewer: Viewer,
    origin: Origin,
    Path(id): Path<Uuid>,
    Json(NewRole { role }): Json<NewRole>,
) -> Result<Json<Dossier>, Problem> {
    let act = if role == Role::Admin { Act::MakeAdmin } else { Act::MakeUser };
    Ok(Json(directory::act(&server, &viewer, &origin, id, act).await?))
}
