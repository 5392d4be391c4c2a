//! Where this program's files lie: the platform's places, `XDG_*` honoured on Linux.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::endpoint::Endpoint;
use super::error::ConfigError;

/// The places of the configuration, of the caches and of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    config: PathBuf,
    data: PathBuf,
    state: PathBuf,
}

impl Paths {
    /// The platform's places; `config` is the file that `--config` names.
    ///
    /// # Errors
    /// [`ConfigError::NoHome`] where the platform tells no home directory.
    pub fn find(config: Option<&Path>) -> Result<Self, ConfigError> {
        let dirs = directories::ProjectDirs::from("", "", "bagsy").ok_or(ConfigError::NoHome)?;
        Ok(Self {
            config: config.map_or_else(|| dirs.config_dir().join("config.toml"), Path::to_owned),
            data: dirs.data_dir().to_owned(),
            // macOS and Windows know no place for state.
            state: dirs.state_dir().unwrap_or(dirs.data_local_dir()).to_owned(),
        })
    }

    /// All places below one folder, so that none of the user's own files is touched.
    pub fn under(folder: &Path) -> Self {
        Self { config: folder.join("config.toml"), data: folder.join("data"), state: folder.join("state") }
    }

    /// The configuration file.
    pub fn config_file(&self) -> &Path {
        &self.config
    }

    /// The cache of one login at one server. Its folder is made, and closed to others.
    ///
    /// # Errors
    /// What the operating system says where the folder cannot be made.
    pub fn cache_file(&self, login: &str, server: &Endpoint) -> io::Result<PathBuf> {
        make_private(&self.data)?;
        Ok(self.data.join(cache_name(login, server)))
    }

    /// The folder in which files of tokens lie, and the locks by which processes take turns at them. It is made, and closed to
    /// others.
    ///
    /// # Errors
    /// What the operating system says where the folder cannot be made.
    pub fn tokens_folder(&self) -> io::Result<PathBuf> {
        make_private(&self.data)?;
        let folder = self.data.join("tokens");
        make_private(&folder)?;
        Ok(folder)
    }

    /// The log file. Its folder is made, and closed to others.
    ///
    /// # Errors
    /// What the operating system says where the folder cannot be made.
    pub fn log_file(&self) -> io::Result<PathBuf> {
        make_private(&self.state)?;
        Ok(self.state.join("bagsy.log"))
    }
}

/// A file name that a person can read and that no two logins share: the readable part is cut to what every file system
/// takes, the hash tells apart what the cutting made equal.
fn cache_name(login: &str, server: &Endpoint) -> String {
    let host = server.host.to_ascii_lowercase();
    let whole = format!("{login}\0{host}\0{}", server.port);
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(whole.as_bytes())[..6]);
    let safe = |c: char| if c.is_ascii_alphanumeric() || "@.-_".contains(c) { c } else { '_' };
    let readable: String = format!("{login}@{host}").chars().map(safe).take(80).collect();
    format!("{}-{hash}.sqlite", readable.trim_start_matches('.'))
}

/// Makes the folder and everything above it; the folder itself is for its owner alone.
fn make_private(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let mode = std::fs::metadata(folder)?.permissions().mode();
        if mode & 0o077 != 0 {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
        }
        Ok(())
    }
    #[cfg(not(unix))]
    std::fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::Tls;
    use super::*;

    fn server(host: &str, port: u16) -> Endpoint {
        Endpoint { host: host.into(), port, tls: Tls::Implicit, ca: None }
    }

    #[test]
    fn a_cache_is_named_after_its_login_and_two_logins_never_share_one() {
        let name = cache_name("alice@example.test", &server("IMAP.example.test", 993));
        assert!(name.starts_with("alice@example.test@imap.example.test-"), "{name}");
        assert_ne!(name, cache_name("alice@example.test", &server("imap.example.test", 994)));
        assert_eq!(name, cache_name("alice@example.test", &server("imap.example.test", 993)));
        let slashed = cache_name("a/b", &server("h", 1));
        assert_ne!(slashed, cache_name("a_b", &server("h", 1)));
        assert!(!slashed.contains('/'));
        assert!(!cache_name("../../x", &server("h", 1)).starts_with('.'));
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_of_the_caches_is_closed_to_others() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::under(folder.path());
        let file = paths.cache_file("alice", &server("h", 1)).unwrap();
        let mode = std::fs::metadata(file.parent().unwrap()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let tokens = std::fs::metadata(paths.tokens_folder().unwrap()).unwrap().permissions().mode();
        assert_eq!(tokens & 0o777, 0o700);
        assert_eq!(paths.log_file().unwrap().file_name().unwrap(), "bagsy.log");
    }

    #[test]
    fn a_configuration_that_is_named_is_the_one_that_is_read() {
        let named = Path::new("/somewhere/else.toml");
        assert_eq!(Paths::find(Some(named)).unwrap().config_file(), named);
        assert!(Paths::find(None).unwrap().config_file().ends_with("config.toml"));
    }
}
