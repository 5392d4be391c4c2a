//! A real Dovecot (2.3) with shared mailboxes and ACLs, as root or as an ordinary user.
//!
//! One server serves a whole test file: each test takes a [`Team`](super::team::Team), which has a domain of its own.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::certs;
use super::dovecot_conf as conf;
use super::imap_client::Client;
use super::oauth::Tokens;
use super::process::{Server, free_port, is_root, new_folder, program, wait_for};
use super::team::Team;

/// The one server of this test program that is as servers are by default.
pub fn sdbox() -> &'static Dovecot {
    static SERVER: OnceLock<Dovecot> = OnceLock::new();
    SERVER.get_or_init(Dovecot::start)
}

/// The one that keeps a file for each mail.
pub fn maildir() -> &'static Dovecot {
    static SERVER: OnceLock<Dovecot> = OnceLock::new();
    SERVER.get_or_init(|| Dovecot::with(Options::maildir()))
}

/// How Dovecot keeps mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    Sdbox,
    Maildir,
}

/// What the users of a shared folder have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharedIndex {
    /// Everything, `\Seen` too.
    Common,
    /// All but `\Seen` (`INDEXPVT=`).
    PrivateSeen,
    /// Messages and keywords in the files only: each has an index and MODSEQs of his own (`INDEX=`). Maildir.
    PerUser,
}

/// What kind of server it is to be.
#[derive(Debug, Clone)]
pub struct Options {
    pub storage: Storage,
    pub shared_index: SharedIndex,
    /// The capability line after the login instead of Dovecot's own. What it leaves out works all the same.
    pub capability: Option<String>,
    /// The ACL commands (RFC 4314). Without, rights hold but cannot be asked for.
    pub acl_commands: bool,
    /// XOAUTH2 and OAUTHBEARER beside passwords; see [`Dovecot::tokens`].
    pub oauth2: bool,
    /// Storage in kB for each user, shown by the QUOTA commands.
    pub quota_kb: Option<u32>,
    /// A namespace `Public/` in which every team member may do everything.
    pub public: bool,
    /// `mail_max_userip_connections`.
    pub connections: u32,
    /// The submission service as well.
    pub submission: Option<SubmissionRelay>,
    /// Further lines of configuration.
    pub extra: String,
}

/// Where the submission service hands its mail on, and whose tokens it takes beside passwords.
#[derive(Debug, Clone)]
pub struct SubmissionRelay {
    pub port: u16,
    pub tokens: Option<Tokens>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            storage: Storage::Sdbox,
            shared_index: SharedIndex::Common,
            capability: None,
            acl_commands: true,
            oauth2: false,
            quota_kb: None,
            public: false,
            connections: 1000,
            submission: None,
            extra: String::new(),
        }
    }
}

impl Options {
    pub fn maildir() -> Self {
        Self { storage: Storage::Maildir, ..Self::default() }
    }

    /// Dovecot's capabilities after the login, as far as they matter here, without those named.
    pub fn without(names: &[&str]) -> Self {
        let all = "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT THREAD=REFERENCES THREAD=REFS MULTIAPPEND \
                   URL-PARTIAL CATENATE UNSELECT CHILDREN NAMESPACE UIDPLUS LIST-EXTENDED I18NLEVEL=1 CONDSTORE QRESYNC \
                   ESEARCH ESORT SEARCHRES WITHIN CONTEXT=SEARCH LIST-STATUS BINARY MOVE SNIPPET=FUZZY PREVIEW=FUZZY \
                   PREVIEW STATUS=SIZE SAVEDATE LITERAL+ NOTIFY SPECIAL-USE ACL RIGHTS=texk";
        let kept: Vec<&str> = all.split_whitespace().filter(|c| !names.contains(c)).collect();
        Self { capability: Some(kept.join(" ")), acl_commands: !names.contains(&"ACL"), ..Self::default() }
    }
}

/// A running Dovecot; gone when dropped.
pub struct Dovecot {
    pub options: Options,
    /// IMAP, plain text and STARTTLS, at 127.0.0.1 and at the address of every [`Cert`](super::certs::Cert).
    pub imap_port: u16,
    /// IMAP over TLS, likewise.
    pub imaps_port: u16,
    pub lmtp_port: u16,
    /// STARTTLS, TLS, plain text; only with [`Options::submission`].
    pub submission_ports: [u16; 3],
    tokens: Option<Tokens>,
    server: Server,
}

