//! The source of a document made simple before it is parsed: the elements that layout knows, well nested, not deep.
//!
//! A browser's parser mends broken documents at a price: unclosed elements are opened again in every paragraph, and
//! each new one is held against all that are open, so half a megabyte of `<div>` costs minutes. What leaves here cannot
//! cost that: one pass over the source, elements that mean nothing in plain text taken off (their text stays), every
//! one that was opened closed, at most [`MAX_OPEN`] open at a time.

use std::collections::HashSet;

/// How many elements are open at a time; deeper ones are as if they were not there, their text stays.
const MAX_OPEN: usize = 100;

/// How many quotes and lists stand in one another.
const MAX_INDENT: usize = 10;

/// The most elements that are kept, so that none can be without end.
const MAX_ELEMENTS: usize = 60_000;

/// The broadest cell, in columns or rows.
const MAX_SPAN: usize = 50;

/// The longest name of an element that is told from others.
const MAX_NAME: usize = 20;

/// What becomes of an element.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Opened and closed.
    Block,
    /// A block that is indented: quotes and lists.
    Indent,
    Link,
    Table,
    /// Closes by itself what stood before it in its list or table: the parser knows how.
    Implied,
    /// A cell of a table, implied too.
    Cell,
    /// Without content.
    Void,
    /// Not shown, with all that is in it.
    Hidden,
    /// Not shown, and its content is no markup.
    HiddenText,
    /// Taken off; its content stays.
    Plain,
}

fn kind(name: &str) -> Kind {
    match name {
        "div" | "pre" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "center" | "section" | "article" | "header"
        | "footer" | "main" | "nav" | "aside" | "address" | "figure" | "form" | "fieldset" | "del" | "sup" => {
            Kind::Block
        }
        "blockquote" | "ul" | "ol" | "dl" => Kind::Indent,
        "a" => Kind::Link,
        "table" => Kind::Table,
        "p" | "li" | "dt" | "dd" | "tr" | "tbody" | "thead" | "tfoot" => Kind::Implied,
        "td" | "th" | "caption" => Kind::Cell,
        "br" | "hr" | "img" => Kind::Void,
        "script" | "style" | "title" | "noframes" | "iframe" => Kind::HiddenText,
        "template" | "object" | "svg" | "math" | "select" | "audio" | "video" | "canvas" => Kind::Hidden,
        _ => Kind::Plain,
    }
}

/// The name under which an element goes on: what is struck out is `del`, and a form is a block like others.
fn canonical(name: String) -> String {
    match name.as_str() {
        "s" | "strike" => "del".to_owned(),
        "section" | "article" | "header" | "footer" | "main" | "nav" | "aside" | "address" | "figure" | "form"
        | "fieldset" | "center" => "div".to_owned(),
        _ => name,
    }
}

/// Makes a document simple.
pub fn clean(source: &str) -> String {
    let mut cleaning = Cleaning { out: String::with_capacity(source.len()), ..Cleaning::default() };
    cleaning.read(source);
    cleaning.close_down_to(0);
    cleaning.out
}

/// An element that is open.
struct Open {
    name: String,
    kind: Kind,
    /// Of a table: whether one of its cells is open.
    in_cell: bool,
    /// Whether nobody sees it; it is written no more, nor is what stands in it.
    is_hidden: bool,
}

#[derive(Default)]
struct Cleaning {
    out: String,
    open: Vec<Open>,
    /// How many of `open` are not shown.
    hidden: usize,
    indent: usize,
    elements: usize,
    /// Elements that were not opened because too many are: their ends belong to nothing.
    skipped: usize,
    /// Closing tags that come no more in the source: to look for them again would cost the whole of it each time.
    never_closed: HashSet<String>,
}

impl Cleaning {
    fn read(&mut self, source: &str) {
        let mut rest = source;
        while let Some(at) = rest.find('<') {
            self.text(&rest[..at]);
            rest = &rest[at..];
            rest = match rest.as_bytes().get(1) {
                Some(b'!' | b'?') => after_declaration(rest),
                Some(b'/') if rest.as_bytes().get(2).is_some_and(u8::is_ascii_alphabetic) => {
                    let tag = Tag::read(&rest[2..]);
                    self.end(&canonical(tag.name));
                    tag.rest
                }
                Some(b) if b.is_ascii_alphabetic() => self.start(&rest[1..]),
                _ => {
                    self.text("<");
                    &rest[1..]
                }
            };
        }
        self.text(rest);
    }

