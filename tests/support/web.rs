//! A real web server (nginx) over TLS, with a certificate of the tests' authority for the names that a test gives it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

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
