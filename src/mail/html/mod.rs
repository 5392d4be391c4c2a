//! HTML as text: tables, lists, quotes and links survive, nothing remote is fetched, nothing hostile takes long.
//!
//! html2text lays out; before it does, the document is made harmless: what nobody would see is taken out, depth, breadth
//! and size are bounded, and tables that only arrange the page become paragraphs.

mod clean;
mod prune;

use std::cell::RefCell;
use std::rc::Rc;

use html2text::config;
use html2text::render::TextDecorator;

use super::{links, safe};

/// What is read of a document at most, in bytes; the rest is left out and said so.
pub const MAX_HTML: usize = 256 * 1024;

/// The most text that comes out, in bytes.
const MAX_TEXT: usize = 1024 * 1024;

/// Lays a document out in `width` columns, safe for a terminal.
///
/// A link is followed by its number in brackets; below the text stands what each number opens. The second value has
/// the targets in that order, each once.
pub fn to_text(html: &str, width: usize) -> (String, Vec<String>) {
    let links = Rc::new(RefCell::new(Links::default()));
    let source = beginning(html, MAX_HTML);
    let text = lay_out(source, width.clamp(20, 400), Rc::clone(&links));
    // What cannot be laid out is shown without layout rather than not at all.
    let text = text.unwrap_or_else(|_| mail_parser::decoders::html::html_to_text(source));
    let mut text = tidy_lines(&safe::text(beginning(&text, MAX_TEXT)));
    if source.len() < html.len() {
        text.push_str("\n\n[The rest of this message is too long to be shown.]");
    }
    let targets = std::mem::take(&mut links.borrow_mut().targets);
    for (i, target) in targets.iter().enumerate() {
        text.push_str(if i == 0 { "\n\n" } else { "\n" });
        text.push_str(&format!("[{}] {target}", i + 1));
    }
    (text, targets)
}

fn beginning(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    &text[..end]
}

fn lay_out(html: &str, width: usize, links: Rc<RefCell<Links>>) -> Result<String, html2text::Error> {
    let config = config::with_decorator(Decorator { links })
        .allow_width_overflow()
        .unicode_strikeout(false)
        .max_wrap_width(width)
        .no_link_wrapping();
    let pattern = config.parse_html(&b"<div></div>"[..])?;
    let dom = config.parse_html(clean::clean(html).as_bytes())?;
    prune::prune(&dom.document, &pattern.document);
    let tree = config.dom_to_render_tree(&dom)?;
    config.render_to_string(tree, width)
}

/// Blanks at the ends of lines go, hard blanks become blanks, and no more than one empty line stands in a row.
fn tidy_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let line = line.replace('\u{A0}', " ");
        let line = line.trim_end();
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.trim_matches('\n').to_owned()
}

/// The links that layout came by.
#[derive(Debug, Default)]
struct Links {
    targets: Vec<String>,
    /// The numbers of the links that are open; `None` for one that leads nowhere.
    open: Vec<Option<usize>>,
}

impl Links {
    fn number(&mut self, href: &str) -> Option<usize> {
        let target = links::target(href)?;
        if let Some(i) = self.targets.iter().position(|t| *t == target) {
            return Some(i + 1);
        }
        if self.targets.len() >= links::MAX_LINKS {
            return None;
        }
        self.targets.push(target);
        Some(self.targets.len())
    }
}

/// What layout writes around text. Blocks within blocks share the links.
struct Decorator {
    links: Rc<RefCell<Links>>,
}

impl TextDecorator for Decorator {
    type Annotation = ();

    fn decorate_link_start(&mut self, url: &str) -> (String, ()) {
        let mut links = self.links.borrow_mut();
        let number = links.number(url);
        links.open.push(number);
        (String::new(), ())
    }

    fn decorate_link_end(&mut self) -> String {
        let number = self.links.borrow_mut().open.pop().flatten();
        number.map(|n| format!("[{n}]")).unwrap_or_default()
    }

    fn decorate_em_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_em_end(&self) -> String {
        String::new()
    }

    fn decorate_strong_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_strong_end(&self) -> String {
        String::new()
    }

    fn decorate_strikeout_start(&self) -> (String, ()) {
        ("~~".to_owned(), ())
    }

    fn decorate_strikeout_end(&self) -> String {
        "~~".to_owned()
    }

    fn decorate_code_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_code_end(&self) -> String {
        String::new()
    }

    fn decorate_preformat_first(&self) {}

    fn decorate_preformat_cont(&self) {}

    fn decorate_image(&mut self, _src: &str, title: &str) -> (String, ()) {
        (format!("[{title}]"), ())
    }

    fn header_prefix(&self, _level: usize) -> String {
        String::new()
    }

    fn quote_prefix(&self) -> String {
        "> ".to_owned()
    }

    fn unordered_item_prefix(&self) -> String {
        "* ".to_owned()
    }

