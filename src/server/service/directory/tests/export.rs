//! The list as a file.

use futures::TryStreamExt;
use serde_json::Value;

use super::crowd::crowd;
use super::*;
use crate::model::sheet::SheetFormat;

#[tokio::test]
async fn the_list_leaves_as_csv_json_and_a_workbook() {
    for place in places().await {
        fill(&place, &["=cmd|' /C calc'!A0", "Grace, \"the\" Hopper", "王小明"]).await;
        let file = async |format, query: Query| {
            let sheet = super::super::export(&place.server, &place.admin, &Origin::default(), query, format).await.unwrap();
            sheet.pieces.try_collect::<Vec<_>>().await.unwrap().concat()
        };
        let by_name = || Query { sort: Sort::Name, ..Query::default() };
        let csv = String::from_utf8(file(SheetFormat::Csv, by_name()).await).unwrap();
        let mut reader = ::csv::Reader::from_reader(csv.as_bytes());
        let names: Vec<String> = reader.records().map(|row| row.unwrap()[2].to_owned()).collect();
        assert_eq!(names.len(), 4, "{}", place.test.engine);
        assert!(names.contains(&"'=cmd|' /C calc'!A0".to_owned()) && names.contains(&"Grace, \"the\" Hopper".to_owned()), "{names:?}");
        let json: Vec<Value> = serde_json::from_slice(&file(SheetFormat::Json, by_name()).await).unwrap();
        assert!(json.iter().any(|row| row["name"] == "王小明" && row["state"] == "active"), "{json:?}");
        let xlsx = file(SheetFormat::Xlsx, Query { search: Some("小明".into()), ..Query::default() }).await;
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(xlsx)).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut zip.by_name("xl/worksheets/sheet1.xml").unwrap(), &mut text).unwrap();
        assert!(text.contains("王小明") && !text.contains("Grace"), "{text}");
    }
}

#[tokio::test]
async fn an_export_of_several_batches_is_whole() {
    for place in places().await {
        crowd(&place.test, 2_500).await;
        let sheet =
            super::super::export(&place.server, &place.admin, &Origin::default(), Query::default(), SheetFormat::Json).await.unwrap();
        let bytes = sheet.pieces.try_collect::<Vec<_>>().await.unwrap().concat();
        let rows: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
        let ids: BTreeSet<&str> = rows.iter().filter_map(|row| row["id"].as_str()).collect();
        assert_eq!((rows.len(), ids.len()), (2_501, 2_501), "{}", place.test.engine);
    }
}
