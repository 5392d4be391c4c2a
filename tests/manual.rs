//! The manual pages as a reader gets them: written by the real program, set by groff without a word of complaint.

use std::path::Path;
use std::process::Command;

fn bagsy(home: &Path, arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bagsy"));
    command.args(arguments).env("HOME", home).env("XDG_CONFIG_HOME", home.join("config"));
    command.output().unwrap()
}

#[test]
fn every_page_is_set_without_a_warning() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("man");
    let written = bagsy(home.path(), &["man", "--all", folder.to_str().unwrap()]);
    assert!(written.status.success(), "{written:?}");
    for (page, sections) in [
        (
            "bagsy.1",
            &[
                "NAME",
                "SYNOPSIS",
                "OPTIONS",
                "VERBS",
                "EXIT STATUS",
                "FILES",
                "ENVIRONMENT",
                "EXAMPLES",
                "--if-assignee",
            ][..],
        ),
        ("bagsy-config.5", &["NAME", "EXAMPLE", "imap = { … }", "high-contrast", "after_reply"]),
        ("bagsy-keys.7", &["NAME", "[keys.queue]", "half-page-down", "Ctrl-d"]),
        ("bagsy-protocol.7", &["NAME", "CLAIM", "JOURNAL", "bagsy-claim-<handle>", "(UNCHANGEDSINCE <modseq>)"]),
    ] {
        let file = folder.join(page);
        let set = Command::new("groff").args(["-man", "-Tutf8", "-ww", "-P-cbou"]).arg(&file).output();
        let set = set.expect("groff sets the pages; tests/run installs it (Debian: groff-base)");
        let complaints = String::from_utf8_lossy(&set.stderr);
        assert!(set.status.success() && complaints.is_empty(), "{page}: {complaints}");
        let text = String::from_utf8(set.stdout).unwrap();
        for section in sections {
            assert!(text.contains(section), "{page} has no {section}:\n{text}");
        }
        assert!(text.lines().all(|line| !line.starts_with(['|', '#', '`'])), "{page} still has Markdown in it");
    }
}

#[test]
fn a_page_is_printed_and_that_of_keys_tells_ones_own() {
    let home = tempfile::tempdir().unwrap();
    let printed = |arguments: &[&str]| String::from_utf8(bagsy(home.path(), arguments).stdout).unwrap();
    assert!(printed(&["man"]).starts_with(".TH \"BAGSY\" \"1\""));
    assert!(printed(&["man", "bagsy-keys"]).contains("gmail"));
    let config = home.path().join("config/bagsy");
    std::fs::create_dir_all(&config).unwrap();
    let account = "[account.a]\nuser = \"a@b.test\"\nimap = { host = \"h\" }\n";
    std::fs::write(config.join("config.toml"), format!("{account}[keys.queue]\n\"x\" = \"claim\"\n")).unwrap();
    let keys = printed(&["man", "bagsy-keys"]);
    assert!(keys.contains("\\fBx\\fR \\fBc\\fR\n") && !keys.contains("gmail"), "{keys}");
    // A key that cannot be is told with its place, whatever verb reads the file.
    std::fs::write(config.join("config.toml"), format!("{account}[keys.queue]\n\"x\" = \"clam\"\n")).unwrap();
    for verb in [&["list"][..], &["man", "bagsy-keys"], &["--offline", "list"]] {
        let refused = bagsy(home.path(), verb);
        let says = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{says}");
        assert!(says.contains("line 5") && says.contains("`clam`; the nearest is `claim`"), "{says}");
    }
}
