//! `bagsy doctor`: checks everything from the configuration to the last folder, a line each; and creates the folders that are
//! missing, where that is wanted.

use std::io::{self, IsTerminal};
use std::sync::Arc;

use serde_json::json;

use super::args::Global;
use super::ask::{self, Person};
use super::context::{Context, Outcome, secrets};
use super::output::Output;
use crate::config::{Paths, Secrets};
use crate::engine::Login;
use crate::engine::doctor::{self, Check, Missing, Verdict};
use crate::mail::safe;
use crate::model::{ErrorKind, Refusal};

/// Its own beginning, unlike other verbs: that the configuration cannot be read is a finding as well.
/// `asked`: secrets that a person has typed just now.
pub async fn run(global: &Global, create_folders: bool, asked: Option<Arc<Secrets>>) -> Outcome {
    if global.offline {
        let text = "`doctor` asks the servers; --offline only reads what is cached";
        return Err(Refusal::new(ErrorKind::Usage, text));
    }
    let out = Output::new(global.json);
    let marks = Marks::of_locale(|name| std::env::var(name).ok());
    let (mut failures, mut first) = (0, None);
    let mut tell = |check: Check| {
        print(&out, &marks, &check);
        if let Verdict::Failed(kind) = check.verdict {
            failures += 1;
            first.get_or_insert((kind, check));
        }
    };
    let (missing, lacks) = all(global, asked, &mut tell).await;
    let wanted = choose(global, missing, create_folders).await?;
    for (login, missing) in wanted {
        tell(doctor::create(&login, &missing).await);
    }
    match first {
        None => {
            out.aside(&ending(&lacks));
            Ok(())
        }
        Some((kind, check)) => {
            let how_many = if failures == 1 { "one check".to_owned() } else { format!("{failures} checks") };
            let text = format!("{how_many} failed; the first is “{}”: {}", check.check, check.found);
            Err(Refusal { hint: Some(check.follows).filter(|f| !f.is_empty()), ..Refusal::new(kind, text) })
        }
    }
}

/// A folder that is missing, and the login that may create it.
type Lack = (Arc<Login>, Missing);

/// The last word where nothing failed: what work needs and is not there, if anything.
fn ending(lacks: &[String]) -> String {
    if lacks.is_empty() {
        return "All that work needs is there.".to_owned();
    }
    let lines: Vec<String> = lacks.iter().map(|lack| format!("  {}", safe::line(lack))).collect();
    format!("Nothing failed, but not all that work needs is there:\n{}", lines.join("\n"))
}

/// All checks; gives the folders that could be created, and what cannot be done where.
async fn all(global: &Global, asked: Option<Arc<Secrets>>, tell: &mut dyn FnMut(Check)) -> (Vec<Lack>, Vec<String>) {
    let paths = match Paths::find(global.config.as_deref()) {
        Ok(paths) => paths,
        Err(error) => {
            tell(Check::refused("configuration", error.into()));
            return (Vec::new(), Vec::new());
        }
    };
    let read = super::look::config(paths.config_file());
    tell(doctor::configuration(paths.config_file(), &read));
    let Ok(config) = read else { return (Vec::new(), Vec::new()) };
    let cx = match asked
        .map_or_else(|| secrets(&paths, true), Ok)
        .and_then(|secrets| Context::new(global, config, &paths, secrets))
    {
        Ok(cx) => cx,
        Err(refusal) => {
            tell(Check::refused("cache", refusal));
            return (Vec::new(), Vec::new());
        }
    };
    let (mut lacks, mut cannot) = (Vec::<Lack>::new(), Vec::new());
    let mut visits = Vec::new();
    for login in cx.meant_logins() {
        let visit = doctor::examine(login, cx.wanted.as_deref(), tell).await;
        lacks.extend(visit.missing_folders.iter().map(|missing| (Arc::clone(login), missing.clone())));
        cannot.extend(visit.lacks.iter().cloned());
        visits.push(visit);
    }
    doctor::conclusions(&visits).into_iter().for_each(tell);
    (lacks, cannot)
}

/// Which of them are to be created: all with the flag, those that its person wants on a terminal, else none.
async fn choose(global: &Global, lacks: Vec<Lack>, all: bool) -> Outcome<Vec<Lack>> {
    let can_ask = !global.json && io::stdin().is_terminal() && io::stdout().is_terminal();
    if all || lacks.is_empty() || !can_ask {
        return Ok(if all { lacks } else { Vec::new() });
    }
    let person = Person::at_terminal("doctor", "use --create-folders")?;
    let asking = async {
        let mut wanted = Vec::new();
        for lack in lacks {
            let question = format!("Create “{}” in {}, for all who share it?", lack.1.title(), lack.1.mailbox.key());
            if person.yes(&question, false).await? {
                wanted.push(lack);
            }
        }
        Ok(wanted)
    };
    ask::unless_left(asking).await
}

fn print(out: &Output, marks: &Marks, check: &Check) {
    out.line(
        || json!({ "check": check.check, "ok": check.is_ok(), "found": check.found, "follows": check.follows }),
        || {
            let mark = marks.of(check.verdict);
            let mark = if matches!(check.verdict, Verdict::Failed(_)) { out.bold(mark) } else { mark.to_owned() };
            let follows =
                if check.follows.is_empty() { String::new() } else { format!(" {} {}", marks.so, check.follows) };
            // Servers name folders and refuse in words of their own.
            let text = safe::line(&format!("{}: {}{follows}", check.check, check.found));
            out.broken(&format!("{mark} {text}"), 2)
        },
    );
}

/// The signs before a line.
struct Marks {
    good: &'static str,
    failed: &'static str,
    skipped: &'static str,
    so: &'static str,
}

impl Marks {
    /// What this locale can show, told by the first of its variables that is set.
    fn of_locale(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
        let is_utf8 = set.is_some_and(|value| value.to_ascii_lowercase().replace('-', "").contains("utf8"));
        if is_utf8 {
            Self { good: "✓", failed: "✗", skipped: "–", so: "→" }
        } else {
            Self { good: "ok", failed: "FAILED", skipped: "-", so: "->" }
        }
    }

    fn of(&self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Good => self.good,
            Verdict::Note => "!",
            Verdict::Failed(_) => self.failed,
            Verdict::Skipped => self.skipped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Marks, Verdict};

    #[test]
    fn a_locale_without_utf8_is_shown_ascii() {
        let good = |set: &[(&str, &str)]| {
            let value = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            Marks::of_locale(value).of(Verdict::Good)
        };
        assert_eq!(good(&[("LANG", "de_DE.UTF-8")]), "✓");
        assert_eq!(good(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "C")]), "ok");
        assert_eq!(good(&[("LC_ALL", ""), ("LANG", "C.utf8")]), "✓");
        assert_eq!(good(&[]), "ok");
    }
}
