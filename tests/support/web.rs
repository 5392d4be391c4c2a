//! A real web server (nginx) over TLS, with a certificate of the tests' authority for the names that a test gives it.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use super::certs;
use super::process::{Server, free_port, new_folder, program};

/// A running web server; gone when dropped.
pub struct Web {
    server: Server,
    port: u16,
}

impl Web {
    /// `locations` is what stands in nginx's `server { … }`.
    pub fn start(names: &[&str], locations: &str) -> Self {
        let binary = program("nginx").expect("no nginx: tests/run installs it");
        let folder = new_folder("nginx");
        certs::write_to(&folder);
        let (chain, key) = certs::write_for(&folder, names);
        let port = free_port();
        std::fs::create_dir(folder.join("pages")).expect("a folder");
        let place = folder.display();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|what| format!("{what}_temp_path {place}/{what};\n"))
            .concat();
        let conf = format!(
            "daemon off;\npid {place}/pid;\nerror_log stderr;\nworker_processes 1;\nevents {{}}\nhttp {{\n{temporary}\
             access_log {place}/asked.log;\n\
             server {{\nlisten 127.0.0.1:{port} ssl;\nssl_certificate {};\nssl_certificate_key {};\nroot {place}/pages;\n\
             {locations}\n}}\n}}\n",
            chain.display(),
            key.display()
        );
        let file = folder.join("nginx.conf");
        std::fs::write(&file, conf).expect("nginx.conf");
        let mut command = Command::new(binary);
        command.arg("-p").arg(&folder).arg("-e").arg("stderr").arg("-c").arg(&file);
        let log = folder.join("nginx.log");
        let mut server = Server::start("nginx", command, folder, log);
        server.wait_until_it_listens(&[port]).unwrap_or_else(|e| panic!("{e}"));
        Self { server, port }
    }

    /// Puts a page in its place, such as `/mail/config-v1.1.xml`.
    pub fn put(&self, path: &str, page: &[u8]) {
        let file = self.server.folder().join("pages").join(path.trim_start_matches('/'));
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("the page's folder");
        std::fs::write(file, page).expect("the page");
    }

    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    pub fn ca(&self) -> PathBuf {
        self.server.folder().join("ca.pem")
    }

    /// What was asked so far, a line each.
    pub fn asked(&self) -> String {
        std::fs::read_to_string(self.server.folder().join("asked.log")).unwrap_or_default()
    }
}

/// A company's proxy: tunnels (CONNECT) to hosts that DNS does not know here, all of them to one web server, and writes down
/// for whom. Serves until the test process ends.
pub struct Tunnel {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Tunnel {
    pub fn to(web: &Web) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port for the proxy");
        let port = listener.local_addr().expect("its address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (targets, address) = (asked.clone(), web.address());
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // Whoever hangs up in the middle is not served.
                let _ = tunnel(client, address, &targets);
            }
        });
        Self { port, asked }
    }

    /// As `https_proxy` names it.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The hosts and ports that were asked for so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn tunnel(mut client: TcpStream, web: SocketAddr, targets: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut octet = [0];
        client.read_exact(&mut octet)?;
        head.push(octet[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let Some(target) = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()) else {
        return client.write_all(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n");
    };
    targets.lock().unwrap_or_else(PoisonError::into_inner).push(target.to_owned());
    let server = TcpStream::connect(web)?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    for (mut from, mut to) in [(client.try_clone()?, server.try_clone()?), (server, client)] {
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
    }
    Ok(())
}
