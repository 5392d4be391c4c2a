//! A real Postfix for submission, with a configuration and queue of its own. Needs root, as Postfix's main process does.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::certs::{self, Cert};
use super::dovecot::Dovecot;
use super::process::{Server, free_port, is_root, new_folder};
use super::sink::Sink;
use super::submission::{SENDERS, SHARED};

/// A running Postfix; gone when dropped.
pub struct Postfix {
    /// STARTTLS, TLS, plain text.
    pub ports: [u16; 3],
    pub sink: Sink,
    refusals: Mutex<BTreeMap<String, String>>,
    server: Server,
}

impl Postfix {
    /// Checks passwords with `dovecot`, delivers mail to its teams (`….test`) to it, everything else to a sink.
    pub fn start(dovecot: &Dovecot) -> Self {
        assert!(is_root(), "Postfix's main process runs as root only");
        let mut failure = String::new();
        // Another program may take a port between our look at it and Postfix's.
        for _ in 0..3 {
            match Self::try_start(dovecot) {
                Ok(postfix) => return postfix,
                Err(e) => failure = e,
            }
        }
        panic!("{failure}");
    }

    fn try_start(dovecot: &Dovecot) -> Result<Self, String> {
        let folder = new_folder("postfix");
        let sink = Sink::serve();
        let ports = [(); 3].map(|()| free_port());
        certs::write_to(&folder);
        write_config(&folder, dovecot, sink.port);
        write_old(&folder.join("master.cf"), &master_cf(ports, &folder));
        make_queue(&folder);

        let mut command = Command::new(DAEMONS.to_owned() + "/master");
        // -d: in the foreground, in the process group that ends as a whole.
        command.arg("-d").arg("-c").arg(&folder);
        let log = folder.join("postfix.log");
        let mut server = Server::start("postfix", command, folder, log);
        server.wait_until_it_listens(&ports)?;
        Ok(Self { ports, sink, refusals: Mutex::default(), server })
    }

    pub fn folder(&self) -> &Path {
        self.server.folder()
    }

    pub fn log(&self) -> String {
        self.server.log()
    }

    /// From now on RCPT TO this recipient is answered with this reply; `None`: it is taken again.
    pub fn refuse(&self, recipient: &str, reply: Option<&str>) {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        match reply {
            Some(reply) => refusals.insert(recipient.to_owned(), reply.to_owned()),
            None => refusals.remove(recipient),
        };
        let mut table = String::new();
        for (recipient, reply) in refusals.iter() {
            let pattern = recipient.replace('.', "\\.").replace('+', "\\+");
            writeln!(table, "/^{pattern}$/ {reply}").expect("a string");
        }
        // Each smtpd serves one client and reads its tables anew.
        let new = self.folder().join("refusals.new");
        write_old(&new, &table);
        std::fs::rename(new, self.folder().join("refusals")).expect("the table in its place");
    }
}

const DAEMONS: &str = "/usr/lib/postfix/sbin";

fn write_config(folder: &Path, dovecot: &Dovecot, sink_port: u16) {
    let dir = folder.display();
    let sasl = dovecot.sasl_socket();
    let sasl = sasl.display();
    let lmtp_port = dovecot.lmtp_port;
    let main = format!(
        "compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
daemon_directory = {DAEMONS}
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {dir}/postfix.log
maillog_file_prefixes = {dir}
myhostname = mail.example.test
mydestination =
mynetworks =
inet_protocols = ipv4
disable_dns_lookups = yes
smtp_host_lookup = native
smtputf8_autodetect_classes = all
default_transport = smtp:[127.0.0.1]:{sink_port}
transport_maps = regexp:{dir}/transport
local_recipient_maps =
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {sasl}
smtpd_sasl_security_options = noanonymous
smtpd_sender_login_maps = regexp:{dir}/sender-logins
smtpd_sender_restrictions = reject_sender_login_mismatch
smtpd_recipient_restrictions = check_recipient_access regexp:{dir}/refusals, permit_sasl_authenticated, reject
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 2000
message_size_limit = 100000000
"
    );
    // Logins may be plain, as on Cyrus.
    let senders: Vec<String> = SENDERS.iter().flat_map(|who| [format!("{who}@$2"), (*who).to_owned()]).collect();
    let sender_logins = format!("/^({})@(.*)$/ {}\n/^([^@]+)@(.*)$/ $1@$2\n", SHARED.join("|"), senders.join(", "));
    let transport = format!("/\\.test$/ lmtp:inet:127.0.0.1:{lmtp_port}\n");
    let files = [("main.cf", main), ("sender-logins", sender_logins), ("transport", transport)];
    for (name, text) in files.iter().chain([&("refusals", String::new())]) {
        write_old(&folder.join(name), text);
    }
}

/// A file that looks a minute old: Postfix waits until what it reads has been left alone for a second.
fn write_old(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let file = std::fs::File::options().write(true).open(path).expect("the file just written");
    file.set_modified(SystemTime::now() - Duration::from_secs(60)).expect("an older time");
}

fn master_cf([starttls, tls, plain]: [u16; 3], folder: &Path) -> String {
    let mut out = String::new();
    for cert in Cert::ALL {
        let (chain, key) = (cert.chain(folder), cert.key(folder));
        let keys = format!("-o smtpd_tls_cert_file={} -o smtpd_tls_key_file={}", chain.display(), key.display());
        for (port, options) in [
            (starttls, "-o smtpd_tls_security_level=may"),
            (tls, "-o smtpd_tls_wrappermode=yes"),
            (plain, "-o smtpd_tls_security_level=none -o smtpd_tls_auth_only=no"),
        ] {
            let address = cert.address();
            writeln!(out, "{address}:{port} inet n - n - - smtpd\n  -o max_use=1 {options} {keys}").expect("a string");
        }
    }
    out + "pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"
}

/// The queue's folders with the owners and modes that Postfix's own installation gives them.
fn make_queue(folder: &Path) {
    let postfix = id("-u", "postfix");
    let postdrop = group("postdrop");
    let make = |path: &str, mode: u32, owner: Option<(u32, u32)>| {
        let path = folder.join(path);
        std::fs::create_dir(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        if let Some((uid, gid)) = owner {
            chown(&path, Some(uid), Some(gid)).expect("an owner");
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
    };
    make("data", 0o700, Some((postfix, 0)));
    make("queue", 0o755, None);
    make("queue/pid", 0o755, None);
    for name in
        ["active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace"]
    {
        make(&format!("queue/{name}"), 0o700, Some((postfix, 0)));
    }
    make("queue/public", 0o710, Some((postfix, postdrop)));
    make("queue/maildrop", 0o1730, Some((postfix, postdrop)));
}

fn id(flag: &str, user: &str) -> u32 {
    let output = Command::new("id").args([flag, user]).output().expect("id");
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().unwrap_or_else(|_| panic!("no account {user}: Postfix is not installed; tests/run does it"))
}

fn group(name: &str) -> u32 {
    let text = std::fs::read_to_string("/etc/group").expect("/etc/group");
    let line = text.lines().find(|l| l.starts_with(&format!("{name}:")));
    line.and_then(|l| l.split(':').nth(2)?.parse().ok()).unwrap_or_else(|| panic!("no group {name}"))
}
