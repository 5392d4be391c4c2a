//! A first configuration as text: what a careful person would have written, with a word on each line that needs one. Pure.
//!
//! What is written here is read back by [`super::Config::parse`] as it was meant; the tests hold both to it.

use jiff::civil::Date;

use super::endpoint::{Endpoint, Tls};
use super::file::{Account, Auth, Flow, Grant, Keep, MailboxConfig, PasswordFrom, Provider, TokenFrom};
use crate::model::Role;

/// Where the comments behind values begin.
const COMMENT: usize = 46;
/// No comment reaches beyond.
const WIDTH: usize = 79;

/// The whole file for one account and its mailboxes.
pub fn text(account: &Account, mailboxes: &[MailboxConfig], today: Date) -> String {
    let mut page = Page(String::new());
    page.remark(&format!(
        "The configuration of bagsy, written by `bagsy setup` on {today}. It is yours to edit: `bagsy doctor` checks it, and a key \
         that nobody knows is told with its line."
    ));
    page.blank();
    page.remark("One login at one server.");
    page.line(&format!("[account.{}]", key(&account.key)), "");
    page.line(&format!("user = {}", quoted(&account.user)), "");
    match &account.name {
        Some(name) => page.line(&format!("name = {}", quoted(name)), ""),
        None => page.line("# name = \"Your Name\"", "your own name, on the screen"),
    }
    match &account.handle {
        Some(handle) => page.line(&format!("handle = {}", quoted(handle.as_str())), "who you are to your teammates"),
        None => page.line("# handle = \"…\"", "short name; else from the login"),
    }
    page.server("imap", &account.imap.endpoint, [993, 143]);
    page.server("smtp", &account.smtp, [465, 587]);
    page.auth(&account.auth);
    for mailbox in mailboxes {
        page.blank();
        page.mailbox(mailbox);
    }
    if mailboxes.is_empty() {
        page.blank();
        page.remark(
            "Mailboxes that are shared with you are found by themselves. To say more of one, or to name one that is not found:",
        );
        page.remark("[mailbox.\"support@example.com\"]");
        page.remark("since = \"2026-11-01\"");
    }
    page.0
}

/// What describes a grant; what is so by default is left out.
fn of_grant(grant: &Grant) -> String {
    let mut parts = Vec::new();
    let mut say = |name: &str, value: &str| parts.push(format!("{name} = {}", quoted(value)));
    match &grant.provider {
        Provider::Microsoft365 { tenant } => {
            say("provider", "microsoft365");
            say("tenant", tenant);
        }
        Provider::Google => say("provider", "google"),
        Provider::Issuer(issuer) => say("issuer", issuer),
    }
    say("client_id", &grant.client_id);
    if let Some(secret) = &grant.client_secret {
        say("client_secret", secret.expose());
    }
    if let Some(scope) = &grant.scope {
        say("scope", scope);
    }
    if grant.flow == Flow::Browser {
        say("flow", "browser");
    }
    if let Some(ca) = &grant.ca {
        say("ca", &ca.display().to_string());
    }
    if let Keep::File(from) = &grant.keep {
        say("tokens", "file");
        match from {
            PasswordFrom::Command(command) => parts.push(format!("passphrase = {{ command = {} }}", quoted(command))),
            PasswordFrom::Env(variable) => parts.push(format!("passphrase = {{ env = {} }}", quoted(variable))),
            // It is asked for.
            PasswordFrom::Keyring | PasswordFrom::Ask | PasswordFrom::Given(_) => {}
        }
    }
    parts.join(", ")
}

struct Page(String);

impl Page {
    fn blank(&mut self) {
        self.0.push('\n');
    }

    /// A comment of its own, broken into lines that a small terminal shows whole.
    fn remark(&mut self, text: &str) {
        let mut line = String::from("#");
        for word in text.split(' ') {
            if line.chars().count() + 1 + word.chars().count() > WIDTH && line.len() > 1 {
                self.0.push_str(&std::mem::replace(&mut line, "#".to_owned()));
                self.blank();
            }
            line.push(' ');
            line.push_str(word);
        }
        self.0.push_str(&line);
        self.blank();
    }

    /// A line of the file, and a word on it; above it where the line is long.
    fn line(&mut self, line: &str, comment: &str) {
        let width = line.chars().count();
        match comment {
            "" => self.0.push_str(line),
            comment if width < COMMENT => {
                self.0.push_str(&format!("{line}{}# {comment}", " ".repeat(COMMENT - width)));
            }
            comment => self.0.push_str(&format!("# {comment}\n{line}")),
        }
        self.0.push('\n');
    }

