//! From the Markdown of this project's pages to roff's man macros (man(7), groff_man(7)): headings, paragraphs, lists in lists,
//! tables as terms with their meaning, blocks of code, and bold, italic and code within a line. What begins a line with a
//! dot, and every character beyond ASCII, is written so that no formatter takes it for something else.

/// A manual page of Markdown.
pub fn page(name: &str, section: u8, about: &str, markdown: &str) -> String {
    let mut roff = Roff { out: head(name, section), ..Roff::default() };
    roff.out.push_str(&format!(".SH NAME\n{} \\- {}\n", inline(name), inline(about)));
    for line in markdown.lines() {
        roff.line(line);
    }
    roff.end();
    roff.out
}

/// The head of every page.
pub fn head(name: &str, section: u8) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let name = name.to_uppercase();
    // Ragged and unhyphenated: words to type must come out as they are typed.
    format!(".TH \"{name}\" \"{section}\" \"\" \"bagsy {version}\" \"bagsy\"\n.nh\n.ad l\n")
}

#[derive(Default)]
struct Roff {
    out: String,
    /// The indents of the lists that are open.
    lists: Vec<usize>,
    /// Text that goes on.
    text: String,
    is_code: bool,
    /// Rows of the table so far.
    rows: usize,
}

impl Roff {
    fn line(&mut self, line: &str) {
        if line.starts_with("```") {
            self.end();
            self.out.push_str(if self.is_code { ".RE\n.fi\n" } else { ".PP\n.nf\n.RS 4\n" });
            self.is_code = !self.is_code;
            return;
        }
        if self.is_code {
            self.out.push_str(&guarded(&plain(line)));
            return;
        }
        let indent = line.len() - line.trim_start().len();
        let trimmed = line.trim_start();
        if let Some(cells) = trimmed.strip_prefix('|') {
            return self.row(cells);
        }
        self.rows = 0;
        match trimmed {
            "" => self.flush(),
            heading if heading.starts_with('#') => self.heading(heading),
            item => match marker(item) {
                Some((mark, text)) => self.item(indent, mark, text),
                None => {
                    if self.text.is_empty() && self.lists.last().is_none_or(|list| indent <= *list) {
                        self.close_lists(0);
                        self.out.push_str(".PP\n");
                    }
                    self.text.push_str(trimmed);
                    self.text.push(' ');
                }
            },
        }
    }

    fn heading(&mut self, heading: &str) {
        self.end();
        let text = inline(heading.trim_start_matches('#').trim());
        match heading.bytes().take_while(|b| *b == b'#').count() {
            1 => {}
            2 => self.out.push_str(&format!(".SH {}\n", text.to_uppercase_outside_escapes())),
            _ => self.out.push_str(&format!(".SS {text}\n")),
        }
    }

    fn item(&mut self, indent: usize, mark: &str, text: &str) {
        self.flush();
        match self.lists.last() {
            Some(list) if indent > *list => {
                self.out.push_str(".RS 4\n");
                self.lists.push(indent);
            }
            Some(_) => self.close_lists(indent),
            None => self.lists.push(indent),
        }
        let mark = if mark == "-" { "\\(bu" } else { mark };
        self.out.push_str(&format!(".IP {mark} 4\n"));
        self.text = format!("{text} ");
    }

    /// `| a | b |`: a is the term. The first two rows are a table's head.
    fn row(&mut self, cells: &str) {
        if self.rows == 0 {
            self.end();
        }
        self.rows += 1;
        if self.rows <= 2 {
            return;
        }
        let cells = cells.trim().trim_end_matches('|').replace("\\|", "\u{1}");
        let cells: Vec<String> =
            cells.split('|').map(|cell| inline(cell.trim().replace('\u{1}', "|").as_str())).collect();
        self.out.push_str(&format!(".TP\n{}{}", guarded(&cells[0]), guarded(&cells[1..].join("; "))));
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        if !text.trim().is_empty() {
            self.out.push_str(&guarded(&inline(text.trim())));
        }
    }

    fn close_lists(&mut self, indent: usize) {
        while self.lists.len() > 1 && self.lists.last().is_some_and(|list| *list > indent) {
            self.lists.pop();
            self.out.push_str(".RE\n");
        }
    }

