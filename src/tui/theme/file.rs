//! Theme files: TOML, small, inheriting; the ones that come with the program and a person's own beside the configuration.
//!
//! A file says `inherits = "dark"` and then only what is different. Colours have names in a palette, and the names are looked
//! up after all that is inherited is laid together: a palette alone makes a theme. Faults are told by file and line like
//! those of the configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::{ALL, Paint};
use crate::config::section::{Key, Keys, Section, Source, nearest};
use crate::config::{ConfigError, Fault, Place};
use crate::tui::depth::Rgb;

/// The themes that come with the program.
pub const BUILT_IN: [(&str, &str); 5] = [
    ("dark", include_str!("../../../themes/dark.toml")),
    ("light", include_str!("../../../themes/light.toml")),
    ("high-contrast", include_str!("../../../themes/high-contrast.toml")),
    ("high-contrast-light", include_str!("../../../themes/high-contrast-light.toml")),
    ("monochrome", include_str!("../../../themes/monochrome.toml")),
];

const fn key(name: &'static str) -> Key {
    // What each is for stands in docs/themes.md.
    Key { name, value: "", default: "", says: "" }
}

const THEME: Keys = Keys {
    title: "a theme",
    known: &[key("inherits"), key("appearance"), key("people"), key("palette"), key("styles")],
    unbuilt: &[],
};
const STYLE: Keys = Keys {
    title: "a style",
    known: &[key("fg"), key("bg"), key("bold"), key("dim"), key("italic"), key("underline"), key("reverse")],
    unbuilt: &[],
};

/// A theme cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// There is none of this name.
    #[error("there is no theme called `{name}`; the nearest is `{nearest}`")]
    Unknown { name: String, nearest: String, known: Vec<String> },
    /// What its file says cannot be.
    #[error(transparent)]
    File(#[from] ConfigError),
}

impl ThemeError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { known, .. } => Some(format!(
                "there are auto, {}; your own lie in the folder themes beside the configuration",
                known.join(", ")
            )),
            Self::File(error) => error.hint(),
        }
    }
}

/// How one meaning looks, its colours known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    pub fg: Option<Rgb>,
    pub bg: Option<Rgb>,
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underline: bool,
    pub reverse: bool,
}

/// A whole theme before it meets a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Design {
    pub is_dark: bool,
    pub people: Vec<Rgb>,
    pub looks: [Look; Paint::COUNT],
}

/// A colour as written, and where.
#[derive(Debug, Clone)]
struct Named {
    name: String,
    key: &'static str,
    place: Place,
}

#[derive(Debug, Clone)]
struct Style {
    fg: Option<Named>,
    bg: Option<Named>,
    look: Look,
}

/// A file, or several laid over one another.
#[derive(Debug, Clone, Default)]
struct Draft {
    inherits: Option<Named>,
    is_dark: Option<bool>,
    people: Option<Vec<Named>>,
    palette: BTreeMap<String, Option<Rgb>>,
    styles: BTreeMap<Paint, Style>,
}

/// The theme of this name; those in `folder` come before the program's own.
///
/// # Errors
/// [`ThemeError`].
pub fn read(name: &str, folder: &Path) -> Result<Design, ThemeError> {
    let mut chain = Vec::new();
    let Some(mut draft) = open(name, folder, &mut chain)? else { return Err(unknown(name, folder)) };
    while let Some(parent) = draft.inherits.take() {
        match open(&parent.name, folder, &mut chain)? {
            Some(below) => draft = draft.over(below),
            None => {
                let error = unknown(&parent.name, folder);
                return Err(parent.place.refuse(error.to_string(), error.hint()).into());
            }
        }
    }
    let head = Place { file: chain.swap_remove(0), line: 1 };
    Ok(draft.resolve(&head)?)
}

/// The names of all themes there are, the program's first.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = BUILT_IN.iter().map(|(name, _)| (*name).to_owned()).collect();
    // A folder that is not there holds none.
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut own: Vec<String> = files
        .filter(|file| file.extension().is_some_and(|e| e == "toml"))
        .filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned()))
        .filter(|name| is_name(name) && !names.contains(name))
        .collect();
    own.sort();
    names.append(&mut own);
    names
}

fn unknown(name: &str, folder: &Path) -> ThemeError {
    let known = names(folder);
    let nearest = nearest(name, known.iter().map(String::as_str)).to_owned();
    ThemeError::Unknown { name: name.escape_debug().to_string(), nearest, known }
}

