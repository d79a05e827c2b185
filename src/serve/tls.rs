//! Encryption of connections: with the owner's certificate, or one that she makes herself.
//!
//! Invariants: the key lies in a file of its owner's alone; a certificate of her own is made once, so that a browser that was told to
//! trust it need not be told again.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use jane_config::Serve;
use rcgen::{Certificate, CertificateParams, DistinguishedName, DnType, KeyPair};
use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

use super::ServeError;

/// Where her own certificate and its key lie, in her home.
const OWN: &str = ".state/serve.pem";

/// Bytes of a file with certificates at most.
const LONGEST: u64 = 1 << 20;

/// What connections are encrypted with.
pub struct Tls {
    pub acceptor: TlsAcceptor,
    /// The fingerprint of a certificate that she made herself; `None` for the owner's.
    pub own: Option<String>,
}

impl Tls {
    /// What `config` wants; `None` where nothing is encrypted.
    ///
    /// # Errors
    /// Where a file cannot be read or made, or holds something else than a certificate and its key.
    pub fn of(config: &Serve, home: &Path) -> Result<Option<Self>, ServeError> {
        if !config.tls {
            return Ok(None);
        }
        let is_own = config.certificate.is_empty();
        let (certificates, key) = if is_own {
            let path = home.join(OWN);
            let pem = own(&path, config).map_err(|source| unusable(&path, source))?;
            (read_certificates(&path, &pem)?, read_key(&path, &pem)?)
        } else {
            let (certificate, key) = (home.join(&config.certificate), home.join(&config.key));
            let read = |path: &Path| {
                let read = jane_platform::read_regular(path, LONGEST);
                read.map_err(|source| unusable(path, source))
            };
            (
                read_certificates(&certificate, &read(&certificate)?)?,
                read_key(&key, &read(&key)?)?,
            )
        };
        let own = certificates.first().filter(|_| is_own).map(fingerprint);
        let provider = Arc::new(aws_lc_rs::default_provider());
        let unfit = |error: rustls::Error| ServeError::Certificate {
            path: home.join(if is_own { OWN } else { &config.certificate }),
            problem: error.to_string(),
        };
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unfit)?
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .map_err(unfit)?;
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Some(Self {
            acceptor: TlsAcceptor::from(Arc::new(server)),
            own,
        }))
    }
}

fn unusable(path: &Path, source: io::Error) -> ServeError {
    ServeError::Certificate {
        path: path.to_owned(),
        problem: source.to_string(),
    }
}

fn read_certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, ServeError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(unusable(
            path,
            io::Error::other("there is no certificate in it"),
        )),
    }
}

fn read_key(path: &Path, pem: &[u8]) -> Result<PrivateKeyDer<'static>, ServeError> {
    PrivateKeyDer::from_pem_slice(pem)
        .map_err(|_| unusable(path, io::Error::other("there is no private key in it")))
}

/// Her own certificate and key, which are made where they are not there.
fn own(path: &Path, config: &Serve) -> io::Result<Vec<u8>> {
    match jane_platform::open_private(path) {
        Ok((file, metadata)) => return jane_platform::read_open(&file, &metadata, LONGEST),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let named = config.names.iter().cloned();
    let names = named.chain([
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
        "::1".to_owned(),
    ]);
    let listen = config.listen().map(|listen| listen.host).ok();
    let names: Vec<String> = names.chain(listen).collect();
    let (certificate, key) = made(names).map_err(io::Error::other)?;
    let pem = format!("{}{}", certificate.pem(), key.serialize_pem());
    if let Some(directory) = path.parent() {
        jane_platform::create_private_directory(directory)?;
    }
    let mut file = jane_platform::create_private_new(path)?;
    file.write_all(pem.as_bytes())?;
    file.sync_all()?;
    Ok(pem.into_bytes())
}

/// A certificate for these names and addresses, and its key.
fn made(names: Vec<String>) -> Result<(Certificate, KeyPair), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut wanted = CertificateParams::new(names)?;
    wanted.distinguished_name = DistinguishedName::new();
    wanted.distinguished_name.push(DnType::CommonName, "Jane");
    Ok((wanted.self_signed(&key)?, key))
}

/// SHA-256 of a certificate, as browsers show it.
fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let hash = Sha256::digest(certificate);
    let bytes: Vec<String> = hash.iter().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(":")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn her_own_certificate_is_made_once_for_her_alone() {
        let home = tempfile::tempdir().unwrap();
        let config = Serve {
            tls: true,
            names: vec!["jane.local".to_owned()],
            ..Serve::default()
        };
        let first = Tls::of(&config, home.path()).unwrap().unwrap().own;
        let again = Tls::of(&config, home.path()).unwrap().unwrap().own;
        assert!(first.is_some() && first == again);
        let metadata = std::fs::metadata(home.path().join(OWN)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        assert!(Tls::of(&Serve::default(), home.path()).unwrap().is_none());
    }

    #[test]
    fn files_that_hold_no_certificate_are_refused() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("c.pem"), "hello").unwrap();
        for certificate in ["c.pem", "nothing.pem"] {
            let config = Serve {
                tls: true,
                certificate: certificate.to_owned(),
                key: "c.pem".to_owned(),
                ..Serve::default()
            };
            let error = Tls::of(&config, home.path()).err().unwrap();
            assert!(error.to_string().contains(certificate), "{error}");
        }
    }
}
