//! Every key of the configuration: one table from which a typo's nearest key, what a value must be, and the manual page
//! bagsy-config(5) are made.

use super::section::{Key, Keys};

const fn key(name: &'static str, value: &'static str, default: &'static str, says: &'static str) -> Key {
    Key { name, value, default, says }
}

const TEXT: &str = "a text in quotes";
const TABLE: &str = "a table";

pub(super) const ROOT: Keys = Keys {
    title: "the head of the file",
    known: &[
        key("account", TABLE, "", "the logins, each in a section of its own: [account.work]"),
        key("mailbox", TABLE, "", "more about single mailboxes, by their address: [mailbox.\"support@example.test\"]"),
        key("cache", TABLE, "", "how much is kept on this machine"),
        key("ui", TABLE, "", "how the screen looks"),
        key("keys", TABLE, "", "your own keys: [keys.queue] and the like, see bagsy-keys(7)"),
    ],
    unbuilt: &[],
};

pub(super) const ACCOUNT: Keys = Keys {
    title: "[account.…]",
    known: &[
        key("user", TEXT, "", "the login; must be there"),
        key("name", TEXT, "", "your name, as teammates and, beside the mailbox's, customers see it"),
        key(
            "handle",
            "at most 32 of a–z, 0–9, “.”, “_”, “-”, beginning with a letter or digit",
            "the login's part before the @",
            "who you are to your teammates; must be there where the login is the mailbox itself",
        ),
        key("imap", TABLE, "", "where mail lies; must be there"),
        key("smtp", TABLE, "imap's host, port 465", "where answers are handed in"),
        key("auth", TABLE, "the keyring", "how the login proves itself"),
    ],
    unbuilt: &[],
};

const TLS: Key = key(
    "tls",
    "\"implicit\" or \"starttls\" or \"none\"",
    "\"implicit\"",
    "TLS from the first byte, or begun by STARTTLS; never less than what is said here",
);
const CA: Key = key(
    "ca",
    TEXT,
    "",
    "a file of certificates (PEM) that are trusted beside the system's; relative to this file, or ~/",
);

pub(super) const IMAP: Keys = Keys {
    title: "imap = { … }",
    known: &[
        key("host", TEXT, "", "the server's name or address; must be there"),
        key("port", "a whole number from 1 to 65535", "993; 143 without implicit TLS", "its port"),
        TLS,
        CA,
        key(
            "compress",
            "\"auto\" or \"never\"",
            "\"auto\"",
            "whether what goes over the wire is deflated (COMPRESS=DEFLATE): auto, where the server offers it and is another machine",
        ),
        key(
            "connections",
            "a whole number from 1 to 32",
            "4",
            "the most connections that are held at once; 1 counts as 2: one that listens, one that acts",
        ),
    ],
    unbuilt: &[],
};

pub(super) const SMTP: Keys = Keys {
    title: "smtp = { … }",
    known: &[
        key("host", TEXT, "imap's", "the server's name or address"),
        key("port", "a whole number from 1 to 65535", "465; 587 without implicit TLS", "its port"),
        TLS,
        CA,
    ],
    unbuilt: &[],
};

pub(super) const AUTH: Keys = Keys {
    title: "auth = { … }",
    known: &[
        key("method", "\"password\" or \"oauth2\"", "\"password\"", "by a password, or by an access token"),
        key("command", TEXT, "", "a shell command; the first line that it prints is the password or token"),
        key("env", TEXT, "", "the environment variable that holds the password"),
        key("keyring", "true or false", "true", "look into the system's keyring before asking; false: ask"),
        key(
            "provider",
            "\"microsoft365\" or \"google\"",
            "",
            "oauth2: whose tokens they are, in place of command; `bagsy login` signs in, and they are renewed by themselves",
        ),
        key("tenant", "the domain or the id of a tenant", "organizations", "oauth2: which one, at Microsoft 365"),
        key(
            "issuer",
            "an address that begins with https://",
            "",
            "oauth2: any other authority, which tells its endpoints there",
        ),
        key("client_id", TEXT, "", "oauth2: your team's registration at the authority; must be there without command"),
        key("client_secret", TEXT, "", "oauth2: what some authorities call so and give to every installation alike"),
        key("scope", TEXT, "what the provider needs", "oauth2: what is asked for, with blanks between"),
        key(
            "flow",
            "\"device\" or \"browser\"",
            "\"device\"; at Google \"browser\"",
            "oauth2: by a code typed into a browser anywhere, or in a browser on this machine",
        ),
        key("tokens", "\"keyring\" or \"file\"", "\"keyring\"", "oauth2: where they are kept; the file is encrypted"),
        key("passphrase", TABLE, "it is asked for", "oauth2: what opens that file"),
        CA,
    ],
    unbuilt: &[],
};

