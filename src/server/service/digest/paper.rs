//! A report on paper.

use super::Sheet;
use crate::i18n::Locale;
use crate::server::error::{Error, Result};
use crate::server::pdf::{Bar, Paper};

/// The report as a PDF. `base` is where it comes from.
pub fn pdf(sheet: &Sheet, locale: Locale, base: &str) -> Result<Vec<u8>> {
    let words = locale.texts().digest_letter();
    let mut paper = Paper::new(&sheet.title, locale.tag());
    paper.title();
    sheet.lead.iter().for_each(|line| paper.note(line));
    paper.heading(words.totals);
    let totals: Vec<Vec<String>> =
        sheet.totals.iter().map(|total| vec![total.name.clone(), total.before.clone(), total.now.clone()]).collect();
    paper.table(&[], &totals);
    sheet.notes.iter().for_each(|note| paper.note(note));
    if !sheet.chart.said.is_empty() {
        paper.heading(&sheet.chart.name);
        let bars = sheet.chart.bars.iter().map(|bar| Bar { name: &bar.name, value: &bar.value, percent: bar.percent });
        paper.bars(&sheet.chart.said, &bars.collect::<Vec<_>>());
    }
    for table in &sheet.tables {
        paper.heading(&table.name);
        paper.table(&table.head, &table.rows);
        if !table.note.is_empty() {
            paper.note(&table.note);
        }
    }
    let host = base.split_once("://").map_or(base, |(_, host)| host);
    paper.finish(&(words.made)(host), words.page).map_err(Error::internal)
}