    fn text(&mut self, text: &str) {
        if self.hidden > 0 || text.is_empty() {
            return;
        }
        if let Some(table) = self.open.last_mut().filter(|o| o.kind == Kind::Table && !o.in_cell) {
            // Text between cells: a cell of its own, or the parser would look for its place before the table.
            if text.trim().is_empty() {
                return;
            }
            table.in_cell = true;
            self.out.push_str("<td>");
        }
        match text {
            "<" => self.out.push_str("&lt;"),
            text => self.out.push_str(text),
        }
    }

    /// Reads a tag that opens, and gives what follows it.
    fn start<'s>(&mut self, source: &'s str) -> &'s str {
        let tag = Tag::read(source);
        let rest = tag.rest;
        let mut kind = kind(&tag.name);
        if kind == Kind::HiddenText {
            // Where it is never closed, all the rest is its text, as for a browser.
            return self.after_end_of(&tag.name, rest).unwrap_or_default();
        }
        let name = canonical(tag.name);
        if name == "del" {
            kind = Kind::Block;
        }
        if kind == Kind::Hidden {
            return self.after_end_of(&name, rest).unwrap_or(rest);
        }
        let is_hidden = tag.attributes.iter().any(|(name, value)| hides(name, value));
        if (is_hidden || self.hidden > 0) && kind == Kind::Plain && !is_void(&name) {
            // A span, a bold word: taken off elsewhere, but here it says what is hidden, and its end what is not.
            kind = Kind::Block;
        }
        let can_open = self.elements < MAX_ELEMENTS && self.open.len() < MAX_OPEN;
        match kind {
            Kind::Plain | Kind::Hidden | Kind::HiddenText => {}
            Kind::Void if is_hidden || self.hidden > 0 || self.elements >= MAX_ELEMENTS => {}
            Kind::Implied | Kind::Cell if self.hidden > 0 || self.elements >= MAX_ELEMENTS => {}
            Kind::Implied | Kind::Cell if is_hidden => {
                // Its end may be left out: what is hidden ends with the table or list around it at the latest.
                self.push(Open { name, kind, in_cell: false, is_hidden: true });
            }
            Kind::Void => self.write_tag(&name, &tag.attributes),
            Kind::Implied => {
                self.leave_cell(&name);
                self.write_tag(&name, &tag.attributes);
            }
            Kind::Cell => {
                // A cell outside a table is nothing.
                if let Some(table) = self.open.last_mut().filter(|o| o.kind == Kind::Table) {
                    table.in_cell = true;
                    self.write_tag(&name, &tag.attributes);
                }
            }
            Kind::Link | Kind::Block | Kind::Indent | Kind::Table => {
                if kind == Kind::Link && !is_hidden {
                    self.end("a");
                }
                if can_open && !(kind == Kind::Indent && self.indent >= MAX_INDENT) {
                    if self.hidden == 0 && !is_hidden {
                        self.text_place();
                        self.write_tag(&name, &tag.attributes);
                    }
                    let is_hidden = is_hidden || self.hidden > 0;
                    self.push(Open { name, kind, in_cell: false, is_hidden });
                } else if matches!(kind, Kind::Block | Kind::Indent | Kind::Table) && self::kind(&name) != Kind::Plain {
                    self.skipped += 1;
                }
            }
        }
        rest
    }

    /// Before an element within a table and outside its cells: a cell for it.
    fn text_place(&mut self) {
        if let Some(table) = self.open.last_mut().filter(|o| o.kind == Kind::Table && !o.in_cell) {
            table.in_cell = true;
            self.out.push_str("<td>");
        }
    }

    /// A new row or group of rows ends the cell that was open.
    fn leave_cell(&mut self, name: &str) {
        let is_row = matches!(name, "tr" | "tbody" | "thead" | "tfoot");
        if let Some(table) = self.open.last_mut().filter(|o| o.kind == Kind::Table) {
            if is_row {
                table.in_cell = false;
            } else {
                self.text_place();
            }
        }
    }

    fn push(&mut self, open: Open) {
        self.hidden += usize::from(open.is_hidden);
        self.indent += usize::from(open.kind == Kind::Indent);
        self.open.push(open);
    }

    /// Closes the innermost element of that name and all within it; nothing outside the table that is open.
    fn end(&mut self, name: &str) {
        let is_closed = |o: &Open| o.name == name || o.kind == Kind::Table;
        let found = self.open.iter().rposition(is_closed).filter(|&i| self.open[i].name == name);
        match kind(name) {
            _ if found.is_some_and(|i| self.open[i].is_hidden) => self.close_down_to(found.unwrap_or_default()),
            Kind::Implied | Kind::Cell if self.hidden == 0 => {
                let is_table = self.open.last().is_some_and(|o| o.kind == Kind::Table);
                // Within an element that is open in a cell, the cell's end would be one of something else.
                if is_table || matches!(name, "p" | "li" | "dt" | "dd") {
                    self.out.push_str(&format!("</{name}>"));
                }
                if let Some(table) =
                    self.open.last_mut().filter(|_| is_table && matches!(name, "td" | "th" | "caption" | "tr"))
                {
                    table.in_cell = false;
                }
            }
            Kind::Block | Kind::Indent | Kind::Link | Kind::Table => {
                if self.skipped > 0 && kind(name) != Kind::Link {
                    self.skipped -= 1;
                } else if let Some(i) = found {
                    self.close_down_to(i);
                }
            }
            _ => {}
        }
    }

    fn close_down_to(&mut self, depth: usize) {
        while self.open.len() > depth
            && let Some(open) = self.open.pop()
        {
            self.hidden -= usize::from(open.is_hidden);
            self.indent -= usize::from(open.kind == Kind::Indent);
            if !open.is_hidden {
                self.out.push_str(&format!("</{}>", open.name));
            }
        }
    }

    /// What follows the end of an element whose content is not read; `None` where it has no end.
    fn after_end_of<'s>(&mut self, name: &str, source: &'s str) -> Option<&'s str> {
        if self.never_closed.contains(name) {
            return None;
        }
        let end = find_ignore_case(source, &format!("</{name}"));
        let Some(end) = end else {
            self.never_closed.insert(name.to_owned());
            return None;
        };
        let rest = &source[end..];
        Some(rest.find('>').map_or("", |i| &rest[i + 1..]))
    }

    fn write_tag(&mut self, name: &str, attributes: &[(String, &str)]) {
        self.elements += 1;
        self.out.push('<');
        self.out.push_str(name);
        for (attribute, value) in attributes.iter().filter(|(attribute, value)| is_kept(attribute, value)) {
            self.out.push_str(&format!(" {attribute}=\"{}\"", value.replace('"', "&quot;")));
        }
        self.out.push('>');
    }
}