/// Letters, digits, `-` and `_`: a name is never a path.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// The file of this name that is not read already: so one's own `dark` can inherit the program's, and nothing goes in rings.
fn open(name: &str, folder: &Path, chain: &mut Vec<PathBuf>) -> Result<Option<Draft>, ConfigError> {
    let file = folder.join(format!("{name}.toml"));
    if is_name(name) && file.is_file() && !chain.contains(&file) {
        let text =
            std::fs::read_to_string(&file).map_err(|source| ConfigError::Unreadable { file: file.clone(), source })?;
        let draft = parse(&file, &text)?;
        chain.push(file);
        return Ok(Some(draft));
    }
    let own = PathBuf::from(format!("themes/{name}.toml"));
    match BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
        Some((_, text)) if !chain.contains(&own) => {
            let draft = parse(&own, text)?;
            chain.push(own);
            Ok(Some(draft))
        }
        _ => Ok(None),
    }
}

fn parse(file: &Path, text: &str) -> Result<Draft, ConfigError> {
    let source = Source { file, text };
    let table = DeTable::parse(text).map_err(|error| {
        let message = error.message().replace(char::is_control, " ");
        source.fault_at(error.span().map_or(0, |span| span.start), Fault::Syntax(message))
    })?;
    let root = Section::root(source, table.get_ref());
    root.allow(&THEME, &[&STYLE])?;
    let named = |section: &Section<'_>, key: &'static str| -> Result<Option<Named>, ConfigError> {
        Ok(section.text(key)?.map(|name| Named { name, key, place: section.place(key) }))
    };
    let mut draft = Draft {
        inherits: named(&root, "inherits")?,
        is_dark: root.choice("appearance", &[("dark", true), ("light", false)])?,
        ..Draft::default()
    };
    if root.has("people") {
        let people = root.texts("people")?.into_iter();
        draft.people = Some(people.map(|name| Named { name, key: "people", place: root.place("people") }).collect());
    }
    if let Some(palette) = root.section("palette")? {
        for name in palette.keys() {
            let colour = match palette.text(&name)?.unwrap_or_default().as_str() {
                "none" => None,
                hex => {
                    Some(parse_hex(hex).ok_or_else(|| palette.wrong(&name, "a colour like \"#63c5bd\", or \"none\""))?)
                }
            };
            draft.palette.insert(name, colour);
        }
    }
    let Some(styles) = root.section("styles")? else { return Ok(draft) };
    for name in styles.keys() {
        let Some(paint) = ALL.into_iter().find(|paint| paint.name() == name) else {
            let nearest = nearest(&name, ALL.iter().map(|paint| paint.name())).to_owned();
            let key = name.escape_debug().to_string();
            return Err(
                styles.fault(&name, Fault::UnknownKey { key, section: "[styles]".into(), nearest, belongs: None })
            );
        };
        let Some(style) = styles.section(&name)? else { continue };
        style.allow(&STYLE, &[])?;
        let on = |key| Ok::<_, ConfigError>(style.flag(key)?.unwrap_or(false));
        let look = Look {
            fg: None,
            bg: None,
            bold: on("bold")?,
            dim: on("dim")?,
            italic: on("italic")?,
            underline: on("underline")?,
            reverse: on("reverse")?,
        };
        draft.styles.insert(paint, Style { fg: named(&style, "fg")?, bg: named(&style, "bg")?, look });
    }
    Ok(draft)
}

impl Draft {
    /// This one's words where it has any, else those of the one below.
    fn over(self, below: Self) -> Self {
        let (mut palette, mut styles) = (below.palette, below.styles);
        palette.extend(self.palette);
        styles.extend(self.styles);
        Self {
            inherits: below.inherits,
            is_dark: self.is_dark.or(below.is_dark),
            people: self.people.or(below.people),
            palette,
            styles,
        }
    }

    fn resolve(&self, head: &Place) -> Result<Design, ConfigError> {
        let lacks = |what: String| {
            let hint = "inherits = \"dark\" or \"light\" says what the file does not".to_owned();
            head.refuse(format!("the theme does not say {what}"), Some(hint))
        };
        let is_dark = self.is_dark.ok_or_else(|| lacks("its `appearance`".into()))?;
        let mut people = Vec::new();
        for colour in self.people.iter().flatten() {
            people.extend(self.colour(colour)?);
        }
        let mut looks = [Look::default(); Paint::COUNT];
        for paint in ALL {
            let style = self.styles.get(&paint).ok_or_else(|| lacks(format!("how `{}` looks", paint.name())))?;
            let colour = |named: &Option<Named>| match named {
                Some(named) => self.colour(named),
                None => Ok(None),
            };
            looks[paint as usize] = Look { fg: colour(&style.fg)?, bg: colour(&style.bg)?, ..style.look };
        }
        Ok(Design { is_dark, people, looks })
    }

