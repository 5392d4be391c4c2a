//! The configuration as people write it, right and wrong.

use std::path::Path;

use super::*;
use crate::model::{ErrorKind, Refusal, Role};

const FILE: &str = "/home/alice/.config/bagsy/config.toml";

const WHOLE: &str = r#"
[account.work]
user = "alice@example.test"
name = "Alice Archer"
handle = "Alice"
imap = { host = "imap.example.test", port = 1993, tls = "starttls", ca = "ca.pem", compress = "never", connections = 2 }
smtp = { host = "smtp.example.test", port = 1465, tls = "none", ca = "/path/ca.pem" }
auth = { method = "password", command = "pass show work/mail" }

[mailbox."support@example.test"]
account = "work"
name = "Example Support"
addresses = ["help@example.test"]
root = "shared/support@example.test"
folders = { sent = "x/Sent", archive = "x/Archive", drafts = "x/Drafts", trash = "x/Trash", junk = "x/Junk", journal = "x/Bagsy" }
user = "alice@example.test/support"
since = "2026-11-01"
signature = "signature.txt"
done = "keyword"
sent = "append"
after_reply = "open"

[cache]
size = "500 MB"
prefetch = "none"

[ui]
theme = "light"
glyphs = "ascii"
keys = "default"
notify = "terminal"
notify_new = true
"#;

const SMALL: &str = "[account.work]\nuser = \"alice@example.test\"\nimap = { host = \"imap.example.test\" }\n";

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(Path::new(FILE), text)
}

/// The line and the fault of a configuration that is wrong.
fn fault(text: &str) -> (usize, Fault) {
    match parse(text) {
        Err(ConfigError::Invalid { line, fault, .. }) => (line, *fault),
        other => panic!("{other:?}\n{text}"),
    }
}

#[test]
fn the_small_configuration_has_the_documented_defaults() {
    let config = parse(SMALL).unwrap();
    let account = config.account("work").unwrap();
    let tls = Tls::Implicit;
    assert_eq!(account.imap.endpoint, Endpoint { host: "imap.example.test".into(), port: 993, tls, ca: None });
    assert_eq!(account.smtp, Endpoint { host: "imap.example.test".into(), port: 465, tls, ca: None });
    assert_eq!((account.imap.connections, account.imap.compress), (4, Compress::Auto));
    assert!(account.imap.compresses());
    assert_eq!(account.auth, Auth::Password(PasswordFrom::Keyring));
    assert_eq!(account.handle_in(Some("support@example.test"), Some("shared/support")).unwrap().as_str(), "alice");
    assert_eq!(config.cache, Cache { size: 2_000_000_000, prefetch: Prefetch::Open });
    assert_eq!(config.ui, Ui::default());
    assert_eq!(
        (&config.ui.theme, config.ui.glyphs, config.ui.keys),
        (&Theme::Auto, Glyphs::Unicode, KeyProfile::Default)
    );
    assert_eq!((config.ui.notify, config.ui.notify_new), (Notify::Bell, false));
    assert!(config.mailboxes.is_empty() && account.plain_endpoints().next().is_none());
}

#[test]
fn the_whole_configuration_is_read_as_it_is_documented() {
    let config = parse(WHOLE).unwrap();
    let account = config.account("work").unwrap();
    assert_eq!(account.handle.as_ref().unwrap().as_str(), "alice");
    assert_eq!(account.imap.endpoint.ca.as_deref(), Some(Path::new("/home/alice/.config/bagsy/ca.pem")));
    assert_eq!(account.auth, Auth::Password(PasswordFrom::Command("pass show work/mail".into())));
    assert_eq!(account.plain_endpoints().map(ToString::to_string).collect::<Vec<_>>(), ["smtp.example.test:1465"]);
    let mailbox = config.mailbox("HELP@example.test").unwrap();
    assert_eq!(config.mailbox("shared/support@example.test"), Some(mailbox));
    assert_eq!(mailbox.folders[&Role::Journal], "x/Bagsy");
    assert_eq!(mailbox.since_timestamp().unwrap().to_string(), "2026-11-01T00:00:00Z");
    assert_eq!(mailbox.signature.as_deref(), Some(Path::new("/home/alice/.config/bagsy/signature.txt")));
    assert_eq!((mailbox.done, mailbox.after_reply), (DoneMeans::Keyword, AfterReply::Open));
    assert_eq!(config.cache.size, 500_000_000);
}

