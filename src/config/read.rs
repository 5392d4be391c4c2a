//! Reading the configuration: from TOML to [`Config`], each rule where its key is read.

use std::collections::BTreeMap;
use std::path::Path;

use toml::de::DeTable;

use super::endpoint::{Endpoint, Secret, Tls};
use super::error::{ConfigError, Fault};
use super::file::{
    Account, AfterReply, Auth, Cache, Compress, Config, DoneMeans, Flow, Glyphs, Grant, Imap, Keep, KeyLine,
    KeyProfile, MailboxConfig, Notify, PasswordFrom, Prefetch, Provider, Theme, TokenFrom, Ui, resolve,
};
use super::section::{Section, Source, nearest};
use super::table::{ACCOUNT, ALL, AUTH, CACHE, FOLDERS, IMAP, MAILBOX, PASSPHRASE, ROOT, SMTP, UI};
use crate::model::{Handle, Role};

const TLS_WORDS: &[(&str, Tls)] = &[("implicit", Tls::Implicit), ("starttls", Tls::StartTls), ("none", Tls::None)];

/// Reads the text of `file`.
pub(super) fn config(file: &Path, text: &str) -> Result<Config, ConfigError> {
    let source = Source { file, text };
    // One slip makes several errors; the first in the file is the slip.
    let (table, errors) = DeTable::parse_recoverable(text);
    let start = |error: &toml::de::Error| error.span().map_or(0, |span| span.start);
    if let Some(error) = errors.iter().min_by_key(|error| start(error)) {
        let message = error.message().replace(char::is_control, " ");
        return Err(source.fault_at(start(error), Fault::Syntax(message)));
    }
    let root = Section::root(source, table.get_ref());
    root.allow(&ROOT, ALL)?;

    let mut accounts = BTreeMap::new();
    for (key, section) in root.section("account")?.map_or_else(|| Ok(Vec::new()), |all| all.sections())? {
        accounts.insert(key.clone(), account(file, key, &section)?);
    }
    if accounts.is_empty() {
        return Err(root.fault("account", Fault::NoAccount));
    }
    let mut mailboxes: Vec<MailboxConfig> = Vec::new();
    for (address, section) in root.section("mailbox")?.map_or_else(|| Ok(Vec::new()), |all| all.sections())? {
        let mailbox = mailbox(file, address, &section, &accounts)?;
        let twice = |address: &&String| mailboxes.iter().any(|other| other.is_meant_by(address));
        if let Some(address) = std::iter::once(&mailbox.address).chain(&mailbox.addresses).find(twice) {
            let fault = Fault::AddressTwice { section: section.name(), address: address.clone() };
            return Err(section.fault("addresses", fault));
        }
        mailboxes.push(mailbox);
    }
    let cache = root.section("cache")?.map_or_else(|| Ok(Cache::default()), |section| cache(&section))?;
    let mut ui = root.section("ui")?.map_or_else(|| Ok(Ui::default()), |section| ui(&section))?;
    ui.own_keys = root.section("keys")?.map_or_else(|| Ok(Vec::new()), |section| own_keys(&section))?;
    Ok(Config { accounts, mailboxes, cache, ui })
}

fn account(file: &Path, key: String, section: &Section<'_>) -> Result<Account, ConfigError> {
    refuse_clear(section)?;
    section.allow(&ACCOUNT, ALL)?;
    let handle = match section.text("handle")? {
        Some(text) => Some(Handle::new(&text).map_err(|_| {
            section.wrong("handle", "at most 32 of a–z, 0–9, “.”, “_”, “-”, beginning with a letter or digit")
        })?),
        None => None,
    };
    let user = section.required("user")?;
    let imap = section
        .section("imap")?
        .ok_or_else(|| section.fault("imap", Fault::Missing { key: "imap".into(), section: section.name() }))?;
    refuse_clear(&imap)?;
    imap.allow(&IMAP, ALL)?;
    imap.required("host")?;
    let imap_endpoint = endpoint(file, Some(&imap), "", [993, 143])?;
    let smtp = section.section("smtp")?;
    if let Some(smtp) = &smtp {
        refuse_clear(smtp)?;
        smtp.allow(&SMTP, ALL)?;
    }
    Ok(Account {
        key,
        user,
        name: section.text("name")?,
        handle,
        smtp: endpoint(file, smtp.as_ref(), &imap_endpoint.host, [465, 587])?,
        imap: Imap {
            endpoint: imap_endpoint,
            compress: imap
                .choice("compress", &[("auto", Compress::Auto), ("never", Compress::Never)])?
                .unwrap_or(Compress::Auto),
            connections: imap.number("connections", 1..=32)?.unwrap_or(4),
        },
        auth: section.section("auth")?.map_or_else(|| Ok(Auth::Password(PasswordFrom::Keyring)), |s| auth(file, &s))?,
    })
}

