//! Proof Key for Code Exchange: whoever redeems the code is who asked for it (RFC 7636, method S256).

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::{Error, Result};

/// The secret of one sign-in.
pub(super) struct Verifier(String);

impl Verifier {
    /// A fresh one: 32 random octets, base64url without padding (§4.1).
    pub fn new() -> Result<Self> {
        Ok(Self(random()?))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is shown beforehand (§4.2).
    pub fn challenge(&self) -> String {
        BASE64URL_NOPAD.encode(&Sha256::digest(self.0.as_bytes()))
    }
}

/// 256 random bits as text.
pub(super) fn random() -> Result<String> {
    let mut octets = [0; 32];
    getrandom::fill(&mut octets)
        .map_err(|_| Error::NotSignedIn { how: "not begun: this system gives no randomness" })?;
    Ok(BASE64URL_NOPAD.encode(&octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        let verifier = Verifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned());
        assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_ne!(Verifier::new().unwrap().as_str(), Verifier::new().unwrap().as_str());
    }
}
