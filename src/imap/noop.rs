//! NOOP: the moment for a server to tell what changed (RFC 3501 §6.1.2).

use super::command::Command;
use super::error::Error;
use super::session::Session;

impl Session {
    /// Makes the view of the selected folder fresh; what changed is in [`Session::take_unsolicited`].
    pub async fn noop(&mut self) -> Result<(), Error> {
        self.run_ok(Command::new("NOOP"), &mut Some).await?;
        Ok(())
    }
}
