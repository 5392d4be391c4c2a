//! A tiny token authority: issues access tokens and tells a mail server whose they are (token introspection).

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use super::process::random;

/// Answers `GET /introspect` with `Authorization: Bearer TOKEN`, as Dovecot's `introspection_mode = auth` asks.
#[derive(Debug, Clone)]
pub struct Tokens {
    pub port: u16,
    users: Arc<Mutex<HashMap<String, String>>>,
}

impl Tokens {
    /// Serves until the test process ends.
    pub fn serve() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port for the token authority");
        let tokens = Self { port: listener.local_addr().expect("its address").port(), users: Arc::default() };
        let users = tokens.users.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let users = users.clone();
                std::thread::spawn(move || {
                    // A mail server that hangs up in the middle is its own affair.
                    let _ = answer(&connection, &users);
                });
            }
        });
        tokens
    }

    /// A fresh token for a user.
    pub fn issue(&self, user: &str) -> String {
        let token = format!("token-{:016x}", random());
        self.users().insert(token.clone(), user.to_owned());
        token
    }

    /// From now on the token is refused.
    pub fn revoke(&self, token: &str) {
        self.users().remove(token);
    }

    fn users(&self) -> std::sync::MutexGuard<'_, HashMap<String, String>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answer(connection: &TcpStream, users: &Mutex<HashMap<String, String>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection);
    loop {
        let mut token = None;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("authorization")
            {
                token = value.trim().strip_prefix("Bearer ").map(str::to_owned);
            }
        }
        let user = token.and_then(|t| users.lock().unwrap_or_else(PoisonError::into_inner).get(&t).cloned());
        let body = match user {
            Some(user) => format!(r#"{{"active":true,"email":"{user}","scope":"mail"}}"#),
            None => r#"{"active":false}"#.to_owned(),
        };
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        (&*connection).write_all(format!("{head}{body}").as_bytes())?;
    }
}
