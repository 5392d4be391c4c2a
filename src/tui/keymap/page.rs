//! The page about keys, made from the table: for `docs/keys.md` and, by way of it, for the manual.

use super::{Context, Group, Keymap, Profile};

/// All actions with their keys in each profile, as Markdown.
pub fn markdown() -> String {
    let mut out = String::from(HEAD);
    let maps = Profile::ALL.map(|profile| (profile, Keymap::of(profile)));
    for &context in Context::ALL {
        out.push_str(&format!("\n## {}: `[keys.{}]`\n\n", context.title(), context.name()));
        out.push_str("| action | default | mutt | gmail | does |\n| --- | --- | --- | --- | --- |\n");
        for group in Group::ALL {
            for bound in maps[0].1.bindings(context).filter(|b| b.group == group) {
                out.push_str(&format!("| `{}`", bound.name));
                for (_, map) in &maps {
                    let keys = map.bindings(context).find(|b| b.name == bound.name).map(|b| b.keys.as_slice());
                    let keys: Vec<String> = keys.unwrap_or_default().iter().map(|k| code(k)).collect();
                    out.push_str(&format!(" | {}", keys.join(" ")));
                }
                out.push_str(&format!(" | {} |\n", bound.says));
            }
        }
    }
    out
}

/// What is bound, place by place, as Markdown.
pub fn bound(map: &Keymap) -> String {
    let mut out = String::from(BOUND);
    for &context in Context::ALL {
        out.push_str(&format!("\n## {}: `[keys.{}]`\n\n| keys | |\n| --- | --- |\n", context.title(), context.name()));
        for group in Group::ALL {
            for bound in map.bindings(context).filter(|b| b.group == group) {
                let keys: Vec<String> = bound.keys.iter().map(|k| code(k)).collect();
                out.push_str(&format!("| {} | {} (*{}*) |\n", keys.join(" "), bound.says, bound.name));
            }
        }
    }
    out
}

fn code(keys: &str) -> String {
    if keys.contains('`') { format!("`` {keys} ``") } else { format!("`{}`", keys.replace('|', "\\|")) }
}

const BOUND: &str = "\
## Description

Every key of bagsy as it is bound in your configuration, in every place that has keys of its own. The names in slanted letters are those by which
a key is bound in a section [keys.…], see bagsy-config(5).
";

const HEAD: &str = "\
# Keys

Every key of bagsy, in every place that has keys of its own. This page is made from the program's own table; so are the
hints on the screen, the help under `?`, and the manual page bagsy-keys(7), which show what is really bound for you.

`keys = \"mutt\"` or `keys = \"gmail\"` under `[ui]` in the configuration chooses a profile. Your own keys stand in a section for
each place, by the names of the first column:

```toml
[ui]
keys = \"mutt\"

[keys.queue]
\"x\" = \"claim\"
\"g g\" = \"top\"           # one after the other
\"Ctrl-d\" = \"none\"      # no longer bound
```

A key is a character (`c`, `G`, `!`), one of Enter, Esc, Tab, Space, Backspace, Delete, Up, Down, Left, Right, Home, End, PageUp,
PageDown, F1 to F12, or one of these after `Ctrl-`, `Alt-` or `Shift-`; keys that are pressed one after the other are parted by a
blank. Your own key is taken from what had it before. A key that begins a longer one (`g` beside `g g`), an action or a key that
does not exist, and a letter bound where text is typed are told with their line when bagsy starts.
";

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_about_keys_is_the_table() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/keys.md");
        let page = super::markdown();
        if std::env::var_os("BAGSY_WRITE_DOCS").is_some() {
            std::fs::write(file, &page).unwrap();
        }
        let written = std::fs::read_to_string(file).unwrap_or_default();
        assert!(written == page, "docs/keys.md is not the table: BAGSY_WRITE_DOCS=1 cargo test --lib page writes it");
    }
}
