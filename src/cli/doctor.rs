//! `bagsy doctor`: checks everything from the configuration to the last folder, a line each.

use std::sync::Arc;

use serde_json::json;

use super::args::Global;
use super::context::{Context, Outcome};
use super::output::Output;
use crate::config::{Paths, Secrets};
use crate::engine::doctor::{self, Check, Verdict};
use crate::mail::safe;
use crate::model::{ErrorKind, Refusal};

/// Its own beginning, unlike other verbs: that the configuration cannot be read is a finding as well.
pub async fn run(global: &Global) -> Outcome {
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
    all(global, &mut tell).await;
    match first {
        None => {
            out.aside("All that work needs is there.");
            Ok(())
        }
        Some((kind, check)) => {
            let how_many = if failures == 1 { "one check".to_owned() } else { format!("{failures} checks") };
            let text = format!("{how_many} failed; the first is “{}”: {}", check.check, check.found);
            Err(Refusal { hint: Some(check.follows).filter(|f| !f.is_empty()), ..Refusal::new(kind, text) })
        }
    }
}

async fn all(global: &Global, tell: &mut dyn FnMut(Check)) {
    let paths = match Paths::find(global.config.as_deref()) {
        Ok(paths) => paths,
        Err(error) => return tell(Check::refused("configuration", error.into())),
    };
    let read = super::look::config(paths.config_file());
    tell(doctor::configuration(paths.config_file(), &read));
    let Ok(config) = read else { return };
    let cx = match Context::new(global, config, &paths, Arc::new(Secrets::new(true))) {
        Ok(cx) => cx,
        Err(refusal) => return tell(Check::refused("cache", refusal)),
    };
    let mut visits = Vec::new();
    for login in cx.meant_logins() {
        visits.push(doctor::examine(login, cx.wanted.as_deref(), tell).await);
    }
    doctor::conclusions(&visits).into_iter().for_each(tell);
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
            format!("{mark} {}", safe::line(&format!("{}: {}{follows}", check.check, check.found)))
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