    fn colour(&self, named: &Named) -> Result<Option<Rgb>, ConfigError> {
        if let Some(colour) = self.palette.get(&named.name) {
            return Ok(*colour);
        }
        if let Some(rgb) = parse_hex(&named.name) {
            return Ok(Some(rgb));
        }
        let name = named.name.escape_debug();
        let says =
            format!("`{}` names the colour `{name}`, which is neither in the palette nor written #rrggbb", named.key);
        let known = self.palette.keys().map(String::as_str);
        let hint = (!self.palette.is_empty()).then(|| format!("did you mean `{}`?", nearest(&named.name, known)));
        Err(named.place.refuse(says, hint))
    }
}

fn parse_hex(text: &str) -> Option<Rgb> {
    let digits = text.strip_prefix('#').filter(|d| d.len() == 6 && d.is_ascii())?;
    let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    Some((part(0)?, part(2)?, part(4)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Themes of a person's own.
    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn built_in(name: &str) -> Design {
        read(name, Path::new("/nowhere")).unwrap()
    }

    #[test]
    fn all_themes_that_come_along_can_be_read() {
        for (name, _) in BUILT_IN {
            let design = built_in(name);
            assert_eq!(design.is_dark, !name.contains("light"), "{name}");
        }
    }

    #[test]
    fn a_palette_alone_makes_a_theme() {
        let own = folder(&[("mine.toml", "inherits = \"dark\"\n[palette]\nteal = \"#ff00ff\"\n")]);
        let design = read("mine", own.path()).unwrap();
        let dark = built_in("dark");
        assert_eq!(design.looks[Paint::Key as usize].fg, Some((255, 0, 255)));
        assert_eq!(design.looks[Paint::Tag as usize], dark.looks[Paint::Tag as usize]);
        assert_eq!(design.people, dark.people);
        assert!(names(own.path()).contains(&"mine".to_owned()));
    }

    #[test]
    fn ones_own_dark_stands_on_the_programs() {
        let own = folder(&[
            ("dark.toml", "inherits = \"dark\"\n[styles]\ntag = { bold = true }\n"),
            ("deep.toml", "inherits = \"dark\"\n[styles.link]\nfg = \"teal\"\n"),
        ]);
        let design = read("deep", own.path()).unwrap();
        assert_eq!(design.looks[Paint::Tag as usize], Look { bold: true, ..Look::default() });
        assert_eq!(design.looks[Paint::Link as usize].fg, built_in("dark").looks[Paint::Key as usize].fg);
    }

    #[test]
    fn what_a_theme_cannot_say_is_told_by_file_and_line() {
        for (text, line, says, hint) in [
            (
                "inherits = \"drak\"\n",
                1,
                "no theme called `drak`; the nearest is `dark`",
                "themes beside the configuration",
            ),
            ("inherits = \"own\"\n", 1, "no theme called `own`", "auto, dark"),
            (
                "inherits = \"dark\"\n[styles]\n\ntagg = {}\n",
                4,
                "unknown key `tagg` in [styles]; the nearest known key is `tag`",
                "`tag`",
            ),
            ("inherits = \"dark\"\n[styles]\ntag = { bald = true }\n", 3, "unknown key `bald`", "`bold`"),
            ("inherits = \"dark\"\n[styles]\nlink = { fg = \"teel\" }\n", 3, "the colour `teel`", "`teal`"),
            ("inherits = \"dark\"\npeople = [\"#12345\"]\n", 2, "the colour `#12345`", ""),
            ("inherits = \"dark\"\n[palette]\n\nteal = \"blue\"\n", 4, "`teal` in [palette] must be a colour like", ""),
            ("appearance = \"dark\"\n", 1, "does not say how `text` looks", "inherits = \"dark\""),
            ("appearance = \"dim\"\n", 1, "`appearance` in the file must be", ""),
            ("inherits = dark\n", 1, "this is not TOML", ""),
        ] {
            let own = folder(&[("own.toml", text)]);
            let error = read("own", own.path()).unwrap_err();
            let ThemeError::File(inner) = &error else { panic!("{error}") };
            assert_eq!(inner.line(), Some(line), "{error}");
            let said = format!("{error}");
            assert!(said.contains("own.toml") && said.contains(says), "{said}");
            assert!(error.hint().unwrap_or_default().contains(hint), "{:?}", error.hint());
        }
    }

    #[test]
    fn a_name_that_is_a_path_is_no_theme() {
        let own = folder(&[("x.toml", "inherits = \"dark\"\n")]);
        let inner = own.path().join("themes");
        std::fs::create_dir(&inner).unwrap();
        for name in ["../x", "", "drak"] {
            let error = read(name, &inner).unwrap_err();
            assert!(matches!(&error, ThemeError::Unknown { .. }), "{error}");
        }
    }
}
