//! The log: a file, only where one is asked for. No mail, password or token is ever in it.

use std::fs::OpenOptions;
use std::sync::Mutex;

use tracing::level_filters::LevelFilter;

use super::args::Global;
use super::context::Outcome;
use crate::config::Paths;
use crate::model::{ErrorKind, Refusal};

/// Begins logging to the file of `--log`, or with `-v` to the platform's place. The libraries' own logs are not taken in:
/// async-imap writes whole commands.
///
/// # Errors
/// The file cannot be opened.
pub fn begin(global: &Global) -> Outcome {
    let path = match (&global.log, global.verbose) {
        (Some(path), _) => path.clone(),
        (None, 0) => return Ok(()),
        (None, _) => {
            let paths = Paths::find(global.config.as_deref())?;
            paths.log_file().map_err(|error| refused(&error.to_string()))?
        }
    };
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).map_err(|error| refused(&format!("{}: {error}", path.display())))?;
    let level = match global.verbose {
        0 | 1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let subscriber =
        tracing_subscriber::fmt().with_max_level(level).with_ansi(false).with_writer(Mutex::new(file)).finish();
    tracing::subscriber::set_global_default(subscriber).map_err(|error| refused(&error.to_string()))
}

fn refused(why: &str) -> Refusal {
    Refusal::new(ErrorKind::Usage, format!("the log cannot be written: {why}"))
}
