//! Tables as Markdown and CSV, charts as SVG.

use crate::Result;
use plotters::prelude::*;
use std::path::PathBuf;

/// A table; its name is that of its CSV file and of its place in the document.
pub struct Table {
    pub name: &'static str,
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// Lines over places on the x axis that have names; its name is that of its SVG file.
pub struct Chart {
    pub name: &'static str,
    pub title: &'static str,
    pub x: &'static str,
    pub labels: Vec<String>,
    pub series: Vec<(String, Vec<Option<f64>>)>,
    /// Whether places follow from one another.
    pub lines: bool,
}

/// Colours that the colour-blind can tell apart (Okabe and Ito).
const COLOURS: [RGBColor; 7] = [
    RGBColor(213, 94, 0),
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(90, 90, 90),
];

/// A number of percentage points, or any other, with two digits behind the point.
pub fn pp(x: f64) -> String {
    let text = format!("{x:.2}");
    if text == "-0.00" {
        "0.00".into()
    } else {
        text
    }
}

/// Where results go: the document and a folder of the same name beside it.
pub struct Report {
    document: PathBuf,
    folder: PathBuf,
    text: String,
}

impl Report {
    /// `template` is the document with a pair of marks for each table.
    pub fn new(output: PathBuf, template: &str) -> Result<Self> {
        let folder = output.join("universal-bank");
        std::fs::create_dir_all(&folder)?;
        Ok(Report { document: output.join("universal-bank.md"), folder, text: template.into() })
    }

    /// The table as a CSV file alone.
    pub fn csv(&self, table: &Table) -> Result<()> {
        let lines = std::iter::once(&table.header).chain(&table.rows);
        let csv: String = lines.map(|row| row.join(",") + "\n").collect();
        Ok(std::fs::write(self.folder.join(table.name).with_extension("csv"), csv)?)
    }

    /// The table as a CSV file and in the document.
    pub fn table(&mut self, table: &Table) -> Result<()> {
        self.csv(table)?;
        let lines = std::iter::once(&table.header).chain(&table.rows);
        let mut lines = lines.map(|row| format!("| {} |\n", row.join(" | ")));
        let columns = std::iter::once("---").chain(table.header.iter().skip(1).map(|_| "---:")).collect::<Vec<_>>();
        let head = lines.next().unwrap_or_default() + &format!("|{}|\n", columns.join("|"));
        self.replace(table.name, &(head + &lines.collect::<String>()))
    }

    /// Puts text between the marks of this name.
    pub fn replace(&mut self, name: &str, new: &str) -> Result<()> {
        let (begin, end) = (format!("<!-- {name} -->\n"), "<!-- end -->");
        let missing = || format!("the document has no place {begin:?}");
        let from = self.text.find(&begin).ok_or_else(missing)? + begin.len();
        let to = from + self.text[from..].find(end).ok_or_else(missing)?;
        self.text.replace_range(from..to, new);
        Ok(())
    }

    pub fn chart(&self, chart: &Chart) -> Result<()> {
        let path = self.folder.join(chart.name).with_extension("svg");
        let root = SVGBackend::new(&path, (900, 420)).into_drawing_area();
        root.fill(&WHITE)?;
        let (plot, legend) = root.split_horizontally(660);
        let values = || chart.series.iter().flat_map(|(_, values)| values.iter().flatten());
        let (low, high) = values().fold((0.0f64, 0.0f64), |(low, high), &y| (low.min(y), high.max(y)));
        let margin = (high - low) * 0.06 + 0.005;
        let (left, right) = (-0.4, chart.labels.len() as f64 - 0.6);
        let mut axes = ChartBuilder::on(&plot)
            .caption(chart.title, ("sans-serif", 16))
            .margin(12)
            .x_label_area_size(42)
            .y_label_area_size(56)
            .build_cartesian_2d(left..right, low - margin..high + margin)?;
        let label = |x: &f64| match (x.round(), chart.labels.get(x.round() as usize)) {
            (place, Some(label)) if (place - x).abs() < 1e-6 && place >= 0.0 => label.clone(),
            _ => String::new(),
        };
        axes.configure_mesh()
            .disable_x_mesh()
            .x_labels(2 * chart.labels.len())
            .x_label_formatter(&label)
            .y_label_formatter(&|y| format!("{y:.2}"))
            .light_line_style(TRANSPARENT)
            .x_desc(chart.x)
            .y_desc("gap, pp of the original size")
            .draw()?;
        axes.draw_series(LineSeries::new([(left, 0.0), (right, 0.0)], BLACK))?;
        for (i, (name, values)) in chart.series.iter().enumerate() {
            let colour = COLOURS[i % COLOURS.len()];
            let points = values.iter().enumerate().filter_map(|(x, y)| y.map(|y| (x as f64, y)));
            let points: Vec<(f64, f64)> = points.collect();
            if chart.lines {
                axes.draw_series(LineSeries::new(points.clone(), colour.stroke_width(2)))?;
            }
            axes.draw_series(points.iter().map(|&at| Circle::new(at, 3, colour.filled())))?;
            let y = 60 + 22 * i as i32;
            legend.draw(&Rectangle::new([(0, y), (14, y + 4)], colour.filled()))?;
            legend.draw(&Text::new(name.as_str(), (20, y - 5), ("sans-serif", 13)))?;
        }
        root.present()?;
        drop((axes, plot, legend, root));
        // The backend ends a file without a line break.
        let text = std::fs::read_to_string(&path)?;
        std::fs::write(&path, text.trim_end().to_owned() + "\n")?;
        Ok(())
    }

    pub fn save(self) -> Result<PathBuf> {
        std::fs::write(&self.document, self.text)?;
        Ok(self.document)
    }
}