/// The attributes that layout reads, and of their numbers those that it can bear.
fn is_kept(attribute: &str, value: &str) -> bool {
    match attribute {
        "href" | "src" | "alt" => true,
        // No rowspan: html2text 0.17 panics on one that reaches below the table beside a colspan.
        "colspan" => value.trim().parse().is_ok_and(|n: usize| (1..=MAX_SPAN).contains(&n)),
        "start" => value.trim().parse().is_ok_and(|n: u32| n <= 1_000_000),
        _ => false,
    }
}

/// Whether an attribute keeps an element from being seen, as newsletters hide their preview text.
fn hides(attribute: &str, value: &str) -> bool {
    match attribute {
        "hidden" => true,
        "style" => {
            let style: String = value.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
            ["display:none", "visibility:hidden", "mso-hide:all"].iter().any(|rule| style.contains(rule))
        }
        _ => false,
    }
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "source"
            | "track"
            | "wbr"
    )
}

/// What follows a comment, a doctype or the like.
fn after_declaration(source: &str) -> &str {
    let (end, len) = match source.strip_prefix("<!--") {
        // An empty comment may be closed by its own dashes.
        Some(comment) if comment.starts_with('>') => (Some("<!--".len()), 1),
        Some(comment) => (comment.find("-->").map(|i| i + "<!--".len()), 3),
        None => (source.find('>'), 1),
    };
    end.map_or("", |end| &source[end + len..])
}

fn find_ignore_case(text: &str, ascii: &str) -> Option<usize> {
    text.as_bytes().windows(ascii.len()).position(|window| window.eq_ignore_ascii_case(ascii.as_bytes()))
}

/// A tag as it stands in the source.
struct Tag<'s> {
    name: String,
    attributes: Vec<(String, &'s str)>,
    /// What follows it.
    rest: &'s str,
}

