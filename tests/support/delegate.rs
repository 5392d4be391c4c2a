//! Two doors as Microsoft's: one that lets a delegate with a token of their own into a shared mailbox, before a real IMAP server
//! that would not, and one that takes mail and writes down from whom. Both in plain text on loopback.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::BASE64;

use super::dovecot::PASSWORD;

/// What was shown or said at a door.
#[derive(Debug, Clone, Default)]
pub struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn note(&self, line: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line.into());
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A door to an IMAP server: whoever comes with a token is let in as whom they name, by that one's password. What was shown
/// (SASL XOAUTH2 or OAUTHBEARER, RFC 7628) is heard. Serves until the test process ends.
pub fn imap(server_port: u16) -> (u16, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (port, heard) = (listener.local_addr().expect("its address").port(), Heard::default());
    let told = heard.clone();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let told = told.clone();
            std::thread::spawn(move || let_in(client, server_port, &told));
        }
    });
    (port, heard)
}

/// Ends with the connection, whichever side ends it.
fn let_in(client: TcpStream, server_port: u16, told: &Heard) -> std::io::Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", server_port))?;
    let (mut from_server, mut to_client) = (server.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let mut reader = BufReader::new(client);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        let words: Vec<&str> = line.trim_end().split(' ').collect();
        match words[..] {
            [tag, "AUTHENTICATE", "XOAUTH2" | "OAUTHBEARER", shown] => {
                let shown = BASE64.decode(shown.as_bytes()).expect("base64");
                let shown = String::from_utf8(shown).expect("text");
                let user = shown.strip_prefix("user=").or_else(|| shown.strip_prefix("n,a=")).expect("a user");
                let user = user.split(['\x01', ',']).next().expect("a user");
                write!(server, "{tag} LOGIN \"{user}\" \"{PASSWORD}\"\r\n")?;
                told.note(shown);
                break;
            }
            _ => server.write_all(line.as_bytes())?,
        }
        line.clear();
    }
    std::io::copy(&mut reader, &mut server)?;
    server.shutdown(Shutdown::Both)
}

/// A submission server that takes every token and every mail: each line that clients say, XOAUTH2's decoded.
pub fn submission() -> (u16, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (port, heard) = (listener.local_addr().expect("its address").port(), Heard::default());
    let told = heard.clone();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let told = told.clone();
            std::thread::spawn(move || take_mail(client, &told));
        }
    });
    (port, heard)
}

fn take_mail(client: TcpStream, told: &Heard) -> std::io::Result<()> {
    let mut writer = client.try_clone()?;
    let mut say = |text: &str| writer.write_all(format!("{text}\r\n").as_bytes());
    say("220 stub ESMTP")?;
    let mut in_data = false;
    for line in BufReader::new(client).lines() {
        let line = line?;
        match line.strip_prefix("AUTH XOAUTH2 ") {
            Some(shown) => told.note(String::from_utf8_lossy(&BASE64.decode(shown.as_bytes()).expect("base64"))),
            None => told.note(line.as_str()),
        }
        let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match word.as_str() {
            _ if in_data => {
                in_data = line != ".";
                if !in_data {
                    say("250 2.0.0 taken")?;
                }
            }
            "EHLO" => say("250-stub\r\n250-8BITMIME\r\n250 AUTH XOAUTH2")?,
            "AUTH" => say("235 2.7.0 come in")?,
            "DATA" => {
                in_data = true;
                say("354 go on")?;
            }
            "QUIT" => return say("221 bye"),
            _ => say("250 2.0.0 well")?,
        }
    }
    Ok(())
}
