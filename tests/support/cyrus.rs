//! A real Cyrus (3.6) with one shared mailbox, `user/support`, as root or as an ordinary user.
//!
//! Logins are plain (`alice`), every password is taken, and what belongs to one test belongs to one server: it starts in a
//! tenth of a second. Cyrus tells its log to syslog alone, so there is none to be shown when a test fails.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::imap_client::{Client, quoted};
use super::process::{Server, free_port, is_root, new_folder_in_memory, program};

/// The folders below INBOX that the shared mailbox has.
pub const FOLDERS: [&str; 6] = ["Sent", "Archive", "Drafts", "Trash", "Junk", "Clients"];

/// What the configuration calls the shared mailbox: Cyrus knows no address of it.
pub const MAILBOX: &str = "support@cyrus.test";

/// How mailboxes are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// `altnamespace` and `unixhierarchysep`: `Other Users/support/Sent`.
    OtherUsers,
    /// Neither, as Debian's package has it: `user.support.Sent`.
    Dots,
}

/// A running Cyrus; gone when dropped.
pub struct Cyrus {
    pub imap_port: u16,
    naming: Naming,
    server: Server,
    _programs: TempDir,
}

/// What `tests/run` unpacks of Cyrus's package: Debian installs no second IMAP server beside Dovecot.
const UNPACKED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/cyrus/usr/lib/cyrus/bin");

/// Cyrus's programs where its own user may run them.
fn programs() -> TempDir {
    let place = tempfile::Builder::new().prefix("bagsy-cyrus-programs-").tempdir().expect("a folder");
    let all = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(place.path(), all.clone()).expect("its mode");
    for name in ["imapd", "idled"] {
        let (from, to) = (Path::new(UNPACKED).join(name), place.path().join(name));
        std::fs::copy(&from, &to).unwrap_or_else(|e| panic!("{}: {e}: tests/run unpacks it", from.display()));
        std::fs::set_permissions(&to, all.clone()).expect("its mode");
    }
    place
}

impl Cyrus {
    pub fn start() -> Self {
        Self::named(Naming::OtherUsers)
    }

    pub fn named(naming: Naming) -> Self {
        let mut failure = String::new();
        // Another program may take a port between our look at it and Cyrus's.
        for _ in 0..3 {
            match Self::try_start(naming) {
                Ok(cyrus) => {
                    let mut commands = vec![format!("CREATE {}", quoted(&cyrus.internal("INBOX")))];
                    commands.extend(FOLDERS.map(|f| format!("CREATE {}", quoted(&cyrus.internal(f)))));
                    cyrus.admin().ok_all(&commands);
                    return cyrus;
                }
                Err(e) => failure = e,
            }
        }
        panic!("{failure}");
    }

    fn try_start(naming: Naming) -> Result<Self, String> {
        let folder = new_folder_in_memory("cyrus");
        for name in ["conf/db", "conf/proc", "conf/lock", "conf/log", "conf/msg", "conf/socket", "spool"] {
            std::fs::create_dir_all(folder.join(name)).expect("a folder of Cyrus's");
        }
        let imap_port = free_port();
        std::fs::write(folder.join("imapd.conf"), imapd_conf(&folder, naming)).expect("imapd.conf");
        let programs = programs();
        std::fs::write(folder.join("cyrus.conf"), cyrus_conf(&folder, programs.path(), imap_port)).expect("cyrus.conf");
        if is_root() {
            // Its services give root up for the package's user.
            let given = Command::new("chown").args(["-R", "cyrus:mail"]).arg(&folder).status();
            assert!(given.is_ok_and(|s| s.success()), "no user cyrus: tests/run installs cyrus-common");
        }
        let mut command = Command::new("/usr/lib/cyrus/bin/master");
        command.arg("-D").arg("-C").arg(folder.join("imapd.conf")).arg("-M").arg(folder.join("cyrus.conf"));
        command.arg("-p").arg(folder.join("master.pid"));
        let log = folder.join("cyrus.log");
        let mut server = Server::start("cyrus", command, folder, log);
        server.wait_until_it_listens(&[imap_port])?;
        Ok(Self { imap_port, naming, server, _programs: programs })
    }