/// Everybody's password. Every login works but `unknown@…`: a list of users is read anew once a second only.
pub const PASSWORD: &str = "correct-horse";

impl Dovecot {
    /// One with all defaults.
    pub fn start() -> Self {
        Self::with(Options::default())
    }

    pub fn with(options: Options) -> Self {
        let mut failure = String::new();
        // Another program may take a port between our look at it and Dovecot's.
        for _ in 0..3 {
            match Self::try_start(options.clone()) {
                Ok(dovecot) => return dovecot,
                Err(e) => failure = e,
            }
        }
        panic!("{failure}");
    }

    fn try_start(options: Options) -> Result<Self, String> {
        let binary = program("dovecot").expect("no dovecot: tests/run installs it");
        let folder = new_folder("dovecot");
        certs::write_to(&folder);
        let mail = folder.join("mail");
        std::fs::create_dir(&mail).expect("the mail folder");
        let owner = Owner::of_mail();
        std::os::unix::fs::chown(&mail, Some(owner.uid), Some(owner.gid)).expect("the mail folder's owner");

        // Rights beside those that each mailbox gives: everybody may do everything in the public folders.
        std::fs::write(folder.join("global-acls"), "Public/* authenticated lrwstipekxa\n").expect("global-acls");

        let tokens = options.submission.as_ref().and_then(|s| s.tokens.clone());
        let tokens = tokens.or_else(|| options.oauth2.then(Tokens::serve));
        let [imap_port, imaps_port, lmtp_port] = [(); 3].map(|()| free_port());
        let mut dovecot_conf = conf::server(&options, &folder, [imap_port, imaps_port, lmtp_port]);
        if let Some(tokens) = &tokens {
            dovecot_conf.push_str(&conf::oauth2(&folder, tokens.port));
        }
        let submission_ports = [(); 3].map(|()| free_port());
        if let Some(relay) = &options.submission {
            dovecot_conf.push_str(&conf::submission(relay.port, submission_ports));
        }
        dovecot_conf.push_str(&options.extra);
        let conf = folder.join("dovecot.conf");
        std::fs::write(&conf, dovecot_conf).expect("dovecot.conf");

        let mut command = Command::new(binary);
        command.arg("-F").arg("-c").arg(&conf);
        let log = folder.join("dovecot.log");
        let mut server = Server::start("dovecot", command, folder, log);
        server.wait_until_it_listens(&[imap_port, imaps_port, lmtp_port])?;
        if options.submission.is_some() {
            server.wait_until_it_listens(&submission_ports)?;
        }
        Ok(Self { options, imap_port, imaps_port, lmtp_port, submission_ports, tokens, server })
    }

    /// A fresh team with its own domain and shared mailbox `support@…`.
    pub fn team(&self) -> Team<'_> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        Team::create(self, &format!("t{}.test", NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// A file of the authority that signed the server's certificates.
    pub fn ca(&self) -> PathBuf {
        self.server.folder().join("ca.pem")
    }

    pub fn folder(&self) -> &Path {
        self.server.folder()
    }

    /// The main process, for signals (SIGSTOP makes the login hang, SIGHUP reloads).
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// The socket at which a submission server checks passwords.
    pub fn sasl_socket(&self) -> PathBuf {
        self.folder().join("run/auth-submission")
    }

    /// The authority of access tokens; only with [`Options::oauth2`].
    pub fn tokens(&self) -> &Tokens {
        self.tokens.as_ref().expect("Options::oauth2")
    }

    pub(super) fn tokens_if_any(&self) -> Option<Tokens> {
        self.tokens.clone()
    }

