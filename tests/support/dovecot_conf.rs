//! The configuration of a Dovecot 2.3 for the tests.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use super::certs::Cert;
use super::dovecot::{Options, Owner, PASSWORD, SharedIndex, Storage};
use super::process::is_root;

/// The accounts of Dovecot's own processes: the packaged ones for root, else the user himself.
fn accounts() -> [String; 3] {
    if is_root() {
        return ["dovecot", "dovecot", "dovenull"].map(str::to_owned);
    }
    let name = |flag| {
        let output = Command::new("id").arg(flag).output().expect("id");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    [name("-un"), name("-gn"), name("-un")]
}

/// The whole `dovecot.conf` but for tokens and submission.
pub fn server(options: &Options, folder: &Path, [imap, imaps, lmtp]: [u16; 3]) -> String {
    let dir = folder.display();
    let Owner { uid, gid } = Owner::of_mail();
    let [internal_user, internal_group, login_user] = accounts();
    let (driver, own) = match options.storage {
        Storage::Sdbox => ("sdbox", "~/mail"),
        Storage::Maildir => ("maildir", "~/Maildir"),
    };
    let theirs = own.replace('~', "%%h");
    let index = match options.shared_index {
        SharedIndex::Common => "",
        SharedIndex::PrivateSeen => ":INDEXPVT=~/shared/%%u",
        SharedIndex::PerUser => ":INDEX=~/shared/%%u",
    };
    let addresses = Cert::ALL.map(Cert::address).join(" ");
    let mut plugins = "acl".to_owned();
    let mut imap_plugins = "$mail_plugins".to_owned();
    if options.acl_commands {
        imap_plugins.push_str(" imap_acl");
    }
    let mut quota = String::new();
    if let Some(kb) = options.quota_kb {
        plugins.push_str(" quota");
        imap_plugins.push_str(" imap_quota");
        quota = format!("  quota = count:User quota\n  quota_rule = *:storage={kb}k\n  quota_vsizes = yes\n");
    }
    let capability = options.capability.as_ref().map(|c| format!("imap_capability = {c}\n")).unwrap_or_default();
    let public = if options.public {
        format!(
            "namespace public {{\n  type = public\n  prefix = Public/\n  separator = /\n  subscriptions = no\n  \
             list = children\n  location = {driver}:{dir}/mail/public\n}}\n"
        )
    } else {
        String::new()
    };
    let mut local = String::new();
    for cert in Cert::ALL {
        let tls =
            format!("ssl_cert = <{}\n  ssl_key = <{}\n", cert.chain(folder).display(), cert.key(folder).display());
        match cert {
            Cert::Right => write!(local, "{tls}"),
            _ => write!(local, "local {} {{\n  {tls}}}\n", cert.address()),
        }
        .expect("a string");
    }
    let connections = options.connections;
    format!(
        "protocols = imap lmtp
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/dovecot.log
auth_verbose = yes
login_trusted_networks =
default_internal_user = {internal_user}
default_internal_group = {internal_group}
default_login_user = {login_user}
first_valid_uid = 1
first_valid_gid = 1
disable_plaintext_auth = no
mail_fsync = never
ssl = yes
{local}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  service_count = 0
  process_min_avail = 1
  inet_listener imap {{
    address = {addresses}
    port = {imap}
  }}
  inet_listener imaps {{
    address = {addresses}
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service imap {{
  process_limit = 2000
}}
service auth {{
  unix_listener auth-submission {{
    mode = 0666
  }}
  unix_listener auth-userdb {{
    mode = 0666
  }}
}}
auth_failure_delay = 0
passdb {{
  driver = static
  mechanisms = plain login
  args = password={PASSWORD}
  username_filter = !unknown@*
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={dir}/mail/%u allow_all_users=yes
}}
mail_location = {driver}:{own}
mail_plugins = {plugins}
{capability}
mail_max_userip_connections = {connections}
protocol imap {{
  mail_plugins = {imap_plugins}
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    special_use = \\Sent
  }}
  mailbox Archive {{
    special_use = \\Archive
  }}
  mailbox Drafts {{
    special_use = \\Drafts
  }}
  mailbox Trash {{
    special_use = \\Trash
  }}
  mailbox Junk {{
    special_use = \\Junk
  }}
}}
namespace shared {{
  type = shared
  prefix = shared/%%u/
  separator = /
  subscriptions = no
  list = children
  location = {driver}:{theirs}{index}
}}
{public}
plugin {{
  acl = vfile:{dir}/global-acls
  acl_shared_dict = file:{dir}/mail/shared-%d
{quota}}}
"
    )
}

/// Access tokens beside passwords; writes the settings of the passdb into a file of its own.
pub fn oauth2(folder: &Path, port: u16) -> String {
    let conf = folder.join("oauth2.conf.ext");
    let settings = format!(
        "introspection_mode = auth\nintrospection_url = http://127.0.0.1:{port}/introspect\nusername_attribute = email\n\
         active_attribute = active\nactive_value = true\n"
    );
    std::fs::write(&conf, settings).expect("oauth2.conf.ext");
    format!(
        "auth_mechanisms = plain login xoauth2 oauthbearer\npassdb {{\n  driver = oauth2\n  mechanisms = xoauth2 \
         oauthbearer\n  args = {}\n}}\n",
        conf.display()
    )
}

/// The relay is told the login (XCLIENT) and decides who may send as whom.
pub fn submission(relay_port: u16, [starttls, tls, plain]: [u16; 3]) -> String {
    let addresses = Cert::ALL.map(Cert::address).join(" ");
    format!(
        "protocols = $protocols submission
submission_relay_host = 127.0.0.1
submission_relay_port = {relay_port}
submission_relay_trusted = yes
hostname = mail.example.test
service submission-login {{
  chroot =
  service_count = 0
  inet_listener submission {{
    address = {addresses}
    port = {starttls}
  }}
  inet_listener submissions {{
    address = {addresses}
    port = {tls}
    ssl = yes
  }}
  inet_listener plain {{
    address = {addresses}
    port = {plain}
  }}
}}
"
    )
}