impl<'s> Tag<'s> {
    /// Reads a tag from its name on. A tag that never ends is the rest of the source.
    fn read(source: &'s str) -> Self {
        let is_end = |c: char| c.is_ascii_whitespace() || c == '/' || c == '>';
        let end = source.find(is_end).unwrap_or(source.len());
        let name: String = source[..end].chars().take(MAX_NAME).collect::<String>().to_ascii_lowercase();
        let mut attributes = Vec::new();
        let mut rest = &source[end..];
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if rest.is_empty() || rest.starts_with('>') {
                break;
            }
            // A `=` at the beginning is part of the name (HTML, *before attribute name state*).
            let mut letters = rest.char_indices().skip(1);
            let end = letters.find(|&(_, c)| is_end(c) || c == '=').map_or(rest.len(), |(i, _)| i);
            let attribute = &rest[..end];
            rest = rest[end..].trim_ascii_start();
            let mut value = "";
            if let Some(after) = rest.strip_prefix('=') {
                (value, rest) = attribute_value(after.trim_ascii_start());
            }
            if matches!(attribute.len(), 1..=10) {
                attributes.push((attribute.to_ascii_lowercase(), value));
            }
        }
        Self { name, attributes, rest: rest.strip_prefix('>').unwrap_or(rest) }
    }
}

fn attribute_value(source: &str) -> (&str, &str) {
    match source.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inner = &source[1..];
            inner.split_once(quote).unwrap_or((inner, ""))
        }
        _ => source.split_at(source.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(source.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn elements_that_mean_nothing_in_text_are_taken_off() {
        assert_eq!(clean("<p CLASS=x>a <b>b</b> <font color='red'>c</p> 1 < 2"), "<p>a b c</p> 1 &lt; 2");
        assert_eq!(clean("<s>old</s> <STRIKE>x</strike>"), "<del>old</del> <del>x</del>");
    }

    #[test]
    fn everything_that_is_opened_is_closed() {
        assert_eq!(clean("<div><ul><li>a</div></ul>b"), "<div><ul><li>a</ul></div>b");
        assert_eq!(clean("<a href=x>a<a href=\"y\">b"), "<a href=\"x\">a</a><a href=\"y\">b</a>");
        assert_eq!(clean("</div></table>a"), "a");
        assert_eq!(clean("<div><table><tr><td>a</div>b</table>"), "<div><table><tr><td>ab</table></div>");
    }

    #[test]
    fn text_between_cells_gets_one() {
        assert_eq!(clean("<table> x<tr>y</table>"), "<table><td> x<tr><td>y</table>");
    }

    #[test]
    fn what_is_not_shown_goes_with_all_that_is_in_it() {
        assert_eq!(clean("a<script>if (1<2) '</p>'</SCRIPT >b<!-- c -->d<![if x]>e<!doctype x>f<style>g"), "abdef");
        assert_eq!(clean("a<span style='Display : None'>b<div>c</div></span>d<p hidden>e</p>f"), "adf");
        assert_eq!(clean("<span hidden>a<span>b</span>c</span>d"), "d");
        assert_eq!(clean("<svg>a</svg>b<select>c"), "bc");
    }

    #[test]
    fn depth_and_breadth_are_bounded() {
        let open = |html: &str, tag: &str| html.matches(tag).count();
        let deep = clean(&format!("{}x{}y", "<div>".repeat(5000), "</div>".repeat(5000)));
        assert_eq!((open(&deep, "<div>"), open(&deep, "</div>")), (MAX_OPEN, MAX_OPEN));
        assert!(deep.ends_with("</div>y"), "{deep}");
        assert_eq!(open(&clean(&"<blockquote>".repeat(5000)), "<blockquote>"), MAX_INDENT);
        assert!(open(&clean(&"<p>x".repeat(100_000)), "<p>") <= MAX_ELEMENTS);
    }

    #[test]
    fn numbers_that_layout_cannot_bear_are_left_out() {
        assert_eq!(
            clean("<table><td colspan=1000000000 rowspan=\"2\">x</table><ol start=9223372036854775807>"),
            "<table><td>x</table><ol></ol>"
        );
    }

    proptest! {
        #[test]
        fn no_source_makes_it_panic(parts in proptest::collection::vec(
            "(<(/|!|!--|\\?)?(div|a|table|td|p|ul|script|svg|span|é|x)?( (style='display:none'|hidden|href=\"|a=é))?(>|-->)?|[ -~é]{0,9})", 0..30)
        ) {
            clean(&parts.concat());
        }
    }
}
