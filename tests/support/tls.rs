//! The tests' own TLS client, which trusts their authority and nobody else.

use std::net::TcpStream;

use tokio_rustls::rustls::{ClientConnection, StreamOwned, pki_types::ServerName};

/// A handshake to its end; the error says what is wrong with the certificate.
pub fn connect(host: &str, socket: TcpStream) -> std::io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let name = ServerName::try_from(host.to_owned()).map_err(std::io::Error::other)?;
    let connection = ClientConnection::new(super::certs::client_config(), name).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, socket);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}