    fn server(&mut self, name: &str, server: &Endpoint, ports: [u16; 2]) {
        let mut parts = vec![format!("host = {}", quoted(&server.host))];
        let usual = ports[usize::from(server.tls != Tls::Implicit)];
        if server.port != usual {
            parts.push(format!("port = {}", server.port));
        }
        let how = match server.tls {
            Tls::Implicit => "",
            Tls::StartTls => {
                parts.push("tls = \"starttls\"".to_owned());
                "STARTTLS"
            }
            Tls::None => {
                parts.push("tls = \"none\"".to_owned());
                "in the clear, the password too"
            }
        };
        if let Some(ca) = &server.ca {
            parts.push(format!("ca = {}", quoted(&ca.display().to_string())));
        }
        let comment = match (server.port == usual, how) {
            (false, how) => how.to_owned(),
            (true, "") => format!("port {usual}, TLS"),
            (true, how) => format!("port {usual}, {how}"),
        };
        self.line(&format!("{name} = {{ {} }}", parts.join(", ")), &comment);
    }

    fn auth(&mut self, auth: &Auth) {
        let (remark, value) = match auth {
            Auth::Password(PasswordFrom::Command(command)) => {
                ("The password is the first line that this command prints.", format!("command = {}", quoted(command)))
            }
            Auth::Password(PasswordFrom::Env(variable)) => {
                ("The password stands in this environment variable.", format!("env = {}", quoted(variable)))
            }
            Auth::Password(PasswordFrom::Ask) => {
                ("The password is asked for each time, and kept nowhere.", "keyring = false".to_owned())
            }
            // A password that is known already belongs into no file: where it is kept is the keyring.
            Auth::Password(PasswordFrom::Keyring | PasswordFrom::Given(_)) => (
                "The password is in the system's keyring: `bagsy login` puts it there, `bagsy logout` takes it out.",
                "keyring = true".to_owned(),
            ),
            Auth::OAuth2(TokenFrom::Command(command)) => {
                self.remark(
                    "The command prints an access token; it is asked again when one is refused or has expired.",
                );
                self.line(&format!("auth = {{ method = \"oauth2\", command = {} }}", quoted(command)), "");
                return;
            }
            Auth::OAuth2(TokenFrom::Grant(grant)) => {
                self.remark("`bagsy login` signs in; access tokens are then renewed by themselves.");
                self.line(&format!("auth = {{ method = \"oauth2\", {} }}", of_grant(grant)), "");
                return;
            }
        };
        self.remark(remark);
        self.line(&format!("auth = {{ method = \"password\", {value} }}"), "");
    }

    fn mailbox(&mut self, mailbox: &MailboxConfig) {
        self.line(&format!("[mailbox.{}]", quoted(&mailbox.address)), "");
        self.line(&format!("account = {}", quoted(&mailbox.account)), "");
        match &mailbox.name {
            Some(name) => self.line(&format!("name = {}", quoted(name)), "the name that customers see"),
            None => self.line("# name = \"Example Support\"", "the name that customers see"),
        }
        if mailbox.addresses.is_empty() {
            self.line("# addresses = [\"help@example.com\"]", "further addresses that mean it");
        } else {
            let all: Vec<String> = mailbox.addresses.iter().map(|address| quoted(address)).collect();
            self.line(&format!("addresses = [{}]", all.join(", ")), "further addresses that mean it");
        }
        if let Some(root) = &mailbox.root {
            self.line(&format!("root = {}", quoted(root)), "the IMAP name of its INBOX");
        }
        if let Some(user) = &mailbox.user {
            self.line(&format!("user = {}", quoted(user)), "the login that opens it");
        }
        if !mailbox.folders.is_empty() {
            let named = |(role, name): (&Role, &String)| format!("{} = {}", role.as_str(), quoted(name));
            let all: Vec<String> = mailbox.folders.iter().map(named).collect();
            self.line(&format!("folders = {{ {} }}", all.join(", ")), "");
        }
        match mailbox.since {
            Some(day) => {
                self.line(&format!("since = \"{day}\""), "older mail is nobody's work");
            }
            None => self.line("# since = \"2026-11-01\"", "older mail would be nobody's"),
        }
    }
}