    /// Signed in over plain text.
    pub fn imap(&self, user: &str) -> Client {
        Client::connect("127.0.0.1", self.imap_port).login(user, super::dovecot::PASSWORD)
    }

    /// Signed in as the administrator, who sees every mailbox by its internal name.
    pub fn admin(&self) -> Client {
        self.imap("cyrus")
    }

    /// The IMAP name of the shared INBOX, or of a folder of it, as teammates see it.
    pub fn folder(&self, name: &str) -> String {
        match (self.naming, name) {
            (Naming::OtherUsers, "INBOX") => "Other Users/support".to_owned(),
            (Naming::OtherUsers, name) => format!("Other Users/support/{name}"),
            (Naming::Dots, _) => self.internal(name),
        }
    }

    /// The name by which the administrator knows it.
    fn internal(&self, name: &str) -> String {
        let separator = if self.naming == Naming::Dots { '.' } else { '/' };
        match name {
            "INBOX" => format!("user{separator}support"),
            name => format!("user{separator}support{separator}{name}"),
        }
    }

    /// Grants exactly these rights in one folder of the shared mailbox; "" takes all away.
    pub fn grant(&self, who: &str, folder: &str, rights: &str) {
        let folder = quoted(&self.internal(folder));
        let command = match rights {
            "" => format!("DELETEACL {folder} {who}"),
            _ => format!("SETACL {folder} {who} {rights}"),
        };
        self.admin().ok(&command);
    }

    /// Runs these lines in `cyradm`, none of which may fail.
    pub fn cyradm(&self, lines: &str) {
        let port = self.imap_port.to_string();
        let mut command = Command::new(program("cyradm").expect("no cyradm: tests/run installs cyrus-admin"));
        command.args(["--user", "cyrus", "--password", super::dovecot::PASSWORD, "--auth", "PLAIN", "--notls"]);
        command.args(["--port", &port, "127.0.0.1"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("cyradm");
        let mut stdin = child.stdin.take().expect("a pipe");
        std::io::Write::write_all(&mut stdin, lines.as_bytes()).expect("cyradm reads");
        drop(stdin);
        let output = child.wait_with_output().expect("cyradm's end");
        // It ends well whatever it could not do, and says that on standard error.
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && complaints.is_empty(), "cyradm: {complaints}\n{lines}");
    }

    pub fn folder_of_files(&self) -> &Path {
        self.server.folder()
    }
}

fn imapd_conf(folder: &Path, naming: Naming) -> String {
    let dir = folder.display();
    let alt = if naming == Naming::OtherUsers { "yes" } else { "no" };
    let user = if is_root() {
        "cyrus".to_owned()
    } else {
        let output = Command::new("id").arg("-un").output().expect("id");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    format!(
        "cyrus_user: {user}
configdirectory: {dir}/conf
proc_path: {dir}/conf/proc
mboxname_lockpath: {dir}/conf/lock
idlesocket: {dir}/conf/socket/idle
notifysocket: {dir}/conf/socket/notify
lmtpsocket: {dir}/conf/socket/lmtp
defaultpartition: default
partition-default: {dir}/spool
admins: cyrus
sasl_pwcheck_method: alwaystrue
sasl_mech_list: PLAIN LOGIN
allowplaintext: yes
altnamespace: {alt}
unixhierarchysep: {alt}
virtdomains: off
skiplist_unsafe: yes
"
    )
}

fn cyrus_conf(folder: &Path, programs: &Path, imap_port: u16) -> String {
    let conf = folder.join("imapd.conf");
    let (conf, programs) = (conf.display(), programs.display());
    format!(
        "START {{
  recover cmd=\"/usr/sbin/cyrus ctl_cyrusdb -C {conf} -r\"
}}
SERVICES {{
  imap cmd=\"{programs}/imapd -C {conf} -U 30\" listen=\"127.0.0.1:{imap_port}\" prefork=1
}}
EVENTS {{
}}
DAEMON {{
  idled cmd=\"{programs}/idled -C {conf}\"
}}
"
    )
}