#[test]
fn ports_follow_the_kind_of_tls() {
    let with = |tls: &str| {
        let text = format!(
            "[account.a]\nuser = \"a\"\nimap = {{ host = \"h\", tls = \"{tls}\" }}\nsmtp = {{ tls = \"{tls}\" }}"
        );
        let config = parse(&text).unwrap();
        (config.accounts["a"].imap.endpoint.port, config.accounts["a"].smtp.port)
    };
    assert_eq!((with("implicit"), with("starttls"), with("none")), ((993, 465), (143, 587), (143, 587)));
}

#[test]
fn a_mailbox_with_a_user_of_its_own_is_a_login_of_its_own() {
    let text = format!("{SMALL}[mailbox.\"a@x.test\"]\n[mailbox.\"b@x.test\"]\nuser = \"b\"\n");
    let config = parse(&text).unwrap();
    let logins = config.logins();
    let seen: Vec<_> = logins.iter().map(|login| (login.user, login.mailboxes.len())).collect();
    assert_eq!(seen, [("alice@example.test", 1), ("b", 1)]);
}

#[test]
fn a_typo_is_told_with_file_line_and_nearest_key() {
    let text = SMALL.replace("user =", "usr =");
    let error = parse(&text).unwrap_err();
    let said = format!("{FILE}, line 2: unknown key `usr` in [account.work]; the nearest known key is `user`");
    assert_eq!(error.to_string(), said);
    let refusal = Refusal::from(error);
    assert_eq!((refusal.kind, refusal.hint.as_deref()), (ErrorKind::Config, Some("did you mean `user`?")));
}

#[test]
fn every_kind_of_section_knows_its_keys() {
    for (text, line, key, nearest) in [
        ("[accont.work]\n", 1, "accont", "account"),
        ("\n\n[account.a]\nuser = \"a\"\nimap.host = \"h\"\nimap.prot = 1\n", 6, "prot", "port"),
        ("[account.a]\nuser = \"a\"\nimap = { host = \"h\" }\nsmtp = {\n hots = \"h\" }\n", 5, "hots", "host"),
        ("[account.a]\nuser = \"a\"\nimap.host = \"h\"\nauth.comand = \"x\"\n", 4, "comand", "command"),
        (&format!("{SMALL}[mailbox.\"s@x.test\"]\nadress = []\n"), 5, "adress", "addresses"),
        (&format!("{SMALL}[mailbox.\"s@x.test\"]\nfolders.arkive = \"A\"\n"), 5, "arkive", "archive"),
        (&format!("{SMALL}[cache]\nsiz = 1\n"), 5, "siz", "size"),
        (&format!("{SMALL}[ui]\n\ntehme = 1\n"), 6, "tehme", "theme"),
    ] {
        match fault(text) {
            (at, Fault::UnknownKey { key: found, nearest: near, .. }) => {
                assert_eq!((at, found.as_str(), near.as_str()), (line, key, nearest), "{text}");
            }
            other => panic!("{other:?}\n{text}"),
        }
    }
}

#[test]
fn a_key_in_the_wrong_section_is_sent_to_the_right_one() {
    let (line, fault) = fault(&format!("{SMALL}[mailbox.\"s@x.test\"]\nhandle = \"a\"\n"));
    assert_eq!((line, fault.hint().as_deref()), (5, Some("a key of this name belongs into [account.…]")));
}