    fn ordered_item_prefix(&self, i: i64) -> String {
        format!("{i}. ")
    }

    fn make_subblock_decorator(&self) -> Self {
        Self { links: Rc::clone(&self.links) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    #[test]
    fn links_are_numbered_and_listed_below() {
        let (text, targets) = to_text(
            "<p>See <a href='https://x.test/1'>one</a>, <a href='https://x.test/2'>two</a>, \
             <a href='https://x.test/1'>one again</a>, <a href='javascript:x'>none</a>.</p>",
            78,
        );
        assert_eq!(text, "See one[1], two[2], one again[1], none.\n\n[1] https://x.test/1\n[2] https://x.test/2");
        assert_eq!(targets, ["https://x.test/1", "https://x.test/2"]);
    }

    #[test]
    fn tables_lists_and_quotes_survive() {
        let (text, _) = to_text(
            "<table><tr><th>Item<th>Price<tr><td>Seat<td>40</table><ul><li>a<li>b<ol><li>c</ol></ul>\
             <blockquote>said<blockquote>before</blockquote></blockquote>",
            40,
        );
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.iter().any(|l| l.contains("Item") && l.contains("Price")), "{text}");
        assert!(lines.iter().any(|l| l.contains("Seat") && l.contains("40")), "{text}");
        for line in ["* a", "* b", "  1. c", "> said", "> > before"] {
            assert!(lines.contains(&line), "{line:?} in\n{text}");
        }
    }

    #[test]
    fn tables_that_arrange_the_page_are_not_drawn() {
        let (text, _) = to_text(
            "<table><tr><td><table><tr><td><p>Dear Ada,</p><p>thanks.</p></td></tr></table></td></tr></table>",
            78,
        );
        assert_eq!(text, "Dear Ada,\n\nthanks.");
    }

    #[test]
    fn what_nobody_sees_is_left_out() {
        let (text, links) = to_text(
            "<head><title>T</title><style>p{}</style></head><div style='DISPLAY: none'>preview</div><!-- c -->\
             <script>alert(1)</script><p>seen<img src='https://track.test/1.gif'></p>",
            78,
        );
        assert_eq!((text.as_str(), links.len()), ("seen", 0));
    }

    #[test]
    fn entities_cannot_smuggle_what_steers_a_terminal() {
        let (text, _) = to_text("a&#27;[31m&#x202e;b&#x9b;c&#0;<img src=x alt='&#27;]0;x&#7;'>", 78);
        assert!(!text.chars().any(safe::is_forbidden), "{text:?}");
    }

    #[test]
    fn hostile_documents_come_to_an_end() {
        let hostile = [
            "<div>".repeat(100_000),
            "<b>".repeat(170_000),
            "<a href=https://x.test>x".repeat(20_000),
            "<table><tr><td>".repeat(30_000),
            "<table><tr><td>x<td>y".repeat(20_000),
            "<blockquote>x".repeat(30_000),
            "<ul><li>x".repeat(50_000),
            "<font><p>".repeat(50_000),
            "<table>x<br>".repeat(40_000),
            "<svg>".repeat(100_000),
            "<p style='display:none'>".repeat(20_000),
            format!("<table><tr>{}", "<td>x".repeat(100_000)),
            format!("<table>{}", "<tr><td>x<td>y".repeat(30_000)),
            "<table><tr><td colspan=1000000000>x<td rowspan=999999999>y<tr><td>z</table>".to_owned(),
            format!("<ol start={}><li>x<li>y</ol>", i64::MAX),
            format!("<pre>{}</pre>", "x".repeat(500_000)),
            "x".repeat(2_000_000),
            "&".repeat(500_000),
            "<".repeat(500_000),
        ];
        for html in hostile {
            let begun = Instant::now();
            to_text(&html, 78);
            let taken = begun.elapsed();
            assert!(taken < Duration::from_secs(20), "{} took {taken:?}", &html[..30]);
        }
    }

    #[test]
    fn a_cell_that_reaches_below_its_table_is_laid_out() {
        let (text, _) = to_text("<table><tr><td colspan=3>a<td rowspan=2>b</table>", 40);
        assert!(text.contains('a') && text.contains('b'), "{text}");
    }

    proptest! {
        #[test]
        fn no_document_makes_it_panic(
            parts in proptest::collection::vec(
                "(<(/)?(table|tr|td|th|td colspan=3|td rowspan=2|ul|ol|li|blockquote|p|div|a href='http://x.test'|b|pre|br|img src=x alt=y|h1|dl|dt|dd|sup|s|hr|span|caption|tbody)>|[a-z é見\u{301}👩\t\n]{0,30})",
                0..40),
            width in 0usize..120,
        ) {
            let (text, _) = to_text(&parts.concat(), width);
            prop_assert!(!text.chars().any(safe::is_forbidden));
        }
    }
}