pub(super) const PASSPHRASE: Keys = Keys {
    title: "passphrase = { … }",
    known: &[
        key("command", TEXT, "", "a shell command; the first line that it prints is the passphrase"),
        key("env", TEXT, "", "the environment variable that holds it"),
    ],
    unbuilt: &[],
};

pub(super) const MAILBOX: Keys = Keys {
    title: "[mailbox.\"…\"]",
    known: &[
        key("account", TEXT, "the only one", "the account that reaches it"),
        key("name", TEXT, "", "the name that customers see"),
        key("addresses", "a list of texts in quotes", "", "further addresses that mean it, as [\"help@example.test\"]"),
        key("root", TEXT, "found", "the IMAP name of its INBOX, exactly as LIST shows it; \"INBOX\": the login's own"),
        key("folders", TABLE, "found", "IMAP names of its other folders"),
        key("user", TEXT, "", "the login under which it is opened, where it is its own"),
        key(
            "since",
            "a day like \"2026-11-01\"",
            "",
            "conversations whose newest message is older are nobody's work: in All and in search only",
        ),
        key("signature", TEXT, "", "a text file that is put below what is written; relative to this file, or ~/"),
        key("done", "\"archive\" or \"keyword\"", "\"archive\"", "whether what is done moves to Archive"),
        key("sent", "\"append\" or \"server\"", "\"append\"", "who files an answer in Sent (only append so far)"),
        key(
            "after_reply",
            "\"waiting\" or \"open\" or \"done\"",
            "\"waiting\"",
            "what becomes of a conversation once it is answered",
        ),
    ],
    unbuilt: &[("targets", "leave it out: no response times are watched yet")],
};

const FOLDER: &str = "SPECIAL-USE, else well-known names";

pub(super) const FOLDERS: Keys = Keys {
    title: "folders = { … }",
    known: &[
        key("sent", TEXT, FOLDER, "where answers are announced and filed; the same for the whole team"),
        key("archive", TEXT, FOLDER, "where what is done goes"),
        key("drafts", TEXT, FOLDER, "drafts"),
        key("trash", TEXT, FOLDER, "what was thrown away"),
        key("junk", TEXT, FOLDER, "junk"),
        key("journal", TEXT, "Bagsy", "the folder of the team's events"),
    ],
    unbuilt: &[],
};

pub(super) const CACHE: Keys = Keys {
    title: "[cache]",
    known: &[
        key("size", TEXT, "\"2 GB\"", "the most that mail bodies may take, as \"500 MB\""),
        key("prefetch", "\"open\" or \"none\"", "\"open\"", "bodies of open conversations ahead of need, or none"),
    ],
    unbuilt: &[],
};

pub(super) const UI: Keys = Keys {
    title: "[ui]",
    known: &[
        key(
            "theme",
            TEXT,
            "\"auto\"",
            "auto: dark or light by the terminal's background; dark, light, high-contrast, high-contrast-light, \
             monochrome, or a file of your own in the folder themes beside this file",
        ),
        key("glyphs", "\"unicode\" or \"ascii\"", "\"unicode\"", "the signs of the screen"),
        key("keys", "\"default\" or \"mutt\" or \"gmail\"", "\"default\"", "which keys lie below your own"),
        key(
            "mouse",
            "true or false",
            "false",
            "click to select and open, wheel to scroll; the terminal's own selection then needs Shift",
        ),
        key(
            "notify",
            "\"off\" or \"bell\" or \"terminal\" or \"desktop\"",
            "\"bell\"",
            "by what you are told, while the window has not the focus, of what is assigned to you and of mail in what \
             you hold: the bell, a notification of the terminal (OSC 9, OSC 777), or one of the desktop (notify-send; over \
             SSH and where there is no desktop the terminal's)",
        ),
        key("notify_new", "true or false", "false", "whether you are told of each new conversation too"),
    ],
    unbuilt: &[],
};

/// All of them, in the order of the manual.
pub(super) const ALL: &[&Keys] = &[&ACCOUNT, &MAILBOX, &IMAP, &SMTP, &AUTH, &PASSPHRASE, &FOLDERS, &CACHE, &UI, &ROOT];

/// The keys of the configuration as Markdown: a heading a section, a line a key.
pub fn markdown() -> String {
    let mut out = String::new();
    for keys in [&ROOT, &ACCOUNT, &IMAP, &SMTP, &AUTH, &PASSPHRASE, &MAILBOX, &FOLDERS, &CACHE, &UI] {
        out.push_str(&format!("\n## {}\n\n", keys.title));
        for key in keys.known {
            out.push_str(&format!("- `{}`: {}. Must be {}.", key.name, key.says, key.value));
            if !key.default.is_empty() {
                out.push_str(&format!(" Default: {}.", key.default));
            }
            out.push('\n');
        }
    }
    out
}