/// A server: `ports` are the ones for implicit TLS and for what begins in plain text.
fn endpoint(
    file: &Path,
    section: Option<&Section<'_>>,
    default_host: &str,
    ports: [u16; 2],
) -> Result<Endpoint, ConfigError> {
    let Some(section) = section else {
        return Ok(Endpoint { host: default_host.to_owned(), port: ports[0], tls: Tls::Implicit, ca: None });
    };
    let tls = section.choice("tls", TLS_WORDS)?.unwrap_or(Tls::Implicit);
    let host = match section.text("host")? {
        None => default_host.to_owned(),
        Some(host) => {
            let inner = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(&host);
            let is_name = inner.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
            if !is_name && inner.parse::<std::net::IpAddr>().is_err() {
                return Err(section.wrong("host", "the name or address of a server, without a port"));
            }
            inner.to_owned()
        }
    };
    let port = section.number("port", 1..=u16::MAX)?;
    let ca = section.text("ca")?.map(|written| resolve(file, &written));
    Ok(Endpoint { host, port: port.unwrap_or(if tls == Tls::Implicit { ports[0] } else { ports[1] }), tls, ca })
}

/// Keys under which other programs keep a secret in their files.
fn refuse_clear(section: &Section<'_>) -> Result<(), ConfigError> {
    match ["password", "passwd", "pass", "secret", "token"].into_iter().find(|key| section.has(key)) {
        Some(key) => Err(section.fault(key, Fault::PasswordInClear)),
        None => Ok(()),
    }
}

fn auth(file: &Path, section: &Section<'_>) -> Result<Auth, ConfigError> {
    refuse_clear(section)?;
    section.allow(&AUTH, ALL)?;
    #[derive(Clone, Copy, PartialEq)]
    enum Method {
        Password,
        OAuth2,
    }
    let method = section.choice("method", &[("password", Method::Password), ("oauth2", Method::OAuth2)])?;
    let sources: Vec<&str> = ["command", "env", "keyring"].into_iter().filter(|key| section.has(key)).collect();
    if let [one, other, ..] = sources[..] {
        let fault = Fault::Exclusive { key: other.into(), other: one.into(), section: section.name() };
        return Err(section.fault(other, fault));
    }
    if method == Some(Method::OAuth2) {
        if let Some(&other @ ("env" | "keyring")) = sources.first() {
            let fault =
                Fault::Exclusive { key: other.into(), other: "method = \"oauth2\"".into(), section: section.name() };
            return Err(section.fault(other, fault));
        }
        return Ok(Auth::OAuth2(match section.text("command")? {
            Some(command) => {
                if let Some(key) = OF_A_GRANT.into_iter().find(|key| section.has(key)) {
                    let fault = Fault::Exclusive { key: key.into(), other: "command".into(), section: section.name() };
                    return Err(section.fault(key, fault));
                }
                TokenFrom::Command(command)
            }
            None => TokenFrom::Grant(Box::new(grant(file, section)?)),
        }));
    }
    if let Some(key) = OF_A_GRANT.into_iter().find(|key| section.has(key)) {
        return Err(section.wrong(key, "left out, or stand beside method = \"oauth2\""));
    }
    let command = section.text("command")?.map(PasswordFrom::Command);
    let env = section.text("env")?.map(PasswordFrom::Env);
    let keyring = section.flag("keyring")?.map(|on| if on { PasswordFrom::Keyring } else { PasswordFrom::Ask });
    Ok(Auth::Password(command.or(env).or(keyring).unwrap_or(PasswordFrom::Keyring)))
}

/// Keys of `auth` that describe a grant of OAuth 2.0.
pub(super) const OF_A_GRANT: [&str; 10] =
    ["provider", "tenant", "issuer", "client_id", "client_secret", "scope", "flow", "tokens", "passphrase", "ca"];

