//! Charts as SVG. What is drawn has marks instead of colours, for which the style sheet has the colours of both themes
//! (`style/component/statistics.css`); the words and the figures are in the table beside each chart.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::asked::moment;
use crate::i18n::usage::{count, duration, money};
use crate::model::statistics::{Charts, Figures, Statistics};
use crate::server::error::{Error, Result};
use crate::server::service::usage::zone::Zone;

/// Of the drawing; the page scales it.
const SIZE: (u32, u32) = (440, 190);
/// Where numbers stand, left of the drawing.
const MARGIN: u32 = 52;
/// Size of letters.
const TEXT: i32 = 11;
/// Steps with a word below them.
const WORDS: usize = 6;

/// Marks for the style sheet: text, lines, and up to two series.
const INK: RGBColor = RGBColor(1, 1, 1);
const LINE: RGBColor = RGBColor(2, 2, 2);
const SERIES: [RGBColor; 2] = [RGBColor(3, 3, 3), RGBColor(4, 4, 4)];

/// What a chart is made of: values of each step, one series on top of the other, or lines.
struct Plot<'a> {
    words: &'a [String],
    series: Vec<Vec<f64>>,
    number: fn(f64) -> String,
}

/// The charts of the dashboard.
pub fn charts(of: &Statistics) -> Result<Charts> {
    let zone = Zone::named(Some(&of.time_zone));
    let hourly = of.points.iter().all(|point| (point.until - point.from).num_hours() <= 1);
    let word = |at: chrono::DateTime<chrono::Utc>| {
        let [month, day, hour, minute] = zone.clock(at.timestamp().div_euclid(3600));
        if hourly { format!("{hour:02}:{minute:02}") } else { format!("{month:02}-{day:02}") }
    };
    debug_assert!(of.points.first().is_none_or(|first| first.from == moment(first.from.timestamp() / 3600)));
    let words: Vec<String> = of.points.iter().map(|point| word(point.from)).collect();
    let clock: Vec<String> = (0..24).map(|hour| format!("{hour:02}")).collect();
    let series = |value: fn(&Figures) -> f64| of.points.iter().map(|point| value(&point.figures)).collect::<Vec<_>>();
    let bars = |number, series| stacked(&Plot { words: &words, series, number });
    let calls: [fn(&Figures) -> f64; 2] = [|of| (of.sum.calls - of.failed) as f64, |of| of.failed as f64];
    Ok(Charts {
        calls: bars(short, calls.map(series).into())?,
        tokens: bars(short, vec![series(|of| of.sum.input_tokens as f64), series(|of| of.sum.output_tokens as f64)])?,
        cost: bars(|micro| money(micro as u64), vec![series(|of| of.sum.cost.unwrap_or_default() as f64)])?,
        wait: lines(&Plot {
            words: &words,
            series: vec![
                series(|of| of.wait.map_or(f64::NAN, |wait| wait.p50_ms as f64)),
                series(|of| of.wait.map_or(f64::NAN, |wait| wait.p95_ms as f64)),
            ],
            number: |ms| duration(ms as u32),
        })?,
        hours: stacked(&Plot { words: &clock, series: calls.map(|value| of.hours.iter().map(value).collect()).into(), number: short })?,
    })
}

/// A number in few characters.
fn short(n: f64) -> String {
    let tenths = |unit: f64, word: &str| {
        let tenths = (n / unit * 10.0).round() as u64;
        if tenths.is_multiple_of(10) { format!("{}{word}", tenths / 10) } else { format!("{}.{}{word}", tenths / 10, tenths % 10) }
    };
    match n {
        n if n >= 1e9 => tenths(1e9, "G"),
        n if n >= 1e6 => tenths(1e6, "M"),
        n if n >= 1e4 => tenths(1e3, "k"),
        n => count(n.round() as u64),
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn<T> = std::result::Result<T, DrawingAreaErrorKind<std::io::Error>>;
type Axes<'r, 'a> = ChartContext<'r, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Draws into an SVG.
fn drawn(draw: impl FnOnce(&Area<'_>) -> Drawn<()>) -> Result<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        draw(&area).and_then(|()| area.present()).map_err(Error::internal)?;
    }
    // It is as large as its place, not as it was drawn.
    let (width, height) = SIZE;
    let fixed = format!("width=\"{width}\" height=\"{height}\" ");
    Ok(svg.replacen(&fixed, "", 1).replace('\n', ""))
}

/// Axes from zero to a little more than the most, in steps of whole numbers where there are few.
fn axes<'r, 'a>(area: &'r Area<'a>, plot: &Plot<'_>, most: f64) -> Drawn<Axes<'r, 'a>> {
    let steps = plot.words.len();
    let top = if most > 0.0 { most * 1.08 } else { 1.0 };
    let mut builder = ChartBuilder::on(area);
    let mut chart = builder
        .margin(6)
        .margin_right(12)
        .x_label_area_size(22)
        .y_label_area_size(MARGIN)
        .build_cartesian_2d(0.0..steps as f64, 0.0..top)?;
    let text = ("sans-serif", TEXT).into_font().color(&INK);
    let lines = if most > 0.0 && most < 4.0 { most.ceil() as usize + 1 } else { 5 };
    let word = |at: &f64| plot.words.get(at.round() as usize).cloned().unwrap_or_default();
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(LINE)
        .axis_style(LINE)
        .x_labels(WORDS)
        .y_labels(lines)
        .x_label_formatter(&word)
        .y_label_formatter(&|value| (plot.number)(*value))
        .label_style(text)
        .draw()?;
    Ok(chart)
}

fn stacked(plot: &Plot<'_>) -> Result<String> {
    let sums = (0..plot.words.len()).map(|step| plot.series.iter().map(|series| series[step]).sum::<f64>());
    let most = sums.fold(0.0, f64::max);
    drawn(|area| {
        let mut chart = axes(area, plot, most)?;
        let mut below = vec![0.0; plot.words.len()];
        for (series, colour) in plot.series.iter().zip(SERIES) {
            let bars: Vec<_> = series
                .iter()
                .zip(&mut below)
                .enumerate()
                .filter(|(_, (value, _))| **value > 0.0)
                .map(|(step, (value, below))| {
                    let (left, from) = (step as f64, *below);
                    *below += value;
                    Rectangle::new([(left + 0.12, from), (left + 0.88, *below)], colour.filled())
                })
                .collect();
            chart.draw_series(bars)?;
        }
        Ok(())
    })
}

fn lines(plot: &Plot<'_>) -> Result<String> {
    let most = plot.series.iter().flatten().copied().filter(|value| value.is_finite()).fold(0.0, f64::max);
    drawn(|area| {
        let mut chart = axes(area, plot, most)?;
        for (series, colour) in plot.series.iter().zip(SERIES) {
            let points = series.iter().enumerate().map(|(step, value)| (step as f64 + 0.5, *value));
            // A line ends where nothing was measured, and begins anew after it.
            for run in points.clone().collect::<Vec<_>>().split(|(_, value)| value.is_nan()).filter(|run| run.len() > 1) {
                chart.draw_series(LineSeries::new(run.to_vec(), colour.stroke_width(2)))?;
            }
            chart.draw_series(points.filter(|(_, value)| value.is_finite()).map(|point| Circle::new(point, 2, colour.filled())))?;
        }
        Ok(())
    })
}