#[test]
fn a_key_whose_feature_is_not_there_yet_says_so() {
    for (more, line, what) in [
        ("[mailbox.\"s@x.test\"]\ntargets = { answer = \"4h\" }\n", 5, "`targets` in [mailbox.\"s@x.test\"]"),
        ("[mailbox.\"s@x.test\"]\nsent = \"server\"\n", 5, "sent = \"server\""),
    ] {
        match fault(&format!("{SMALL}{more}")) {
            (at, Fault::NotYetBuilt { what: found, instead }) => {
                assert_eq!((at, found.as_str()), (line, what));
                assert!(!instead.is_empty());
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn ones_own_keys_are_lines_with_their_places() {
    let text = format!("{SMALL}[keys.reading]\n\"g g\" = \"top\"\n[keys.queue]\nx = \"claim\"\nb = \"none\"\n");
    let lines = parse(&text).unwrap().ui.own_keys;
    let told: Vec<_> =
        lines.iter().map(|l| (l.context.as_str(), l.keys.as_str(), l.action.as_str(), l.place.line)).collect();
    assert_eq!(told, [("reading", "g g", "top", 5), ("queue", "x", "claim", 7), ("queue", "b", "none", 8)]);
}

#[test]
fn what_a_value_must_be_is_what_the_manual_says() {
    use super::read::OF_A_GRANT;
    use super::section::Keys;
    use super::table;
    let account = |line: String| format!("[account.a]\nuser = \"a\"\nimap = {{ host = \"h\" }}\n{line}\n");
    let imap = |line: String| format!("[account.a]\nuser = \"a\"\nimap = {{ host = \"h\", {line} }}\n");
    let text_of = |keys: &Keys, line: String| match keys.title {
        "the head of the file" if line.starts_with("account") => format!("{line}\n"),
        "the head of the file" => format!("{line}\n{SMALL}"),
        "[account.…]" if line.starts_with("user") => format!("[account.a]\n{line}\n"),
        "[account.…]" if line.starts_with("imap") => format!("[account.a]\nuser = \"a\"\n{line}\n"),
        "[account.…]" => account(line),
        "imap = { … }" if line.starts_with("host") => format!("[account.a]\nuser = \"a\"\nimap = {{ {line} }}\n"),
        "imap = { … }" => imap(line),
        "smtp = { … }" => account(format!("smtp = {{ {line} }}")),
        "auth = { … }" if OF_A_GRANT.iter().any(|key| line.starts_with(key)) => {
            let mut needed = vec![("client_id", "client_id = \"c\"")];
            // An issuer stands in the place of a provider; only a file has a passphrase, only Microsoft tenants.
            if !line.starts_with("issuer") {
                needed.push(("provider", "provider = \"microsoft365\""));
            }
            if line.starts_with("passphrase") {
                needed.push(("tokens", "tokens = \"file\""));
            }
            let needed = needed.into_iter().filter(|(key, _)| !line.starts_with(key));
            let needed: String = needed.map(|(_, text)| format!(", {text}")).collect();
            account(format!("auth = {{ method = \"oauth2\", {line}{needed} }}"))
        }
        "auth = { … }" => account(format!("auth = {{ {line} }}")),
        "passphrase = { … }" => account(format!(
            "auth = {{ method = \"oauth2\", provider = \"google\", client_id = \"c\", tokens = \"file\", \
             passphrase = {{ {line} }} }}"
        )),
        "[mailbox.\"…\"]" => format!("{SMALL}[mailbox.\"s@x.test\"]\n{line}\n"),
        "folders = { … }" => format!("{SMALL}[mailbox.\"s@x.test\"]\nfolders = {{ {line} }}\n"),
        "[cache]" => format!("{SMALL}[cache]\n{line}\n"),
        "[ui]" => format!("{SMALL}[ui]\n{line}\n"),
        other => panic!("{other}: how is it written?"),
    };
    for keys in table::ALL {
        for key in keys.known {
            assert!(!key.says.is_empty() && !key.says.ends_with('.'), "{}", key.name);
            // A text of the wrong kind where a text may stand; else a number of no use.
            let wrong = match key.name {
                "handle" | "issuer" => "\".x\"",
                "tenant" => "\"a b\"",
                _ => "-7",
            };
            match fault(&text_of(keys, format!("{} = {wrong}", key.name))) {
                (_, Fault::WrongValue { key: named, expected, .. }) => {
                    assert_eq!((named.as_str(), expected.as_str()), (key.name, key.value), "{}", keys.title);
                }
                other => panic!("{}: {other:?}", key.name),
            }
        }
    }
}

#[test]
fn a_wrong_type_or_value_is_told_at_its_line() {
    let mailbox = |line: &str| format!("{SMALL}[mailbox.\"s@x.test\"]\n{line}\n");
    for (text, at, named) in [
        (SMALL.replace("user = \"alice@example.test\"", "user = 7"), 2, "user"),
        (SMALL.replace("alice@example.test", "  "), 2, "user"),
        (SMALL.replace("alice@example.test", "a\\nb"), 2, "user"),
        (SMALL.replace("imap.example.test", "imap.example.test:993"), 3, "host"),
        (SMALL.replace("{ host = \"imap.example.test\" }", "\"imap.example.test\""), 3, "imap"),
        (format!("{SMALL}imap2 = 1\n").replace("imap2 = 1", "handle = \".alice\""), 4, "handle"),
        (SMALL.replace(" }", ", port = 70000 }"), 3, "port"),
        (SMALL.replace(" }", ", port = \"993\" }"), 3, "port"),
        (SMALL.replace(" }", ", tls = true }"), 3, "tls"),
        (SMALL.replace(" }", ", tls = \"ssl\" }"), 3, "tls"),
        (SMALL.replace(" }", ", connections = 0 }"), 3, "connections"),
        (format!("{SMALL}[ui]\nnotify = \"loud\"\n"), 5, "notify"),
        (format!("{SMALL}[ui]\nnotify_new = \"yes\"\n"), 5, "notify_new"),
        (SMALL.replace(" }", ", compress = \"always\" }"), 3, "compress"),
        (format!("{SMALL}auth = {{ method = \"kerberos\" }}\n"), 4, "method"),
        (format!("{SMALL}auth = {{ keyring = \"yes\" }}\n"), 4, "keyring"),
        (mailbox("addresses = \"help@x.test\""), 5, "addresses"),
        (mailbox("addresses = [\"help\"]"), 5, "addresses"),
        (mailbox("since = \"November\""), 5, "since"),
        (mailbox("since = 2026-11-01T10:00:00Z"), 5, "since"),
        (mailbox("since = \"2026-02-30\""), 5, "since"),
        (mailbox("done = \"delete\""), 5, "done"),
        (mailbox("after_reply = 1"), 5, "after_reply"),
        (mailbox("root = \"\""), 5, "root"),
        (format!("{SMALL}[cache]\nsize = 7\n"), 5, "size"),
        (format!("{SMALL}[cache]\nsize = \"99999999999 TB\"\n"), 5, "size"),
        (format!("{SMALL}[ui]\ntheme = true\n"), 5, "theme"),
        (format!("{SMALL}[ui]\nkeys = \"vim\"\n"), 5, "keys"),
        (format!("{SMALL}[keys]\nc = \"claim\"\n"), 5, "c"),
        (format!("{SMALL}[keys.queue]\n\n\"c\" = 7\n"), 6, "c"),
        ("account = 1\n".to_owned(), 1, "account"),
    ] {
        match fault(&text) {
            (line, Fault::WrongValue { key, expected, .. }) => {
                assert_eq!((line, key.as_str()), (at, named), "{text}");
                assert!(!expected.is_empty());
            }
            other => panic!("{other:?}\n{text}"),
        }
    }
}

#[test]
fn a_day_may_be_written_as_a_date_or_as_text() {
    let since =
        |day: &str| parse(&format!("{SMALL}[mailbox.\"s@x.test\"]\nsince = {day}\n")).unwrap().mailboxes[0].since;
    assert_eq!(since("2026-11-01"), since("\"2026-11-01\""));
}

#[test]
fn what_is_missing_is_told_at_its_section() {
    for (text, at, named) in [
        ("\n[account.work]\nname = \"A\"\n", 2, "user"),
        ("[account.work]\nuser = \"a\"\n", 1, "imap"),
        ("[account.work]\nuser = \"a\"\nimap = { port = 1 }\n", 3, "host"),
        ("[account.work]\nuser = \"a\"\nimap.host = \"h\"\nauth = { method = \"oauth2\" }\n", 4, "provider"),
        (
            "[account.work]\nuser = \"a\"\nimap.host = \"h\"\nauth = { method = \"oauth2\", provider = \"google\" }\n",
            4,
            "client_id",
        ),
    ] {
        assert!(matches!(fault(text), (line, Fault::Missing { key, .. }) if line == at && key == named), "{text}");
    }
    assert!(matches!(fault(""), (1, Fault::NoAccount)));
}

#[test]
fn a_password_in_clear_is_refused_with_a_reason_and_never_repeated() {
    let text = format!("{SMALL}auth = {{ method = \"password\", password = \"hunter2\" }}\n");
    let error = parse(&text).unwrap_err();
    assert_eq!(error.line(), Some(4));
    let said = format!("{error} {error:?} {}", error.hint().unwrap());
    assert!(said.contains("backups") && said.contains("command = ") && !said.contains("hunter2"), "{said}");
}

#[test]
fn a_password_in_clear_is_known_wherever_somebody_would_write_it() {
    for line in ["password = \"x\"", "imap.password = \"x\"", "smtp = { pass = \"x\" }", "auth = { token = \"x\" }"] {
        let text = format!("[account.a]\nuser = \"a\"\nimap.host = \"h\"\n{line}\n");
        assert_eq!(fault(&text), (4, Fault::PasswordInClear), "{line}");
    }
}

#[test]
fn sources_of_a_secret_exclude_each_other() {
    for auth in ["command = \"x\", env = \"Y\"", "env = \"Y\", keyring = true", "method = \"oauth2\", env = \"Y\""] {
        assert!(matches!(fault(&format!("{SMALL}auth = {{ {auth} }}\n")), (4, Fault::Exclusive { .. })), "{auth}");
    }
}

/// What `auth` of the small configuration says, each key on a line of its own from line 5 on.
fn auth(keys: &[&str]) -> String {
    let lines: String = keys.iter().map(|key| format!("{key}\n")).collect();
    format!("{SMALL}[account.work.auth]\n{lines}")
}

#[test]
fn a_grant_is_read_with_what_each_provider_needs() {
    let grant = |keys: &[&str]| match parse(&auth(keys)).unwrap().accounts["work"].auth.clone() {
        Auth::OAuth2(TokenFrom::Grant(grant)) => *grant,
        other => panic!("{other:?}"),
    };
    let method = "method = \"oauth2\"";
    assert_eq!(grant(&[method, "provider = \"microsoft365\"", "client_id = \"c\""]), Grant::of("c"));
    let google = grant(&[method, "provider = \"google\"", "client_id = \"c\"", "client_secret = \"hunter2\""]);
    assert_eq!((&google.provider, google.flow), (&Provider::Google, Flow::Browser));
    assert!(!format!("{google:?}").contains("hunter2"));
    let whole = grant(&[
        method,
        "issuer = \"https://id.test/realm\"",
        "client_id = \"c\"",
        "scope = \"imap smtp\"",
        "flow = \"browser\"",
        "tokens = \"file\"",
        "passphrase = { env = \"P\" }",
        "ca = \"ca.pem\"",
    ]);
    assert_eq!(whole.provider, Provider::Issuer("https://id.test/realm".into()));
    assert_eq!((whole.scope.as_deref(), whole.flow), (Some("imap smtp"), Flow::Browser));
    assert_eq!(whole.keep, Keep::File(PasswordFrom::Env("P".into())));
    assert_eq!(whole.ca.as_deref(), Some(Path::new("/home/alice/.config/bagsy/ca.pem")));
    for issuer in ["http://127.0.0.1:8080", "http://localhost/x", "http://[::1]:1"] {
        grant(&[method, &format!("issuer = \"{issuer}\""), "client_id = \"c\""]);
    }
}

#[test]
fn what_is_wrong_with_a_grant_is_told_at_its_line() {
    let (method, microsoft, google) = ("method = \"oauth2\"", "provider = \"microsoft365\"", "provider = \"google\"");
    let wrong = [
        (vec![method, "provider = \"yahoo\""], 6, "provider"),
        (vec![method, microsoft, "tenant = \"a/../b\""], 7, "tenant"),
        (vec![method, google, "tenant = \"example.test\""], 7, "tenant"),
        (vec![method, "issuer = \"http://id.test\""], 6, "issuer"),
        (vec![method, "issuer = \"http://localhost.evil.test\""], 6, "issuer"),
        (vec![method, google, "flow = \"device\""], 7, "flow"),
        (vec![method, microsoft, "flow = \"telepathy\""], 7, "flow"),
        (vec![method, microsoft, "tokens = \"drawer\""], 7, "tokens"),
        (vec![method, microsoft, "passphrase = { env = \"P\" }"], 7, "passphrase"),
        (vec![method, microsoft, "tokens = \"file\"", "passphrase = {}"], 8, "passphrase"),
        (vec!["method = \"password\"", "client_id = \"c\""], 6, "client_id"),
    ];
    for (keys, line, named) in wrong {
        let (at, fault) = fault(&auth(&keys));
        assert!(
            at == line && matches!(&fault, Fault::WrongValue { key, .. } if key == named),
            "{keys:?}: {at} {fault}"
        );
    }
    for (keys, line, named) in [
        (vec![method, microsoft, "issuer = \"https://id.test\""], 7, "issuer"),
        (vec![method, "command = \"x\"", "client_id = \"c\""], 7, "client_id"),
    ] {
        let (at, fault) = fault(&auth(&keys));
        assert!(at == line && matches!(&fault, Fault::Exclusive { key, .. } if key == named), "{keys:?}: {at} {fault}");
    }
    let (at, fault) = fault(&auth(&[method, microsoft, "tokens = \"file\"", "passphrase = { file = \"x\" }"]));
    assert!(at == 8 && matches!(fault, Fault::UnknownKey { .. }), "{at} {fault}");
}

#[test]
fn a_mailbox_names_an_account_that_is_there() {
    let second = SMALL.replace("work", "home");
    let mailbox = "[mailbox.\"s@x.test\"]\n";
    let (line, wrong) = fault(&format!("{SMALL}{mailbox}account = \"wrok\"\n"));
    assert!(line == 5 && matches!(wrong, Fault::NoSuchAccount { nearest, .. } if nearest == "work"));
    assert!(matches!(fault(&format!("{SMALL}{second}{mailbox}")), (7, Fault::WhichAccount { .. })));
    let named = format!("{SMALL}{second}{mailbox}account = \"home\"\n");
    assert_eq!(parse(&named).unwrap().mailboxes[0].account, "home");
    assert_eq!(parse(&format!("{SMALL}{mailbox}")).unwrap().mailboxes[0].account, "work");
}

#[test]
fn one_address_means_one_mailbox_and_a_mailbox_has_an_address() {
    let twice = format!("{SMALL}[mailbox.\"a@x.test\"]\n[mailbox.\"b@x.test\"]\naddresses = [\"A@x.test\"]\n");
    assert!(matches!(fault(&twice), (6, Fault::AddressTwice { .. })));
    assert!(matches!(fault(&format!("{SMALL}[mailbox.\"shared/support\"]\n")), (4, Fault::NotAnAddress { .. })));
}

#[test]
fn what_is_not_toml_is_told_with_its_line() {
    for (text, at) in [("[account.work]\nuser = \"alice\nimap", 2), ("\n[account", 2), ("\n\nuser\n", 3), ("a = \n", 1)]
    {
        let (line, fault) = fault(text);
        assert!(line == at && matches!(fault, Fault::Syntax(_)), "{line} {fault}: {text:?}");
    }
    assert!(matches!(fault(&format!("{SMALL}user = \"twice\"\n")), (4, Fault::Syntax(_))));
}

#[test]
fn a_file_of_brackets_without_end_is_an_error_and_no_overflow() {
    for bracket in ["[", "{a=", "a=[", "[a."] {
        assert!(parse(&bracket.repeat(100_000)).is_err());
        assert!(parse(&format!("{SMALL}auth = {}", bracket.repeat(100_000))).is_err());
    }
}

#[test]
fn a_key_cannot_steer_the_terminal() {
    let error = parse(&format!("{SMALL}\"\\u001b[31m\" = 1\n")).unwrap_err();
    assert!(!error.to_string().contains('\u{1b}'), "{error}");
    let error = parse("[account.\"\\u001b[31m\"]\nuser = \"a\"\n").unwrap_err();
    assert!(!error.to_string().contains('\u{1b}'), "{error}");
}

#[test]
fn a_file_that_is_not_there_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let error = Config::load(&folder.path().join("config.toml")).unwrap_err();
    assert!(matches!(error, ConfigError::NotFound { .. }) && error.hint().unwrap().contains("bagsy demo"));
    assert!(matches!(Config::load(folder.path()), Err(ConfigError::Unreadable { .. })));
}

mod never_panics {
    use proptest::prelude::*;

    use super::*;

    /// A value of any type, some of them right.
    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("\"implicit\"".to_owned()),
            Just("\"alice@example.test\"".to_owned()),
            Just("\"oauth2\"".to_owned()),
            Just("{ host = \"h\", port = 993 }".to_owned()),
            Just("[\"a@b\", 1]".to_owned()),
            Just("2026-11-01".to_owned()),
            Just("true".to_owned()),
            any::<i64>().prop_map(|n| n.to_string()),
            "\"[ -!#-\\[\\]-~é☃]{0,12}\"",
        ]
    }

    fn key() -> impl Strategy<Value = String> {
        let known = [
            "user",
            "name",
            "handle",
            "imap",
            "imap.host",
            "imap.port",
            "imap.tls",
            "smtp",
            "smtp.ca",
            "auth",
            "auth.method",
            "auth.command",
            "account",
            "addresses",
            "root",
            "folders",
            "folders.sent",
            "since",
            "done",
            "size",
            "theme",
        ];
        prop_oneof![proptest::sample::select(known.map(str::to_owned).to_vec()), "[a-z_]{1,8}", "\"[a-zé☃ ]{0,6}\""]
    }

    fn header() -> impl Strategy<Value = String> {
        let known =
            ["[account.work]", "[account.b]", "[mailbox.\"s@x.test\"]", "[cache]", "[ui]", "[account]", "[[mailbox]]"];
        prop_oneof![proptest::sample::select(known.map(str::to_owned).to_vec()), "\\[[a-z.]{1,12}\\]"]
    }

    fn line() -> impl Strategy<Value = String> {
        prop_oneof![header(), (key(), value()).prop_map(|(key, value)| format!("{key} = {value}"))]
    }

    proptest! {
        #[test]
        fn on_any_text(text: String) {
            let _ = parse(&text);
        }

        #[test]
        fn on_anything_that_looks_like_a_configuration(lines in proptest::collection::vec(line(), 0..20)) {
            for text in [lines.join("\n"), format!("{SMALL}{}", lines.join("\n"))] {
                if let Err(error) = parse(&text) {
                    let lines = text.lines().count().max(1);
                    prop_assert!(error.line().is_some_and(|line| (1..=lines + 1).contains(&line)), "{error}");
                    let _ = error.hint();
                }
            }
        }
    }
}
