//! Delivers mail as a mail server's last hop does (LMTP, RFC 2033).

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

/// Hands one message to an LMTP server for one recipient; it must be taken.
pub fn deliver(port: u16, from: &str, to: &str, message: &[u8]) {
    let socket = TcpStream::connect(("127.0.0.1", port)).expect("the LMTP server");
    socket.set_nodelay(true).expect("no delay");
    let mut reader = BufReader::new(socket.try_clone().expect("a second handle of the socket"));
    let mut writer = socket;
    expect(&mut reader, "220");
    for (command, code) in [
        ("LHLO tests.example".to_owned(), "250"),
        (format!("MAIL FROM:<{from}>"), "250"),
        (format!("RCPT TO:<{to}>"), "250"),
        ("DATA".to_owned(), "354"),
    ] {
        writer.write_all(format!("{command}\r\n").as_bytes()).expect("LMTP");
        expect(&mut reader, code);
    }
    writer.write_all(&dot_stuffed(message)).expect("the message");
    expect(&mut reader, "250");
    writer.write_all(b"QUIT\r\n").expect("QUIT");
}

fn expect(reader: &mut impl BufRead, code: &str) {
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("an LMTP answer");
        assert!(line.starts_with(code), "LMTP: wanted {code}, got {line:?}");
        if line.as_bytes().get(3) != Some(&b'-') {
            return;
        }
    }
}

/// The message with CRLF ends, dots doubled, and the final dot.
pub(super) fn dot_stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 64);
    for line in message.split_inclusive(|b| *b == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}
