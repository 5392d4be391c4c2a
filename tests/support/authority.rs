//! A real authorization server (node-oidc-provider) with device code, PKCE, rotating refresh tokens and introspection, and
//! persons with browsers who sign in there. `npm ci` installs it once, below `target/`.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::process::{Server, free_port, new_folder, program};

/// A running authority; gone when dropped.
pub struct Authority {
    server: Server,
    port: u16,
}

impl Authority {
    pub fn start() -> Self {
        let mut failure = String::new();
        // Another program may take the port between our look at it and the server's.
        for _ in 0..3 {
            let (folder, port) = (new_folder("authority"), free_port());
            let mut command = Command::new(node());
            command.arg(installed().join("server.mjs")).arg(port.to_string());
            let log = folder.join("authority.log");
            let mut server = Server::start("authority", command, folder, log);
            match server.wait_until_it_listens(&[port]) {
                Ok(()) => return Self { server, port },
                Err(e) => failure = e,
            }
        }
        panic!("{failure}");
    }

    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Dovecot's configuration for tokens of this authority, which it introspects.
    pub fn passdb(&self) -> String {
        let conf = self.server.folder().join("dovecot-oauth2.conf.ext");
        let settings = format!(
            "introspection_mode = post\nintrospection_url = http://dovecot:introspects@127.0.0.1:{}/token/introspection\n\
             username_attribute = sub\nactive_attribute = active\nactive_value = true\n",
            self.port
        );
        std::fs::write(&conf, settings).expect("dovecot-oauth2.conf.ext");
        format!(
            "auth_mechanisms = plain login xoauth2 oauthbearer\npassdb {{\n  driver = oauth2\n  mechanisms = xoauth2 \
             oauthbearer\n  args = {}\n}}\n",
            conf.display()
        )
    }

    /// What holds for one login from now on: `life` and `said` of access tokens in seconds, the scopes `granted`.
    pub fn set(&self, login: &str, mut settings: Value) {
        settings["login"] = login.into();
        self.turn("set", &settings);
    }

    /// Ends all that a login was granted, as its administrator would.
    pub fn revoke(&self, login: &str) {
        self.turn("revoke", &json!({ "login": login }));
    }

    /// It answers everything with 503, or does not any more.
    pub fn set_down(&self, down: bool) {
        self.turn("down", &json!({ "down": down }));
    }

    /// Each renewal that was asked for a login: whether it was granted.
    pub fn renewals(&self, login: &str) -> Vec<bool> {
        let told = self.turn("renewals", &json!({ "login": login }));
        let all = told["renewals"].as_array().expect("a list");
        all.iter().map(|renewal| renewal["ok"] == true).collect()
    }

    /// Every token that a login was ever given.
    pub fn issued(&self, login: &str) -> Vec<String> {
        let told = self.turn("issued", &json!({ "login": login }));
        let all = told["issued"].as_array().expect("a list");
        all.iter().map(|issue| issue["token"].as_str().expect("a token").to_owned()).collect()
    }

    fn turn(&self, what: &str, asked: &Value) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the authority");
        let body = asked.to_string();
        let head = format!("POST /test/{what} HTTP/1.0\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).expect("the authority listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the authority answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("an answer");
        serde_json::from_str(body).unwrap_or_else(|e| panic!("{e}: {answer}"))
    }
}

/// A person opens an address, types a code where one is asked for, and signs in; `nobody` says no.
pub fn visit(person: &str, address: &str, code: &str) -> Output {
    let mut command = Command::new(node());
    command.arg(installed().join("person.mjs")).arg(address).env("PERSON", person).env("CODE", code);
    let output = command.stdin(Stdio::null()).output().expect("node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// A browser, for `$BROWSER`, before which this person sits.
pub fn browser_of(person: &str, folder: &Path) -> PathBuf {
    let script = folder.join("browser");
    let text = format!(
        "#!/bin/sh\nPERSON='{person}' exec '{}' '{}' \"$1\"\n",
        node().display(),
        installed().join("person.mjs").display()
    );
    std::fs::write(&script, text).expect("the browser");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("the browser's mode");
    script
}

fn node() -> PathBuf {
    program("node").expect("no node: tests/run installs it")
}

/// The folder of the server and its packages.
fn installed() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oauth_server");
        let lock = std::fs::read(source.join("package-lock.json")).expect("package-lock.json");
        let name = data_encoding::HEXLOWER.encode(&Sha256::digest(&lock)[..6]);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("oauth_server-{name}"));
        std::fs::create_dir_all(&folder).expect("a folder for the authority");
        // One test process at a time installs.
        let turn = File::create(folder.join("turn")).expect("a lock");
        turn.lock().expect("a turn");
        for file in ["package.json", "package-lock.json", "server.mjs", "person.mjs"] {
            let new = folder.join(format!("{file}.new"));
            std::fs::copy(source.join(file), &new).and_then(|_| std::fs::rename(new, folder.join(file))).expect(file);
        }
        let done = folder.join("installed");
        if !done.exists() {
            let npm = program("npm").expect("no npm: tests/run installs it");
            let mut command = Command::new(npm);
            command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
            let output = command.stdin(Stdio::null()).output().expect("npm runs");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success(),
                "`npm ci` cannot install the authorization server of these tests:\n{said}"
            );
            File::create(done).expect("a mark");
        }
        folder
    })
}