/// The text as TOML writes it in quotes, whatever is in it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn key(key: &str) -> String {
    let is_bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if is_bare { key.to_owned() } else { quoted(key) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    use proptest::prelude::*;

    use super::*;
    use crate::config::file::{AfterReply, Cache, Compress, Config, DoneMeans, Imap, Ui};
    use crate::model::Handle;

    fn account(user: &str, auth: Auth) -> Account {
        let server = |host: &str, port| Endpoint { host: host.into(), port, tls: Tls::Implicit, ca: None };
        Account {
            key: "work".into(),
            user: user.into(),
            name: None,
            handle: None,
            imap: Imap { endpoint: server("imap.example.test", 993), compress: Compress::Auto, connections: 4 },
            smtp: server("smtp.example.test", 465),
            auth,
        }
    }

    fn mailbox(address: &str) -> MailboxConfig {
        MailboxConfig {
            address: address.into(),
            account: "work".into(),
            name: None,
            addresses: Vec::new(),
            root: None,
            folders: BTreeMap::new(),
            user: None,
            since: None,
            done: DoneMeans::Archive,
            after_reply: AfterReply::Waiting,
            signature: None,
        }
    }

    fn today() -> Date {
        jiff::civil::date(2026, 11, 25)
    }

    #[track_caller]
    fn is_read_as_meant(account: &Account, mailboxes: &[MailboxConfig]) {
        let text = text(account, mailboxes, today());
        let read = Config::parse(Path::new("/etc/config.toml"), &text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        let meant = Config {
            accounts: BTreeMap::from([(account.key.clone(), account.clone())]),
            mailboxes: mailboxes.to_vec(),
            cache: Cache::default(),
            ui: Ui::default(),
        };
        assert_eq!(read, meant, "\n{text}");
    }

    #[test]
    fn the_file_is_what_a_careful_person_would_have_written() {
        let mut account = account("alice@example.test", Auth::Password(PasswordFrom::Keyring));
        account.smtp.tls = Tls::StartTls;
        account.smtp.port = 587;
        let mut support = mailbox("support@example.test");
        support.since = Some(jiff::civil::date(2026, 11, 11));
        insta::assert_snapshot!(text(&account, &[support], today()));
    }

    #[test]
    fn a_small_terminal_shows_every_comment_whole() {
        let mut shared = MailboxConfig { root: Some("INBOX".into()), ..mailbox("s@example.test") };
        let grant = Auth::OAuth2(TokenFrom::Grant(Box::new(Grant::of("client"))));
        for auth in [Auth::Password(PasswordFrom::Keyring), Auth::OAuth2(TokenFrom::Command("oama".into())), grant] {
            for mailboxes in [vec![], vec![shared.clone()]] {
                let text = text(&account("alice", auth.clone()), &mailboxes, today());
                let wide: Vec<&str> = text.lines().filter(|l| l.contains('#') && l.chars().count() > WIDTH).collect();
                assert!(wide.is_empty(), "{wide:#?}");
            }
            shared.since = Some(today());
            shared.user = Some("s@example.test".into());
        }
    }

    #[test]
    fn every_way_to_sign_in_and_every_kind_of_server_is_read_back() {
        let ways = [
            Auth::Password(PasswordFrom::Keyring),
            Auth::Password(PasswordFrom::Ask),
            Auth::Password(PasswordFrom::Env("MAIL_PASSWORD".into())),
            Auth::Password(PasswordFrom::Command("pass show \"work\\mail\"".into())),
            Auth::OAuth2(TokenFrom::Command("oama access alice@example.test".into())),
            Auth::OAuth2(TokenFrom::Grant(Box::new(Grant::of("client")))),
            Auth::OAuth2(TokenFrom::Grant(Box::new(Grant {
                provider: Provider::Issuer("https://id.example.test".into()),
                client_secret: Some(super::super::Secret::new("no \"secret\"")),
                scope: Some("imap smtp".into()),
                flow: Flow::Browser,
                keep: Keep::File(PasswordFrom::Command("pass show bagsy".into())),
                ca: Some(PathBuf::from("/a b/ca.pem")),
                ..Grant::of("client")
            }))),
        ];
        for auth in ways {
            let mut account = account("alice", auth);
            is_read_as_meant(&account, &[]);
            account.handle = Some(Handle::new("alice.b").unwrap());
            account.name = Some("Alice “A” Archer".into());
            account.imap.endpoint =
                Endpoint { host: "::1".into(), port: 1143, tls: Tls::StartTls, ca: Some(PathBuf::from("/a b/ca.pem")) };
            account.smtp.tls = Tls::None;
            let shared = MailboxConfig {
                root: Some("shared/support@example.test".into()),
                since: Some(today()),
                addresses: vec!["help@example.test".into()],
                folders: BTreeMap::from([(Role::Sent, "x/Sent".into()), (Role::Archive, "x/\"Done\"".into())]),
                ..mailbox("support@example.test")
            };
            let own = MailboxConfig { user: Some("sales@example.test".into()), ..mailbox("sales@example.test") };
            is_read_as_meant(&account, &[shared, own]);
        }
    }

    proptest! {
        #[test]
        fn no_answer_breaks_out_of_its_line(user in "[^\\p{C}\\s]{1,20}", root in "[^\\p{Cc}\\s]( ?[^\\p{Cc}\\s]){0,20}") {
            let auth = Auth::Password(PasswordFrom::Command(root.clone()));
            is_read_as_meant(&account(&user, auth), &[MailboxConfig { root: Some(root), ..mailbox("s@example.test") }]);
        }
    }
}
