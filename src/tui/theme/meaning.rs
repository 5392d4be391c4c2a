//! What each style of a theme means, and by what else than its colour that can be told: the page about themes is made of it.

use super::{ALL, Paint};

/// A style's name in theme files, what it means, and what says the same without any colour.
struct Meaning(&'static str, &'static str, &'static str);

impl Paint {
    /// Its name in theme files.
    pub fn name(self) -> &'static str {
        self.meaning().0
    }

    fn meaning(self) -> Meaning {
        match self {
            Self::Text => Meaning("text", "text; its background is the whole screen's", "it is the text"),
            Self::Strong => Meaning("strong", "unread, subjects, senders", "bold"),
            Self::Dim => Meaning("dim", "what matters less", "its place and words"),
            Self::Faint => Meaning("faint", "what matters least", "its place and words"),
            Self::Rule => Meaning("rule", "lines between parts of the screen", "they are lines"),
            Self::Heading => Meaning("heading", "names of columns", "capitals in the first row"),
            Self::Selected => Meaning("selected", "the row under the cursor", "the bar at its left"),
            Self::Cursor => Meaning(
                "cursor",
                "the bar at the cursor, the field that is written in",
                "the bar; the terminal's cursor",
            ),
            Self::Tab => Meaning("tab", "the views", "their numbers"),
            Self::TabActive => Meaning("tab-active", "the view that is shown", "bold and underlined"),
            Self::Key => Meaning("key", "a key that can be pressed", "bold; it stands before its word"),
            Self::Hint => Meaning("hint", "what a key does", "it stands after its key"),
            Self::Disabled => {
                Meaning("disabled", "a key that would do nothing now", "its key is not bold; pressed, it says why")
            }
            Self::Me => Meaning("me", "what is yours", "the word “you”, bold"),
            Self::Unclaimed => Meaning("unclaimed", "what nobody has", "the dash; the word “unclaimed”"),
            Self::Contested => Meaning("contested", "two hold the same", "the ! between two names"),
            Self::Pending => {
                Meaning("pending", "asked for and not answered yet; drafts", "the … beside the name; the word “draft”")
            }
            Self::Tag => Meaning("tag", "tags", "their column; the # before them"),
            Self::Urgent => Meaning("urgent", "urgent", "the flag"),
            Self::Overdue => Meaning("overdue", "a customer waits too long", "!! before the time"),
            Self::Due => Meaning("due", "a customer waits almost too long", "! before the time"),
            Self::Good => Meaning("good", "all is well, done", "the filled circle, the tick, the words"),
            Self::Warn => Meaning("warn", "look at this", "its sign and words"),
            Self::Bad => Meaning("bad", "failed, or not possible", "the triangle, the empty circle, the words"),
            Self::Quote => Meaning("quote", "quoted text", "> or the dotted bar at its left"),
            Self::Outgoing => Meaning("outgoing", "what the team wrote", "the arrow, the sender's name"),
            Self::Link => Meaning("link", "links", "underlined, and the number behind"),
            Self::Border => Meaning("border", "frames of windows", "they are lines"),
            Self::Title => Meaning("title", "titles of windows, groups of keys", "bold; their place in the frame"),
        }
    }
}

/// The page about themes, as Markdown.
pub fn markdown() -> String {
    let mut out = String::from(HEAD);
    for paint in ALL {
        let Meaning(name, means, cue) = paint.meaning();
        out.push_str(&format!("| `{name}` | {means} | {cue} |\n"));
    }
    out
}

const HEAD: &str = "\
# Themes

`theme` under `[ui]` in the configuration names one: `dark`, `light`, `high-contrast` (all text at least 7:1 against what is behind
it), `high-contrast-light`, `monochrome` (no colour at all, weights only), or one of your own. `auto`, which is the default, asks
the terminal for its background and takes `dark` or `light`. `NO_COLOR` leaves the weights of any theme and takes its colours.
Where a terminal has 256 or 16 colours, the nearest is taken that can still be read on the background.

A theme of your own is a file in the folder `themes` beside the configuration, `~/.config/bagsy/themes/NAME.toml`. It says what is
different from another:

```toml
inherits = \"dark\"            # or \"light\", or another of your own

[palette]                    # names for colours: those of the inherited theme, or new ones
teal = \"#5fd7ff\"
coral = \"none\"               # the terminal's own

[styles]                     # a style that stands here is said whole
tag = { fg = \"teal\", italic = true }
selected = { reverse = true }
```

A style has `fg` and `bg`, each a name of the palette or \"#rrggbb\", and `bold`, `dim`, `italic`, `underline`, `reverse`. `people` is the
list of colours from which each teammate has one, by the handle. `appearance` is `dark` or `light`, the background that a theme is
made for. What a file cannot say is told with its line.

No meaning stands on a colour alone:

| style | means | can be told without colour by |
| --- | --- | --- |
";

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_about_themes_is_the_table() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/themes.md");
        let page = super::markdown();
        if std::env::var_os("BAGSY_WRITE_DOCS").is_some() {
            std::fs::write(file, &page).unwrap();
        }
        let written = std::fs::read_to_string(file).unwrap_or_default();
        assert!(written == page, "docs/themes.md is not the table: BAGSY_WRITE_DOCS=1 cargo test --lib page writes it");
    }
}