fn grant(file: &Path, section: &Section<'_>) -> Result<Grant, ConfigError> {
    #[derive(Clone, Copy, PartialEq)]
    enum Known {
        Microsoft365,
        Google,
    }
    let known = section.choice("provider", &[("microsoft365", Known::Microsoft365), ("google", Known::Google)])?;
    let issuer = section.text("issuer")?;
    let tenant = section.text("tenant")?;
    let exclusive = |key: &str, other: &str| {
        section.fault(key, Fault::Exclusive { key: key.into(), other: other.into(), section: section.name() })
    };
    let is_name = |t: &String| t.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
    let provider = match (known, issuer) {
        (Some(_), Some(_)) => return Err(exclusive("issuer", "provider")),
        (Some(Known::Microsoft365), None) => match tenant {
            Some(tenant) if is_name(&tenant) => Provider::Microsoft365 { tenant },
            Some(_) => return Err(section.wrong("tenant", "the domain or the id of a tenant")),
            None => Provider::Microsoft365 { tenant: "organizations".to_owned() },
        },
        (_, _) if tenant.is_some() => return Err(section.wrong("tenant", "left out: only Microsoft 365 has tenants")),
        (Some(Known::Google), None) => Provider::Google,
        (None, Some(issuer)) => {
            if !issuer.starts_with("https://") && !is_plain_loopback(&issuer) {
                return Err(section.wrong("issuer", "an address that begins with https://"));
            }
            Provider::Issuer(issuer)
        }
        (None, None) => {
            let fault = Fault::Missing { key: "provider".into(), section: section.name() };
            return Err(section.fault("method", fault));
        }
    };
    let flow = section.choice("flow", &[("device", Flow::Device), ("browser", Flow::Browser)])?;
    // Google gives no token for mail by a device's code.
    let usual = if provider == Provider::Google { Flow::Browser } else { Flow::Device };
    if provider == Provider::Google && flow == Some(Flow::Device) {
        return Err(section.wrong("flow", "\"browser\": Google lets no mail be read by a device's code"));
    }
    let passphrase = match section.section("passphrase")? {
        None => PasswordFrom::Ask,
        Some(from) => {
            from.allow(&PASSPHRASE, ALL)?;
            match (from.text("command")?, from.text("env")?) {
                (Some(command), None) => PasswordFrom::Command(command),
                (None, Some(variable)) => PasswordFrom::Env(variable),
                _ => return Err(section.wrong("passphrase", "{ command = \"…\" } or { env = \"VARIABLE\" }")),
            }
        }
    };
    let in_file = section.choice("tokens", &[("keyring", false), ("file", true)])?.unwrap_or(false);
    if !in_file && section.has("passphrase") {
        return Err(section.wrong("passphrase", "left out: only tokens = \"file\" has one"));
    }
    Ok(Grant {
        provider,
        client_id: section.required("client_id")?,
        client_secret: section.text("client_secret")?.map(Secret::new),
        scope: section.text("scope")?,
        flow: flow.unwrap_or(usual),
        keep: if in_file { Keep::File(passphrase) } else { Keep::Keyring },
        ca: section.text("ca")?.map(|written| resolve(file, &written)),
    })
}

/// Plain HTTP with this machine alone.
fn is_plain_loopback(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let hosts = ["127.0.0.1", "localhost", "[::1]"];
    hosts.iter().filter_map(|host| rest.strip_prefix(host)).any(|rest| rest.is_empty() || rest.starts_with([':', '/']))
}

fn mailbox(
    file: &Path,
    address: String,
    section: &Section<'_>,
    accounts: &BTreeMap<String, Account>,
) -> Result<MailboxConfig, ConfigError> {
    section.allow(&MAILBOX, ALL)?;
    if !is_address(&address) {
        return Err(section.fault("", Fault::NotAnAddress { section: section.name() }));
    }
    let addresses = section.texts("addresses")?;
    if !addresses.iter().all(|further| is_address(further)) {
        return Err(section.wrong("addresses", "a list of addresses, as [\"help@example.test\"]"));
    }
    #[derive(Clone, Copy, PartialEq)]
    enum SentBy {
        Us,
        Server,
    }
    if section.choice("sent", &[("append", SentBy::Us), ("server", SentBy::Server)])? == Some(SentBy::Server) {
        let instead = "an answer is announced in Sent, which a server that files by itself does not allow for; \
                       it will work once there is a journal: use sent = \"append\""
            .to_owned();
        return Err(section.fault("sent", Fault::NotYetBuilt { what: "sent = \"server\"".to_owned(), instead }));
    }
    let done = [("archive", DoneMeans::Archive), ("keyword", DoneMeans::Keyword)];
    let after = [("waiting", AfterReply::Waiting), ("open", AfterReply::Open), ("done", AfterReply::Done)];
    Ok(MailboxConfig {
        account: account_of(section, accounts)?,
        name: section.text("name")?,
        root: section.exact("root")?,
        folders: section.section("folders")?.map_or_else(|| Ok(BTreeMap::new()), |s| folders(&s))?,
        user: section.text("user")?,
        since: section.date("since")?,
        signature: section.text("signature")?.map(|written| resolve(file, &written)),
        done: section.choice("done", &done)?.unwrap_or(DoneMeans::Archive),
        after_reply: section.choice("after_reply", &after)?.unwrap_or(AfterReply::Waiting),
        address,
        addresses,
    })
}