    fn end(&mut self) {
        self.flush();
        self.close_lists(0);
        self.lists.clear();
    }
}

/// `- text`, `1. text`.
fn marker(line: &str) -> Option<(&str, &str)> {
    if let Some(text) = line.strip_prefix("- ") {
        return Some(("-", text));
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let text = line[digits..].strip_prefix(". ").filter(|_| digits > 0)?;
    Some((&line[..=digits], text))
}

/// A line of output; one that would be a request is none.
fn guarded(text: &str) -> String {
    let guard = if text.starts_with(['.', '\'']) { "\\&" } else { "" };
    format!("{guard}{text}\n")
}

/// Characters as roff takes them.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\(rs"),
            '-' => out.push_str("\\-"),
            '\'' => out.push_str("\\(aq"),
            '`' => out.push_str("\\(ga"),
            '^' => out.push_str("\\(ha"),
            '~' => out.push_str("\\(ti"),
            '"' => out.push_str("\\(dq"),
            c if c.is_ascii() => out.push(c),
            c => out.push_str(&format!("\\[u{:04X}]", u32::from(c))),
        }
    }
    out
}

/// Text with its bold, italic, code and links.
pub fn inline(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['`', '*', '[']) {
        out.push_str(&plain(&rest[..at]));
        rest = &rest[at..];
        let marked = ["``", "`", "**", "*"].into_iter().find_map(|mark| {
            let (inside, after) = rest.strip_prefix(mark)?.split_once(mark)?;
            let is_marked = !inside.is_empty() && (mark.starts_with('`') || !inside.starts_with(' '));
            is_marked.then_some((mark, inside, after))
        });
        if let Some((mark, inside, after)) = marked {
            let font = if mark == "*" { "I" } else { "B" };
            let inside = if mark.starts_with('`') { plain(inside.trim()) } else { plain(&inside.replace('`', "")) };
            out.push_str(&format!("\\f{font}{inside}\\fR"));
            rest = after;
        } else if let Some((text, after)) = link(rest) {
            out.push_str(&plain(text));
            rest = after;
        } else {
            out.push_str(&plain(&rest[..1]));
            rest = &rest[1..];
        }
    }
    out.push_str(&plain(rest));
    out
}

/// `[text](target)`.
fn link(text: &str) -> Option<(&str, &str)> {
    let (inside, after) = text.strip_prefix('[')?.split_once("](")?;
    let (_, after) = after.split_once(')')?;
    (!inside.contains('[')).then_some((inside, after))
}

trait Upper {
    fn to_uppercase_outside_escapes(&self) -> String;
}

impl Upper for str {
    /// Headings are in capitals, what is typed and roff's own names are not.
    fn to_uppercase_outside_escapes(&self) -> String {
        if self.contains('\\') { self.to_owned() } else { self.to_uppercase() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_man_macros() {
        let markdown = "# Title\n\nSome *text* with `-x` and\n.dots “here”.\n\n## Part\n- one\n  goes on\n  - deeper\n- two\n\n1. first\n\n\
                        | a | b | c |\n| --- | --- | --- |\n| `k` | v | w \\| x |\n\n```toml\n.a = 'b'\n```\nend\n";
        let page = page("bagsy-x", 7, "an example", markdown);
        let body = page.split(".SH NAME\n").nth(1).unwrap();
        let expected = "bagsy\\-x \\- an example\n.PP\nSome \\fItext\\fR with \\fB\\-x\\fR and .dots \\[u201C]here\\[u201D].\n.SH PART\n\
                        .IP \\(bu 4\none goes on\n.RS 4\n.IP \\(bu 4\ndeeper\n.RE\n.IP \\(bu 4\ntwo\n.IP 1. 4\nfirst\n\
                        .TP\n\\fBk\\fR\nv; w | x\n.PP\n.nf\n.RS 4\n\\&.a = \\(aqb\\(aq\n.RE\n.fi\n.PP\nend\n";
        assert_eq!(body, expected);
    }

    #[test]
    fn stars_and_brackets_that_mark_nothing_stay() {
        assert_eq!(inline("a * b [c] `\\*`"), "a * b [c] \\fB\\(rs*\\fR");
        assert_eq!(inline("[docs](docs/x.md) are"), "docs are");
    }
}
