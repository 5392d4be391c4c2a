//! A small blocking SMTP client on a bare socket, for submission as another mail client does it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::tls;

/// A connection to a submission server.
pub struct Client {
    stream: BufReader<Box<dyn Duplex>>,
}

trait Duplex: Read + Write + Send {}
impl<T: Read + Write + Send> Duplex for T {}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    None,
    StartTls,
    Implicit,
}

impl Client {
    /// As far as the last EHLO; the error is that of the connection or handshake.
    pub fn connect(host: &str, port: u16, protection: Protection) -> std::io::Result<Self> {
        let socket = TcpStream::connect((host, port))?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(Duration::from_secs(30)))?;
        let first: Box<dyn Duplex> = match protection {
            Protection::Implicit => Box::new(tls::connect(host, socket.try_clone()?)?),
            _ => Box::new(socket.try_clone()?),
        };
        let mut client = Self { stream: BufReader::new(first) };
        client.read_reply()?;
        client.command("EHLO [127.0.0.1]");
        if protection == Protection::StartTls {
            let reply = client.command("STARTTLS");
            assert!(reply.starts_with("220"), "STARTTLS: {reply}");
            client.stream = BufReader::new(Box::new(tls::connect(host, socket)?));
            client.command("EHLO [127.0.0.1]");
        }
        Ok(client)
    }

    /// One command and its whole reply.
    pub fn command(&mut self, command: &str) -> String {
        self.write(format!("{command}\r\n").as_bytes());
        self.read_reply().unwrap_or_else(|e| panic!("{command}: {e}"))
    }

    /// AUTH PLAIN; gives the reply.
    pub fn auth(&mut self, user: &str, password: &str) -> String {
        let words = data_encoding::BASE64.encode(format!("\0{user}\0{password}").as_bytes());
        self.command(&format!("AUTH PLAIN {words}"))
    }

    /// DATA with the message; gives the reply to the final dot.
    pub fn data(&mut self, message: &[u8]) -> String {
        let reply = self.command("DATA");
        assert!(reply.starts_with("354"), "DATA: {reply}");
        self.write(&super::lmtp::dot_stuffed(message));
        self.read_reply().expect("a reply to the message")
    }

    fn write(&mut self, bytes: &[u8]) {
        let stream = self.stream.get_mut();
        stream.write_all(bytes).and_then(|()| stream.flush()).expect("the server reads");
    }

    fn read_reply(&mut self) -> std::io::Result<String> {
        let mut reply = String::new();
        loop {
            let start = reply.len();
            if self.stream.read_line(&mut reply)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if reply.as_bytes().get(start + 3) != Some(&b'-') {
                return Ok(reply.trim_end().to_owned());
            }
        }
    }
}
