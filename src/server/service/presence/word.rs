//! What reaches somebody's open pages, on whichever node they are.

use uuid::Uuid;

use crate::model::presence::{Happened, ToPage};
use crate::model::user::User;
use crate::server::Server;
use crate::server::bus::Word;

/// Something happened to a conversation of the user's, absent: to several. Every open page hears of it, on every node.
pub fn news(server: &Server, user_id: Uuid, chat: Option<Uuid>, what: Happened) {
    server.presence.news(user_id, chat, what);
    server.bus.tell(Word::News { user: user_id, chat, what });
}

/// Tells every open page of the user, on every node.
pub fn tell(server: &Server, user_id: Uuid, said: ToPage) {
    server.presence.tell(user_id, &said);
    server.bus.tell(Word::Tell { user: user_id, said });
}

/// The user is now this one (name, picture, preferences): tells their pages and shows it to others.
pub fn update(server: &Server, user: &User) {
    server.presence.update(user);
    server.bus.tell(Word::Update { user: Box::new(user.clone()) });
}

/// Closes every page of the user.
pub fn dismiss(server: &Server, user_id: Uuid) {
    server.presence.dismiss(user_id);
    server.bus.tell(Word::Dismiss { user: user_id });
}
