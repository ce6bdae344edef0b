//! Tables that leave the server as a file.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a table is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SheetFormat {
    /// Comma-separated values (RFC 4180), UTF-8. Cells that a spreadsheet would take for a formula begin with a `'`.
    #[default]
    Csv,
    /// An array of objects.
    Json,
    /// A workbook of Office Open XML.
    Xlsx,
}

impl SheetFormat {
    /// Every format, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Json, Self::Xlsx];

    /// Its name on the wire, and the ending of its files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Xlsx => "xlsx",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}