    /// Writes the rights of a mailbox's folders as Dovecot keeps them, and who sees the mailbox. The same by SETACL
    /// takes a second for a team: each time Dovecot looks up everybody again.
    pub(super) fn write_acls(&self, owner: &str, folders: &[&str], people: &[(String, &str)]) {
        let home = self.folder().join("mail").join(owner);
        let acl: String = people.iter().map(|(who, rights)| format!("user={who} {rights}\n")).collect();
        for folder in folders {
            let folder = match (self.options.storage, *folder) {
                (Storage::Sdbox, name) => home.join("mail/mailboxes").join(name).join("dbox-Mails"),
                (Storage::Maildir, "INBOX") => home.join("Maildir"),
                (Storage::Maildir, name) => home.join("Maildir").join(format!(".{name}")),
            };
            self.write_as_mail_owner(&folder.join("dovecot-acl"), &acl);
        }
        // Made of the folders' first states; Dovecot makes a new one when there is none.
        let list = match self.options.storage {
            Storage::Sdbox => home.join("mail/mailboxes/dovecot-acl-list"),
            Storage::Maildir => home.join("Maildir/dovecot-acl-list"),
        };
        let _ = std::fs::remove_file(list);
        let domain = owner.rsplit('@').next().unwrap_or_default();
        let dict = self.folder().join("mail").join(format!("shared-{domain}"));
        let mut lines = std::fs::read_to_string(&dict).unwrap_or_default();
        for (who, _) in people {
            writeln!(lines, "shared/shared-boxes/user/{who}/{owner}\n1").expect("a string");
        }
        self.write_as_mail_owner(&dict, &lines);
    }

    fn write_as_mail_owner(&self, path: &Path, text: &str) {
        let Owner { uid, gid } = Owner::of_mail();
        let new = path.with_extension("new");
        std::fs::write(&new, text).unwrap_or_else(|e| panic!("{}: {e}", new.display()));
        std::os::unix::fs::chown(&new, Some(uid), Some(gid)).expect("the file's owner");
        std::fs::rename(&new, path).expect("the file in its place");
    }

    /// Signed in over plain text.
    pub fn imap(&self, user: &str) -> Client {
        Client::connect("127.0.0.1", self.imap_port).login(user, PASSWORD)
    }

    /// Delivers by LMTP, which adds `Return-Path`, `Delivered-To` and `Received`.
    pub fn deliver(&self, from: &str, to: &str, message: &[u8]) {
        super::lmtp::deliver(self.lmtp_port, from, to, message);
    }

    /// `doveadm ARGUMENTS`; gives its output.
    pub fn doveadm(&self, arguments: &[&str]) -> String {
        let conf = self.folder().join("dovecot.conf");
        let doveadm = program("doveadm").expect("doveadm");
        let output = Command::new(doveadm).arg("-c").arg(conf).args(arguments).stdin(Stdio::null()).output();
        let output = output.expect("doveadm runs");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "doveadm {arguments:?}: {complaint}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Makes folders in the namespace `Public/`, such as `desk@example.test` and `desk@example.test/Sent`. Only with
    /// [`Options::public`].
    pub fn create_public(&self, folders: &[&str]) {
        // Nobody may create at the namespace's root, so past the ACLs.
        let mut arguments = vec!["-o", "plugin/acl=", "mailbox", "create", "-u", "postmaster@example.test"];
        let names: Vec<String> = folders.iter().map(|f| format!("Public/{f}")).collect();
        arguments.extend(names.iter().map(String::as_str));
        self.doveadm(&arguments);
    }

    /// Ends every session of a user, as a restart or a broken line would.
    pub fn kick(&self, user: &str) {
        self.doveadm(&["kick", user]);
    }

    /// The whole log, for assertions.
    pub fn log(&self) -> String {
        self.server.log()
    }

    /// Waits until the log contains `text`.
    pub fn wait_for_log(&self, text: &str) {
        let limit = std::time::Duration::from_secs(10);
        let came = wait_for(limit, || self.server.log().contains(text).then_some(()));
        assert!(came.is_some(), "dovecot's log has no {text:?}");
    }
}

/// Whom the mail belongs to: never root, for Dovecot refuses to serve mail as root.
#[derive(Clone, Copy)]
pub(super) struct Owner {
    pub uid: u32,
    pub gid: u32,
}

impl Owner {
    pub fn of_mail() -> Self {
        if is_root() {
            return Self { uid: 65534, gid: 65534 };
        }
        // SAFETY: neither call can fail or touches memory.
        unsafe { Self { uid: libc::geteuid(), gid: libc::getegid() } }
    }
}