/// The account that a mailbox names, or the only one.
fn account_of(section: &Section<'_>, accounts: &BTreeMap<String, Account>) -> Result<String, ConfigError> {
    let names = || accounts.keys().map(String::as_str);
    match section.text("account")? {
        Some(account) if accounts.contains_key(&account) => Ok(account),
        Some(account) => {
            let nearest = nearest(&account, names()).to_owned();
            Err(section.fault("account", Fault::NoSuchAccount { section: section.name(), account, nearest }))
        }
        None => match accounts.keys().collect::<Vec<_>>()[..] {
            [only] => Ok(only.clone()),
            _ => {
                let accounts = names().collect::<Vec<_>>().join(", ");
                Err(section.fault("account", Fault::WhichAccount { section: section.name(), accounts }))
            }
        },
    }
}

fn folders(section: &Section<'_>) -> Result<BTreeMap<Role, String>, ConfigError> {
    section.allow(&FOLDERS, ALL)?;
    let mut folders = BTreeMap::new();
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Inbox) {
        if let Some(name) = section.exact(role.as_str())? {
            folders.insert(role, name);
        }
    }
    Ok(folders)
}

fn cache(section: &Section<'_>) -> Result<Cache, ConfigError> {
    section.allow(&CACHE, ALL)?;
    let default = Cache::default();
    let size = match section.text("size")? {
        Some(text) => bytes(&text).ok_or_else(|| section.wrong("size", "a size like \"2 GB\" or \"500 MB\""))?,
        None => default.size,
    };
    let prefetch = section.choice("prefetch", &[("open", Prefetch::Open), ("none", Prefetch::None)])?;
    Ok(Cache { size, prefetch: prefetch.unwrap_or(default.prefetch) })
}

fn ui(section: &Section<'_>) -> Result<Ui, ConfigError> {
    section.allow(&UI, ALL)?;
    let default = Ui::default();
    let profiles = [("default", KeyProfile::Default), ("mutt", KeyProfile::Mutt), ("gmail", KeyProfile::Gmail)];
    Ok(Ui {
        theme: match section.text("theme")? {
            Some(name) if name != "auto" => Theme::Named { name, place: section.place("theme") },
            _ => default.theme,
        },
        glyphs: section
            .choice("glyphs", &[("unicode", Glyphs::Unicode), ("ascii", Glyphs::Ascii)])?
            .unwrap_or(default.glyphs),
        keys: section.choice("keys", &profiles)?.unwrap_or(default.keys),
        own_keys: default.own_keys,
        mouse: section.flag("mouse")?.unwrap_or(default.mouse),
        notify: section
            .choice(
                "notify",
                &[
                    ("off", Notify::Off),
                    ("bell", Notify::Bell),
                    ("terminal", Notify::Terminal),
                    ("desktop", Notify::Desktop),
                ],
            )?
            .unwrap_or(default.notify),
        notify_new: section.flag("notify_new")?.unwrap_or(default.notify_new),
    })
}

/// `[keys.queue]` and the like, line by line.
fn own_keys(section: &Section<'_>) -> Result<Vec<KeyLine>, ConfigError> {
    let mut lines = Vec::new();
    for context in section.keys() {
        let own = section.section(&context)?;
        for keys in own.iter().flat_map(Section::keys) {
            let Some(own) = &own else { continue };
            let action = own.text(&keys)?.unwrap_or_default();
            lines.push(KeyLine { context: context.clone(), place: own.place(&keys), keys, action });
        }
    }
    Ok(lines)
}

/// A local part and a domain, nothing that could break out of a header or a command.
pub fn is_address(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && !part.chars().any(|c| c.is_control() || c.is_whitespace() || "<>,;:\"()[]\\".contains(c))
    };
    text.rsplit_once('@').is_some_and(|(local, domain)| is_part(local) && is_part(domain) && !local.contains('@'))
}

/// `2 GB`, `500 MB`, `512 MiB`.
fn bytes(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor).filter(|&size| size > 0)
}
