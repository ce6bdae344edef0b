//! Text columns that hold a model enum, written as serde writes it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Encode, Type};

/// A unit enum in a TEXT column, by its serde name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<T>(pub T);

impl<DB: Database, T> Type<DB> for Text<T>
where
    String: Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        <String as Type<DB>>::type_info()
    }

    fn compatible(ty: &DB::TypeInfo) -> bool {
        <String as Type<DB>>::compatible(ty)
    }
}

impl<'q, DB: Database, T: Serialize> Encode<'q, DB> for Text<T>
where
    String: Encode<'q, DB>,
{
    fn encode_by_ref(&self, buf: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let serde_json::Value::String(text) = serde_json::to_value(&self.0)? else { return Err("not a unit enum".into()) };
        text.encode(buf)
    }
}

impl<'r, DB: Database, T: DeserializeOwned> Decode<'r, DB> for Text<T>
where
    String: Decode<'r, DB>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
        let text = <String as Decode<'r, DB>>::decode(value)?;
        Ok(Self(serde_json::from_value(serde_json::Value::String(text))?))
    }
}
